"""Copy a volume into another format, block by block."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from densecell.compute import ReportProgress
from densecell.disk import written_aside
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Box, Shape, tile
from densecell.volume.formats import hdf5, mrc
from densecell.volume.formats.hdf5 import split_hdf5, write_hdf5
from densecell.volume.formats.mrc import write_mrc
from densecell.volume.formats.nifti import is_nifti, write_nifti
from densecell.volume.formats.precomputed import SUFFIX as PRECOMPUTED
from densecell.volume.formats.precomputed_writing import (
    CHUNK as PRECOMPUTED_CHUNK,
)
from densecell.volume.formats.precomputed_writing import Space, write_precomputed_volume
from densecell.volume.formats.tiff_writing import id_colours, iterate_slices, write_tiff
from densecell.volume.interface import Volume, require_spacing
from densecell.volume.ome_zarr.create import (
    CHUNK,
    Layout,
    create_ome_zarr,
    cut_layout,
    list_label,
)
from densecell.volume.ome_zarr.metadata import VERSION, Kind, Version
from densecell.volume.ome_zarr.pyramid import build_pyramid, coarser_voxels
from densecell.volume.ome_zarr.store import OmeZarrVolume, read_scheme
from densecell.volume.views.crop import CroppedVolume

SLAB_BYTES = 512 * 2**20
PNG_DTYPES = ("uint8", "uint16")


def convert(
    volume: Volume,
    out: Path | str,
    *,
    kind: Kind = "image",
    overwrite: bool = False,
    progress: ReportProgress | None = None,
    ome_version: Version = VERSION,
) -> None:
    """Copy a volume to the format that the suffix of `out` names.

    `.zarr` is OME-Zarr, `.tif` TIFF, `.h5` HDF5 (or `.h5/path/inside`), `.mrc` MRC,
    `.nii` and `.nii.gz` NIfTI, `.precomputed` neuroglancer's format; no
    suffix, a folder of PNG slices.

    Parameters
    ----------
    volume
        Volume to copy; its voxel size must be known, except for PNG slices.
    out
        File or folder to write; its suffix names the format. Appears once it is whole.
    kind
        Coarser levels of an image are averaged, those of labels voted for; labels are
        compressed in TIFF and called labels in NIfTI.
    overwrite
        Replace what is there.
    progress
        Called now and then with the number of voxels done, and of all.
    ome_version
        Version of OME-Zarr; see `Layout`.

    Raises
    ------
    OutputError
        If `out` exists, or its suffix names none of these formats.
    VolumeError
        If the format cannot hold the dtype.
    MissingExtraError
        If the package that writes the format is not installed.

    Notes
    -----
    Memory: at most 512 MiB of voxels, or one slice when that is larger.
    """
    out = Path(out)
    options = _Options(kind, overwrite, progress or _silent, ome_version)
    _writer(out)(volume, out, options)


def write_slices(
    folder: Path | str,
    volume: Volume,
    *,
    overwrite: bool = False,
    progress: ReportProgress | None = None,
) -> None:
    """Write a folder of PNG slices, `slice_0000.png` and so on.

    Raises
    ------
    VolumeError
        If the volume is not uint8 or uint16.
    OutputError
        If the folder exists, not empty, and `overwrite` is false.
    """
    folder = Path(folder)
    if volume.dtype.name not in PNG_DTYPES:
        raise VolumeError(
            f"{folder}: PNG holds uint8 and uint16, the volume is {volume.dtype}; "
            "write .tif or .zarr instead"
        )
    digits = max(4, len(str(volume.shape[0] - 1)))
    with written_aside(folder, overwrite=overwrite) as aside:
        aside.mkdir()
        for z, plane in enumerate(_slices(volume, progress or _silent)):
            name = f"slice_{z:0{digits}}.png"
            (aside / name).write_bytes(imagecodecs.png_encode(plane))


def copy_voxels(volume: Volume, target: OmeZarrVolume) -> Iterator[int]:
    """Copy a volume in parts that decode each of its pages once; yield their voxels."""
    for slab, voxels in _read_slabs(volume, target.shard):
        for part in tile(slab.shape, target.shard):
            target.write(part.shifted(slab.start), voxels[part.slices])
        yield slab.voxels


class _Options(NamedTuple):
    """What every writer gets besides the volume and the place."""

    kind: Kind
    overwrite: bool
    progress: ReportProgress
    ome_version: Version


def _writer(out: Path) -> Callable[[Volume, Path, _Options], None]:
    """Writer of the format that a suffix names."""
    writers = {".zarr": _to_zarr, ".tif": _to_tiff, ".tiff": _to_tiff, "": _to_png}
    writers |= dict.fromkeys(mrc.SUFFIXES, _to_mrc) | {PRECOMPUTED: _to_precomputed}
    if split_hdf5(out):
        return _to_hdf5
    if is_nifti(out):
        return _to_nifti
    if out.suffix.lower() not in writers:
        raise OutputError(
            f"{out}: cannot write {out.suffix}; expected .zarr for OME-Zarr, .tif for "
            f"TIFF, {hdf5.SUFFIXES[0]}, .mrc, .nii, .nii.gz or .precomputed, or no "
            "suffix for a folder of PNG slices"
        )
    return writers[out.suffix.lower()]


def _to_zarr(volume: Volume, out: Path, options: _Options) -> None:
    spacing, kind = require_spacing(volume), options.kind
    with written_aside(out, overwrite=options.overwrite) as aside:
        target = create_ome_zarr(
            aside,
            shape=volume.shape,
            dtype=volume.dtype,
            spacing_nm=spacing,
            kind=kind,
            name=out.stem,
            layout=Layout(version=options.ome_version),
        )
        done, own = 0, math.prod(volume.shape)
        total = own + coarser_voxels(volume.shape, spacing)
        for voxels in copy_voxels(volume, target):
            done += voxels
            options.progress(done, total)
        build_pyramid(
            aside,
            kind=kind,
            progress=lambda done, _: options.progress(own + done, total),
        )
    if kind == "label":
        list_label(out)


def _to_tiff(volume: Volume, out: Path, options: _Options) -> None:
    write_tiff(
        out,
        _slices(volume, options.progress),
        shape=volume.shape,
        dtype=volume.dtype,
        spacing_nm=require_spacing(volume),
        compress=options.kind == "label",
        colours=_label_colours(volume) if options.kind == "label" else None,
        overwrite=options.overwrite,
    )


def _label_colours(volume: Volume) -> NDArray[np.uint8] | None:
    """Colours of the classes that labels name; of other labels, a hue for each id."""
    while isinstance(volume, CroppedVolume):
        volume = volume.volume
    if volume.dtype != np.uint8:
        return None
    named = read_scheme(volume.path) if isinstance(volume, OmeZarrVolume) else None
    return id_colours() if named is None else named.colour_table()


def _to_png(volume: Volume, out: Path, options: _Options) -> None:
    write_slices(out, volume, overwrite=options.overwrite, progress=options.progress)


def _to_hdf5(volume: Volume, out: Path, options: _Options) -> None:
    chunk, _ = cut_layout(out, volume.shape, CHUNK, None)
    write_hdf5(
        out,
        _slabs(volume, chunk, options.progress),
        shape=volume.shape,
        dtype=volume.dtype,
        spacing_nm=require_spacing(volume),
        chunk=chunk,
        overwrite=options.overwrite,
    )


def _to_mrc(volume: Volume, out: Path, options: _Options) -> None:
    write_mrc(
        out,
        _slices(volume, options.progress),
        shape=volume.shape,
        dtype=volume.dtype,
        spacing_nm=require_spacing(volume),
        overwrite=options.overwrite,
    )


def _to_nifti(volume: Volume, out: Path, options: _Options) -> None:
    write_nifti(
        out,
        _slices(volume, options.progress),
        shape=volume.shape,
        dtype=volume.dtype,
        spacing_nm=require_spacing(volume),
        labels=options.kind == "label",
        overwrite=options.overwrite,
    )


def _to_precomputed(volume: Volume, out: Path, options: _Options) -> None:
    space = Space(volume.shape, require_spacing(volume))
    own = math.prod(volume.shape)
    total = own + coarser_voxels(*space)
    scheme = None
    if options.kind == "label" and isinstance(volume, OmeZarrVolume):
        scheme = read_scheme(volume.path)
    write_precomputed_volume(
        out,
        _slabs(
            volume, PRECOMPUTED_CHUNK, lambda done, _: options.progress(done, total)
        ),
        space,
        dtype=volume.dtype,
        kind=options.kind,
        names={n: scheme.classes[n].name for n in scheme.ids} if scheme else None,
        overwrite=options.overwrite,
        progress=lambda done, _: options.progress(own + done, total),
    )


def _read_slabs(volume: Volume, shard: Shape) -> Iterator[tuple[Box, NDArray[Any]]]:
    for slab in tile(volume.shape, _slab(volume.shape, shard, volume)):
        yield slab, volume.read(slab)


def _slab(shape: Shape, shard: Shape, volume: Volume) -> Shape:
    """Size of a part that holds whole shards: whole slices, else whole rows of shards.

    Compressed slices and strips are decoded whole, so each should be read once.
    """
    row_of_shards = shard[0] * shard[1] * shape[2] * volume.dtype.itemsize
    rows = max(1, SLAB_BYTES // row_of_shards) * shard[1]
    return (shard[0], rows, shape[2])


def _slices(volume: Volume, progress: ReportProgress) -> Iterator[NDArray[Any]]:
    depth, rows, columns = volume.shape
    for z, plane in enumerate(iterate_slices(volume)):
        yield plane
        progress((z + 1) * rows * columns, depth * rows * columns)


def _slabs(
    volume: Volume, shard: Shape, progress: ReportProgress
) -> Iterator[tuple[Box, NDArray[Any]]]:
    done = 0
    for slab, voxels in _read_slabs(volume, shard):
        yield slab, voxels
        done += slab.voxels
        progress(done, math.prod(volume.shape))


def _silent(done: int, total: int) -> None:
    """Report nothing."""
