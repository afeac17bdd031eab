"""Choose tiles and blocks that fit into a memory budget."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import psutil

from densecell.config import InferenceConfig
from densecell.ensemble.load import Ensemble
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape, Tiling
from densecell.inference import aligned_grid, block_unit, plan_tiling
from densecell.volume import Grid, Volume

BLOCK_VOXELS = 3_200_000
FLAT_DEPTH = 8  # slices of a block where tiles are one slice deep
ENGINE_BYTES = 200_000_000  # code of OpenVINO, as measured
WEIGHT_COPIES = 2  # float32 copies in an engine, beside the network's own
SHARES = 4  # least blocks per process, in volumes that are large enough
RESERVE = 0.9  # share of the budget to plan with


class Fit(NamedTuple):
    """Tiles and blocks of a volume, and the memory that labelling it takes."""

    tiling: Tiling
    grid: Grid | None  # of the tiles; none: the volume's own voxels
    block: Shape
    bytes: int


def fit_memory(
    volume: Volume,
    ensemble: Ensemble,
    config: InferenceConfig,
    *,
    grid: Grid | None = None,
    extent: Shape,
    tile_bytes: float,
    budget: int,
    processes: int = 1,
    pairs: bool = False,
) -> Fit:
    """Choose the largest usual tile, and a block of such tiles, that fit.

    Parameters
    ----------
    volume
        Volume to label.
    ensemble
        Networks that label it.
    config
        A tile that it names is not changed.
    grid
        Grid on which the model sees the volume; none: the volume's own voxels.
    extent
        Voxels (z, y, x) of the result.
    tile_bytes
        Bytes per voxel of a tile, while it is computed.
    budget
        Bytes that this process may use.
    processes
        Number of processes that share the work. Each gets several blocks.
    pairs
        Whether affinities are wanted.

    Raises
    ------
    ConfigError
        If not even small tiles fit. Says how much they would need.
    """
    network = ensemble.networks[0]
    shape = volume.shape if grid is None else grid.shape
    tiling = plan_tiling(network, shape, config, pairs=pairs)
    while True:
        laid = None if grid is None else aligned_grid(grid, tiling)
        written = block_unit(laid, tiling)
        for most in _block_sizes(written, extent, processes):
            block = block_shape(written, extent, most)
            needed = _bytes(volume, ensemble, tiling, laid, block, tile_bytes)
            if config.adapt:
                needed += _of_adapting(tiling, laid, block)
            if needed <= RESERVE * budget:
                return Fit(tiling, laid, block, needed)
        smaller = _smaller(tiling)
        tighter = plan_tiling(network, shape, config, most=smaller, pairs=pairs)
        if min(smaller[1:]) <= 2 * max(tiling.margin) or tighter == tiling:
            raise ConfigError(
                f"--max-memory {format_bytes(budget)} is too little: tiles of "
                f"{tiling.tile} voxels need {format_bytes(needed / RESERVE)}; allow "
                "that much, or choose a smaller --tile"
            )
        tiling = tighter


def _block_sizes(unit: Shape, extent: Shape, processes: int) -> Iterator[int]:
    """Yield limits for the voxels of a block, from the usual one down to one unit."""
    most = min(BLOCK_VOXELS, Box.whole(extent).voxels // (SHARES * processes))
    while most > Box.whole(unit).voxels:
        yield most
        most //= 2
    yield 1


def format_bytes(size: float) -> str:
    """Number of bytes in gigabytes or megabytes.

    Examples
    --------
    >>> format_bytes(3.04e9), format_bytes(5.2e7)
    ('3.0G', '52M')
    """
    return f"{size / 1e9:.1f}G" if size >= 1e9 else f"{size / 1e6:.0f}M"


def block_shape(unit: Shape, extent: Shape, most: int = BLOCK_VOXELS) -> Shape:
    """Choose blocks of whole units: large enough to read fast, small in memory.

    A unit is the box that one tile writes.
    """
    block = list(unit)
    if block[0] == 1:
        block[0] = min(FLAT_DEPTH, extent[0])
    for axis in (1, 2, 0, 1, 2, 0, 1, 2):
        grown = block.copy()
        grown[axis] *= 2
        if block[axis] < extent[axis] and Box.whole(tuple(grown)).voxels <= most:
            block = grown
    return (block[0], block[1], block[2])


def _smaller(tiling: Tiling) -> Shape:
    """Tile with half the size in plane."""
    z, y, x = tiling.tile
    return (z, y // 2, x // 2)


def _bytes(
    volume: Volume,
    ensemble: Ensemble,
    tiling: Tiling,
    grid: Grid | None,
    block: Shape,
    tile_bytes: float,
) -> int:
    members = len(ensemble.networks)
    channels = len(ensemble.scheme) + len(ensemble.affinities)
    weights = sum(p.numel() * 4 for n in ensemble.networks for p in n.parameters())
    tile = Box.whole(tiling.tile).voxels
    voxels = Box.whole(volume.shape).voxels
    kept = Box.whole(block).voxels
    seen = Box.whole(block).grown(tiling.margin).voxels
    # Sum of probabilities, int64 for the argmax, labels of members and results; twice,
    # because one block is computed while another is written.
    of_block = kept * (4 * channels + 8 + 2 * (members + 4) + 4 * channels)
    of_reading = 2 * seen * (4 + volume.dtype.itemsize)
    if grid is not None:
        of_reading = _of_resampling(volume, grid, tiling, block, channels)
    return int(
        _taken()
        + WEIGHT_COPIES * weights
        + tile * tile_bytes
        + of_block
        + of_reading
        + min(volume.cache_bytes, voxels * volume.dtype.itemsize)
    )


def _of_resampling(
    volume: Volume, grid: Grid, tiling: Tiling, block: Shape, channels: int
) -> int:
    """Bytes to resample a block to the grid, and a tile back to the volume."""
    read = Box.whole(block).grown(grid.reach(tiling.margin)).voxels
    seen = grid.holding(Box.whole(block)).grown(tiling.margin).voxels
    # Both as float32, with a partial sum and a piece of it; twice, as in `_bytes`.
    there = 2 * (read * (4 + volume.dtype.itemsize) + 3 * 4 * max(read, seen))
    tile = min(Box.whole(block_unit(grid, tiling)).voxels, Box.whole(block).voxels)
    return there + (channels + 3) * 4 * tile


def _of_adapting(tiling: Tiling, grid: Grid | None, block: Shape) -> int:
    """Bytes to change grey values, for two blocks at once."""
    box = Box.whole(block)
    seen = (box if grid is None else grid.holding(box)).grown(tiling.margin).voxels
    return 2 * seen * 20  # float32, smoothed, mapped in float64, float32 again


def _taken() -> int:
    """Bytes of this process now, with the code of an engine that is not loaded yet."""
    loaded = "openvino" in sys.modules
    return int(psutil.Process().memory_info().rss) + (0 if loaded else ENGINE_BYTES)
