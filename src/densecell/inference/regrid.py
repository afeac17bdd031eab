"""Tiles on a model's grid that write into a volume of another voxel size.

One lattice lies over the grid of the whole volume, and each voxel of the volume belongs
to the tile that keeps its centre. That tile alone decides it, with what it computed
around what it keeps: nothing depends on blocks, and no neighbour is asked::

    grid     |---margin---|-------- kept --------|---margin---|
    volume                 |   written          |
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Tile, Tiling
from densecell.volume import Grid, needed_box, resample, taps_along

OFF = 0.03  # relative; what a ratio may give way so that tiles end where voxels end


def tiles_of_volume(grid: Grid, tiling: Tiling, within: Box) -> Iterator[Tile]:
    """Yield the tiles that write into `within`, in raster order.

    Parameters
    ----------
    grid
        Over the volume.
    tiling
        Over the grid.
    within
        In voxels of the volume, as are the write boxes; read boxes are of the grid.
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
        Over the volume.
    tile
        Of `tiles_of_volume`.
    probabilities
        (K, Z, Y, X) of the tile's read box.

    Returns
    -------
    (K, Z, Y, X) float32, of the tile's write box.
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


def aligned(grid: Grid, tiling: Tiling) -> Grid:
    """Let ratios give way a little, so that a few tiles cover whole voxels.

    Blocks of the volume can then be made of whole tiles, and none is computed twice.
    """
    sizes = zip(grid.ratio, tiling.kept, grid.shape, strict=True)
    z, y, x = (r if r == 1 or k >= n else _aligned(r, k) for r, k, n in sizes)
    return grid._replace(ratio=(z, y, x))


def unit(grid: Grid | None, tiling: Tiling) -> Shape:
    """Give the voxels of the volume that as few whole tiles as possible write."""
    if grid is None:
        return tiling.kept
    axes = zip(grid.ratio, tiling.kept, grid.shape, grid.volume, strict=True)
    z, y, x = (m if k >= n else (k * r).numerator for r, k, n, m in axes)
    return (z, y, x)


def _aligned(ratio: Fraction, kept: int) -> Fraction:
    """Give the ratio at which the fewest tiles cover whole voxels, near enough."""
    lengths = (tiles * kept for tiles in itertools.count(1))
    near = (Fraction(round(length * ratio), length) for length in lengths)
    return next(found for found in near if abs(found / ratio - 1) <= OFF)
