"""Compressed slices too large to be kept decoded: unpacked once, not for every block.

A row of blocks looks at the same slices. Where these fit into the reader's cache, they
are decoded once; where they do not, they are copied into chunks on disk first.
"""

from pathlib import Path

from densecell.disk import remove, written_aside
from densecell.ensemble.run import Run
from densecell.geometry import round_up
from densecell.volume import Volume, copy_voxels, create_ome_zarr, open_volume

SCRATCH = "blocks/volume.zarr"


def unpacked(volume: Volume, run: Run, out: Path) -> Volume:
    """Give a volume that is cheap to read in blocks: itself, or a copy in `out`.

    The copy is made when it is not there, and goes with `drop_scratch`.
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
    """Tell whether the blocks of a row would each decode what the last one did."""
    margin, grid = run.inference.margin, run.grid
    depth, rows, _ = (
        min(n, round_up(b + 2 * m, c) + c)
        for n, b, m, c in zip(
            volume.shape,
            run.inference.block,
            margin if grid is None else grid.reach(margin),
            volume.chunk,
            strict=True,
        )
    )
    decoded = depth * rows * volume.shape[2] * volume.dtype.itemsize
    return 0 < volume.cache_bytes < decoded


def drop_scratch(out: Path) -> None:
    """Remove the copy, if there is one."""
    remove(out / SCRATCH)
