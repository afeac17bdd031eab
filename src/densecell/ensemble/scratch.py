"""Unpack compressed slices once, instead of for every block.

A row of blocks reads the same slices. If these fit into the reader's cache, they are
decoded once. Otherwise they are first copied into chunks on disk.
"""

from pathlib import Path

from densecell.disk import remove, written_aside
from densecell.geometry import per_axis, round_up
from densecell.result import Run
from densecell.volume import Volume, copy_voxels, create_ome_zarr, open_volume

SCRATCH = "blocks/volume.zarr"


def unpacked(volume: Volume, run: Run, out: Path) -> Volume:
    """Volume that is fast to read in blocks: itself, or a copy of it in `out`.

    A copy is made if there is none yet. `drop_scratch` removes it.
    """
    if not is_decoded_again(volume, run):
        return volume
    path = out / SCRATCH
    if not path.exists():
        with written_aside(path) as aside:
            target = create_ome_zarr(
                aside,
                shape=volume.shape,
                dtype=volume.dtype,
                spacing_nm=run.spacing_nm,
                kind="image",
            )
            for _ in copy_voxels(volume, target):
                pass
    return open_volume(path)


def is_decoded_again(volume: Volume, run: Run) -> bool:
    """Whether each block of a row would decode the same slices again."""
    margin = run.inference.margin
    if run.grid is not None:
        margin = run.grid.reach(margin)

    def read(size: int, block: int, margin: int, chunk: int) -> int:
        return min(size, round_up(block + 2 * margin, chunk) + chunk)

    depth, rows, _ = per_axis(
        read, volume.shape, run.inference.block, margin, volume.chunk
    )
    decoded = depth * rows * volume.shape[2] * volume.dtype.itemsize
    return 0 < volume.cache_bytes < decoded


def drop_scratch(out: Path) -> None:
    """Remove the copy, if there is one."""
    remove(out / SCRATCH)
