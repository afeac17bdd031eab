"""Tiles on a model's grid that write into a volume of another voxel size.

One lattice lies over the grid of the whole volume. Each voxel of the volume belongs to
the tile that keeps its centre, and is interpolated from that tile and its margin alone.
So the result does not depend on how the volume is cut into blocks::

    grid     |---margin---|-------- kept --------|---margin---|
    volume                 |   written          |
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Tile, Tiling, per_axis
from densecell.volume import Grid, needed_box, resample, taps_along

TOLERANCE = 0.03  # relative change of a ratio, so that tiles end where voxels end


def tiles_of_volume(grid: Grid, tiling: Tiling, within: Box) -> Iterator[Tile]:
    """Yield the tiles that write into `within`, in raster order.

    Parameters
    ----------
    grid
        The grid over the volume.
    tiling
        The lattice over the grid.
    within
        Voxels of the volume. Write boxes are in these voxels too, read boxes in those
        of the grid.
    """
    within = within.clipped(grid.volume)
    if within.voxels == 0:
        return
    for tile in tiling.tiles(grid.holding(within)):
        written = grid.held(tile.write_box).intersection(within)
        if written.voxels:
            yield Tile(tile.read_box, written)


def kept_on_volume(
    grid: Grid, tile: Tile, probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Interpolate what a tile writes from what it computed.

    Parameters
    ----------
    grid
        The grid over the volume.
    tile
        A tile from `tiles_of_volume`.
    probabilities
        (K, Z, Y, X) in the tile's read box.

    Returns
    -------
    (K, Z, Y, X) float32 in the tile's write box.
    """
    back = tuple(1 / r for r in grid.ratio)
    inside = tile.read_box.clipped(grid.shape)
    taps = taps_along(back, tile.write_box, inside, width=0)
    needed = needed_box(taps)
    part = needed.relative_to(tile.read_box.start).slices
    result = np.empty((len(probabilities), *tile.write_box.shape), np.float32)
    for channel, wanted in zip(probabilities, result, strict=True):
        wanted[:] = resample(channel[part], needed, taps)
    return result


def aligned_grid(grid: Grid, tiling: Tiling) -> Grid:
    """Change a grid's ratios slightly, so that a few tiles cover whole voxels.

    Blocks of the volume can then be made of whole tiles, and none is computed twice.
    """

    def aligned(ratio: Fraction, kept: int, size: int) -> Fraction:
        return ratio if ratio == 1 or kept >= size else _nearest(ratio, kept)

    return grid._replace(ratio=per_axis(aligned, grid.ratio, tiling.kept, grid.shape))


def block_unit(grid: Grid | None, tiling: Tiling) -> Shape:
    """Smallest box (z, y, x) of the volume that is written by whole tiles."""
    if grid is None:
        return tiling.kept

    def written(ratio: Fraction, kept: int, size: int, voxels: int) -> int:
        return voxels if kept >= size else (kept * ratio).numerator

    return per_axis(written, grid.ratio, tiling.kept, grid.shape, grid.volume)


def _nearest(ratio: Fraction, kept: int) -> Fraction:
    """Ratio close to the given one at which the fewest tiles cover whole voxels."""
    lengths = (tiles * kept for tiles in itertools.count(1))
    near = (Fraction(round(length * ratio), length) for length in lengths)
    return next(found for found in near if abs(found / ratio - 1) <= TOLERANCE)
