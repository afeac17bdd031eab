"""Tiles and blocks that fit into a budget of memory."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import psutil

from densecell.config import InferenceConfig
from densecell.ensemble.load import Ensemble
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape, Tiling
from densecell.inference import plan_tiling
from densecell.volume import Volume

BLOCK_VOXELS = 3_200_000
FLAT_DEPTH = 8  # slices of a block where tiles are one slice deep
ENGINE_BYTES = 200_000_000  # of OpenVINO's own code, seen
WEIGHT_COPIES = 2  # of float32, in an engine, beside the network's own
SHARES = 4  # blocks of each process, at least, in volumes large enough
RESERVE = 0.9  # of the budget is planned with


class Cut(NamedTuple):
    """How a volume is cut, and the memory that labelling it takes."""

    tiling: Tiling
    block: Shape
    bytes: int


def fit(
    volume: Volume,
    ensemble: Ensemble,
    config: InferenceConfig,
    *,
    extent: Shape,
    tile_bytes: float,
    budget: int,
    processes: int = 1,
) -> Cut:
    """Choose the largest usual tile, and a block of such tiles, that fit.

    Parameters
    ----------
    volume, ensemble
        What will be labelled, by what.
    config
        A tile of the settings is not changed.
    extent
        Voxels of the result.
    tile_bytes
        Per voxel of a tile, while it is computed.
    budget
        Bytes of this process.
    processes
        That will share the work, and want some blocks each.

    Raises
    ------
    ConfigError
        If not even small tiles fit, with what they would need.
    """
    network = ensemble.networks[0]
    tiling = plan_tiling(network, volume.shape, config)
    while True:
        for most in _block_sizes(tiling, extent, processes):
            block = block_shape(tiling, extent, most)
            needed = _bytes(volume, ensemble, tiling, block, tile_bytes)
            if needed <= RESERVE * budget:
                return Cut(tiling, block, needed)
        smaller = _smaller(tiling)
        tighter = plan_tiling(network, volume.shape, config, most=smaller)
        if min(smaller[1:]) <= 2 * max(tiling.margin) or tighter == tiling:
            raise ConfigError(
                f"--max-memory {in_gb(budget)} is too little: tiles of "
                f"{tiling.tile} voxels need {in_gb(needed / RESERVE)}; allow that "
                "much, or choose a smaller --tile"
            )
        tiling = tighter


def _block_sizes(tiling: Tiling, extent: Shape, processes: int) -> Iterator[int]:
    """Yield how many voxels a block may have, from the usual down to one tile."""
    most = min(BLOCK_VOXELS, Box.whole(extent).voxels // (SHARES * processes))
    while most > Box.whole(tiling.kept).voxels:
        yield most
        most //= 2
    yield 1


def in_gb(size: float) -> str:
    """Give a number of bytes as people say it.

    Examples
    --------
    >>> in_gb(3.04e9), in_gb(5.2e7)
    ('3.0G', '52M')
    """
    return f"{size / 1e9:.1f}G" if size >= 1e9 else f"{size / 1e6:.0f}M"


def block_shape(tiling: Tiling, extent: Shape, most: int = BLOCK_VOXELS) -> Shape:
    """Choose blocks of whole tiles: large enough to read well, small in memory."""
    block = list(tiling.kept)
    if block[0] == 1:
        block[0] = min(FLAT_DEPTH, extent[0])
    for axis in (1, 2, 0, 1, 2, 0, 1, 2):
        grown = block.copy()
        grown[axis] *= 2
        if block[axis] < extent[axis] and Box.whole(tuple(grown)).voxels <= most:
            block = grown
    return (block[0], block[1], block[2])


def _smaller(tiling: Tiling) -> Shape:
    """Halve a tile in plane."""
    z, y, x = tiling.tile
    return (z, y // 2, x // 2)


def _bytes(
    volume: Volume,
    ensemble: Ensemble,
    tiling: Tiling,
    block: Shape,
    tile_bytes: float,
) -> int:
    classes, members = len(ensemble.scheme), len(ensemble.networks)
    weights = sum(p.numel() * 4 for n in ensemble.networks for p in n.parameters())
    tile = Box.whole(tiling.tile).voxels
    voxels = Box.whole(volume.shape).voxels
    kept = Box.whole(block).voxels
    seen = Box.whole(block).grown(tiling.margin).voxels
    # Sum of probabilities, a wide integer for argmax, members' labels and results,
    # twice: one block is computed while another is written.
    of_block = kept * (4 * classes + 8 + 2 * (members + 4) + 4 * classes)
    of_reading = 2 * seen * (4 + volume.dtype.itemsize)
    return int(
        _taken()
        + WEIGHT_COPIES * weights
        + tile * tile_bytes
        + of_block
        + of_reading
        + min(volume.cache_bytes, voxels * volume.dtype.itemsize)
    )


def _taken() -> int:
    """Count what this process holds, and what its engine's code is about to."""
    loaded = "openvino" in sys.modules
    return int(psutil.Process().memory_info().rss) + (0 if loaded else ENGINE_BYTES)
