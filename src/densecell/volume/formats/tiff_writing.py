"""Write volumes as TIFF, slice by slice."""

import colorsys
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffWriter

from densecell.disk import written_aside
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.volume.interface import Volume, require_spacing

IMAGEJ_DTYPES = ("uint8", "uint16", "float32")
CLASSIC_BYTES = 2**32 - 2**25  # that fit into a TIFF that is no BigTIFF
GOLDEN = 0.618034  # of a circle of hues
SLAB_BYTES = 256 * 2**20


def write_tiff(
    path: Path | str,
    source: Volume | Iterable[NDArray[Any]],
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    shape: Shape | None = None,
    dtype: np.dtype[Any] | type[np.generic] | str | None = None,
    compress: bool = False,
    colours: NDArray[np.uint8] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a TIFF stack that Fiji opens with its voxel size.

    Metadata are ImageJ's where ImageJ knows the dtype (uint8, uint16, float32), else
    OME's; of uint64, which neither knows, tifffile's. The file appears under its name
    only once it is whole.

    Parameters
    ----------
    path
        File to write.
    source
        A volume, or its (Y, X) slices from first to last.
    spacing_nm
        Voxel size (z, y, x), in nanometres; by default that of the volume.
    shape, dtype
        Shape and dtype of the stack; needed with slices, known from a volume.
    compress
        Compress with zlib: smaller for labels; uncompressed files are read faster.
    colours
        (256, 3) red, green and blue in which each value of a uint8 stack is shown. The
        values do not change.
    overwrite
        Replace a file that is there.

    Raises
    ------
    OutputError
        If the file exists and `overwrite` is false.
    VolumeError
        If slices are too few or too many, or have another shape or dtype.

    Notes
    -----
    Holds one slice in memory, of a volume at most 256 MiB of slices.
    """
    path = Path(path)
    if isinstance(source, Volume):
        shape, dtype = source.shape, source.dtype
        spacing = Spacing.checked(spacing_nm) if spacing_nm else require_spacing(source)
        slices: Iterable[NDArray[Any]] = iterate_slices(source)
    elif shape is None or dtype is None or spacing_nm is None:
        raise VolumeError(
            f"{path}: to write slices one by one, give shape, dtype and spacing_nm"
        )
    else:
        spacing, slices = Spacing.checked(spacing_nm), source
    dtype = np.dtype(dtype)
    kind = _file_kind(dtype, shape, spacing, compress=compress, colours=colours)
    with (
        written_aside(path, overwrite=overwrite) as aside,
        TiffWriter(aside, **kind.opening) as tif,
    ):
        tif.write(
            _checked(slices, shape, dtype, path),
            shape=shape,
            dtype=dtype,
            compression="zlib" if compress else None,
            **_shown(colours),
            **kind.writing,
        )


def _shown(colours: NDArray[np.uint8] | None) -> dict[str, Any]:
    """Arguments that show values as greys, or in a table of colours.

    ImageJ takes the table for its LUT. Its own `LUTs` are for several channels only.
    """
    if colours is None:
        return {"photometric": "minisblack"}
    return {"photometric": "palette", "colormap": colours.T.astype(np.uint16) * 257}


def id_colours() -> NDArray[np.uint8]:
    """A colour for each id, (256, 3): neighbouring ids differ, and 0 is black."""
    hues = np.arange(1, 256) * GOLDEN % 1
    rgb = [colorsys.hsv_to_rgb(hue, 0.75, 1.0) for hue in hues]
    return np.rint(255 * np.array([(0.0, 0.0, 0.0), *rgb])).astype(np.uint8)


def iterate_slices(volume: Volume) -> Iterator[NDArray[Any]]:
    """Yield the (Y, X) slices of a volume; read as many at once as a chunk holds."""
    depth, rows, columns = volume.shape
    affordable = SLAB_BYTES // (rows * columns * volume.dtype.itemsize)
    step = max(1, min(volume.chunk[0], affordable))
    for z in range(0, depth, step):
        box = Box((z, 0, 0), (min(z + step, depth), rows, columns))
        yield from volume.read(box)


def _checked(
    slices: Iterable[NDArray[Any]], shape: Shape, dtype: np.dtype[Any], path: Path
) -> Iterator[NDArray[Any]]:
    """Yield slices as they come; refuse those that would break the file."""
    count = 0
    for count, plane in enumerate(slices, start=1):
        if count > shape[0]:
            raise VolumeError(f"{path}: more slices than the {shape[0]} announced")
        if plane.shape != shape[1:] or plane.dtype != dtype:
            raise VolumeError(
                f"{path}: slice {count - 1} is {plane.shape} of {plane.dtype}; "
                f"expected {shape[1:]} of {dtype}"
            )
        yield plane
    if count < shape[0]:
        raise VolumeError(f"{path}: {count} slices instead of the {shape[0]} announced")


class _FileKind(NamedTuple):
    """Arguments for opening the writer, and for writing the stack."""

    opening: dict[str, Any]
    writing: dict[str, Any]


def _file_kind(
    dtype: np.dtype[Any],
    shape: Shape,
    spacing: Spacing,
    *,
    compress: bool,
    colours: NDArray[np.uint8] | None,
) -> _FileKind:
    """Metadata of ImageJ; of OME or tifffile for what ImageJ cannot hold."""
    large = math.prod(shape) * dtype.itemsize > CLASSIC_BYTES
    writing: dict[str, Any] = {
        "metadata": {"axes": "ZYX", "spacing": spacing.z, "unit": "nm"},
        "resolution": (1 / spacing.x, 1 / spacing.y),
    }
    narrow = shape[2] == 1  # which tifffile takes for samples of a voxel
    if dtype.name in IMAGEJ_DTYPES and not narrow and not (large and compress):
        # ImageJ finds the slices of a large stack by counting bytes, not by page.
        more = {"truncate": True} if large else {}
        if colours is not None:
            writing["metadata"] |= {"min": 0.0, "max": 255.0}  # as the table counts
        return _FileKind({"imagej": True}, writing | more)
    if dtype == np.uint64 and narrow:
        raise VolumeError(
            f"TIFF cannot hold uint64 of shape {shape}, one voxel wide; write .zarr"
        )
    if dtype == np.uint64:  # which OME has not
        return _FileKind({"bigtiff": large}, writing)
    sizes = {f"PhysicalSize{a.upper()}": v for a, v in spacing._asdict().items()}
    units = {f"PhysicalSize{a}Unit": "nm" for a in "ZYX"}
    return _FileKind(
        {"ome": True, "bigtiff": large},
        {"metadata": {"axes": "ZYX", **sizes, **units}},
    )
