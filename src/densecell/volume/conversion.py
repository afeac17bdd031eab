"""Copy a volume into another format, block by block."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from densecell.errors import OutputError, VolumeError
from densecell.geometry import Shape, tile
from densecell.volume.aside import written_aside
from densecell.volume.interface import Volume, require_spacing
from densecell.volume.ome_create import create_ome_zarr, list_label
from densecell.volume.ome_metadata import Kind
from densecell.volume.ome_zarr import OmeZarrVolume
from densecell.volume.pyramid import Progress, build_pyramid, coarser_voxels
from densecell.volume.tiff_writing import iterate_slices, write_tiff

SLAB_BYTES = 512 * 2**20
PNG_DTYPES = ("uint8", "uint16")


def convert(
    volume: Volume,
    out: Path | str,
    *,
    kind: Kind = "image",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Copy a volume to OME-Zarr (`.zarr`), TIFF (`.tif`) or PNG slices (no suffix).

    Parameters
    ----------
    volume
        What to copy; its voxel size must be known, except for PNG slices.
    out
        Where to; its suffix says in which format. Appears once it is whole.
    kind
        Whether coarser levels are averaged or voted for; labels are compressed in TIFF.
    overwrite
        Replace what is there.
    progress
        Called now and then with the number of voxels done and of all.

    Raises
    ------
    OutputError
        If `out` exists, or its suffix is none of these.
    VolumeError
        If the format cannot hold the dtype.

    Notes
    -----
    Memory: at most 512 MiB of voxels, or one slice when that is larger.
    """
    out = Path(out)
    writers = {".zarr": _to_zarr, ".tif": _to_tiff, ".tiff": _to_tiff, "": _to_png}
    if out.suffix.lower() not in writers:
        raise OutputError(
            f"{out}: cannot write {out.suffix}; expected .zarr for OME-Zarr, .tif for "
            "TIFF, or no suffix for a folder of PNG slices"
        )
    writers[out.suffix.lower()](volume, out, kind, overwrite, progress or _silent)


def write_slices(
    folder: Path | str,
    volume: Volume,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
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
        for z, plane in enumerate(_told_slices(volume, progress or _silent)):
            name = f"slice_{z:0{digits}}.png"
            (aside / name).write_bytes(imagecodecs.png_encode(plane))


def copy_voxels(volume: Volume, target: OmeZarrVolume) -> Iterator[int]:
    """Copy a volume in parts that decode each of its pages once; yield their voxels."""
    for slab in tile(volume.shape, _slab(target.shape, target.shard, volume)):
        voxels = volume.read(slab)
        for part in tile(slab.shape, target.shard):
            target.write(part.shifted(slab.start), voxels[part.slices])
        yield slab.voxels


def _to_zarr(
    volume: Volume, out: Path, kind: Kind, overwrite: bool, progress: Progress
) -> None:
    spacing = require_spacing(volume)
    with written_aside(out, overwrite=overwrite) as aside:
        target = create_ome_zarr(
            aside,
            shape=volume.shape,
            dtype=volume.dtype,
            spacing_nm=spacing,
            kind=kind,
            name=out.stem,
        )
        done, own = 0, math.prod(volume.shape)
        total = own + coarser_voxels(volume.shape, spacing)
        for voxels in copy_voxels(volume, target):
            done += voxels
            progress(done, total)
        build_pyramid(
            aside, kind=kind, progress=lambda done, _: progress(own + done, total)
        )
    if kind == "label":
        list_label(out)


def _to_tiff(
    volume: Volume, out: Path, kind: Kind, overwrite: bool, progress: Progress
) -> None:
    write_tiff(
        out,
        _told_slices(volume, progress),
        shape=volume.shape,
        dtype=volume.dtype,
        spacing_nm=require_spacing(volume),
        compress=kind == "label",
        overwrite=overwrite,
    )


def _to_png(
    volume: Volume, out: Path, kind: Kind, overwrite: bool, progress: Progress
) -> None:
    write_slices(out, volume, overwrite=overwrite, progress=progress)


def _slab(shape: Shape, shard: Shape, volume: Volume) -> Shape:
    """Choose whole shards side by side: whole slices, else whole rows of them.

    Compressed slices and strips are decoded whole, so each should be read once.
    """
    row_of_shards = shard[0] * shard[1] * shape[2] * volume.dtype.itemsize
    rows = max(1, SLAB_BYTES // row_of_shards) * shard[1]
    return (shard[0], rows, shape[2])


def _told_slices(volume: Volume, progress: Progress) -> Iterator[NDArray[Any]]:
    depth, rows, columns = volume.shape
    for z, plane in enumerate(iterate_slices(volume)):
        yield plane
        progress((z + 1) * rows * columns, depth * rows * columns)


def _silent(done: int, total: int) -> None:
    """Tell nobody."""
