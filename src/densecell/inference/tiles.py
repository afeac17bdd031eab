"""Which tiles a network looks at, and the probabilities they give for a box."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from densecell.config import InferenceConfig
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape, Tile, Tiling, round_up
from densecell.inference.engines import Engine
from densecell.networks import Network

TILE = (8, 320, 320)
MARGIN = (1, 32, 32)
Reader = Callable[[Box], NDArray[np.float32]]


def plan_tiling(network: Network, shape: Shape, config: InferenceConfig) -> Tiling:
    """Choose the tiles for a volume of `shape`; settings win over defaults.

    A small volume gets one tile that holds it. In plane, tiles have sizes that the
    network's pooling divides, and the lattice constant is a multiple of its step.

    Raises
    ------
    ConfigError
        If a tile or margin of the settings does not fit the network.
    """
    tile, margin = _wanted(network, config)
    valid = network.margin != (0, 0, 0)
    if valid and config.tile is None:  # its own border is context enough
        margin = (margin[0], network.residue // 2, network.residue // 2)
        kept = round_up(min(256, max(shape[1:])), network.step)
        tile = (tile[0], kept + network.residue, kept + network.residue)
    if not valid:
        tile = _fitted(tile, shape, network)
        margin_of = zip(margin, tile, shape, strict=True)
        z, y, x = (m if n > t else 0 for m, t, n in margin_of)
        margin = (z, y, x)
    _check(tile, margin, network)
    return Tiling(shape, tile, margin, step=network.step, flush=not valid)


def tile_probabilities(
    engine: Engine, read: Reader, tiles: Iterable[Tile], network_margin: Shape
) -> Iterator[tuple[Box, NDArray[np.float32]]]:
    """Yield what every tile is kept for: a box, and its (K, Z, Y, X) probabilities.

    Parameters
    ----------
    engine
        Runs one network.
    read
        Gives normalised intensities of any box, mirrored outside the volume.
    tiles
        Of a lattice; what they write may be cut to a box.
    network_margin
        Voxels that the network itself loses on every side.
    """
    for batch in batched(tiles, engine.batch):
        windows = [read(tile.read_box.grown(network_margin)) for tile in batch]
        results = engine.probabilities(np.stack(windows)[:, None])
        for tile, probabilities in zip(batch, results, strict=True):
            kept = tile.write_box.relative_to(tile.read_box.start).slices
            yield tile.write_box, probabilities[(slice(None), *kept)]


def box_probabilities(
    engine: Engine, read: Reader, tiling: Tiling, box: Box, network_margin: Shape
) -> NDArray[np.float32]:
    """Compute (K, Z, Y, X) probabilities of every voxel of `box`.

    Parameters
    ----------
    engine, read, network_margin
        As in `tile_probabilities`.
    tiling
        The lattice that all boxes of this volume share.
    box
        What to compute; inside the volume.
    """
    result: NDArray[np.float32] | None = None
    tiles = tiling.tiles(box)
    for part, probabilities in tile_probabilities(engine, read, tiles, network_margin):
        if result is None:
            result = np.empty((len(probabilities), *box.shape), np.float32)
        result[(slice(None), *part.relative_to(box.start).slices)] = probabilities
    if result is None:
        raise ConfigError(f"box {box} holds no voxel of the volume {tiling.shape}")
    return result


def batched(tiles: Iterable[Tile], size: int) -> Iterator[list[Tile]]:
    """Cut a stream of tiles into lists of at most `size`."""
    stream = iter(tiles)
    while batch := list(islice(stream, size)):
        yield batch


def _wanted(network: Network, config: InferenceConfig) -> tuple[Shape, Shape]:
    """Give tile and margin of the settings, or the usual ones."""
    depth = 1 if network.flat else TILE[0]
    usual = (depth, TILE[1], TILE[2])
    if not config.exact or network.margin != (0, 0, 0):
        tile = config.tile or usual
        return tile, config.margin or _default_margin(tile, network)
    z, *plane = network.radius
    y, x = (round_up(radius, network.step) for radius in plane)
    margin = (z, y, x)
    kept = Tiling(usual, usual, _default_margin(usual, network), flush=False).kept
    return config.tile or Box.whole(kept).grown(margin).shape, margin


def _default_margin(tile: Shape, network: Network) -> Shape:
    """Give the usual margin, or a quarter of a tile too small for it."""
    deep, step = 0 if network.flat else MARGIN[0], network.step
    y, x = (
        min(m, t // 4 // step * step) for m, t in zip(MARGIN[1:], tile[1:], strict=True)
    )
    return (min(deep, (tile[0] - 1) // 2), y, x)


def _fitted(tile: Shape, shape: Shape, network: Network) -> Shape:
    """Shrink a tile to what the volume fills, but not below what the network needs."""
    step = network.step
    z = max(network.least_depth, min(tile[0], shape[0]))
    y, x = (min(t, round_up(n, step)) for t, n in zip(tile[1:], shape[1:], strict=True))
    return (z, y, x)


def _check(tile: Shape, margin: Shape, network: Network) -> None:
    kept = [t - 2 * m for t, m in zip(tile, margin, strict=True)]
    if min(kept) < 1:
        raise ConfigError(
            f"margin {margin} leaves nothing of tile {tile}; halve the margin"
        )
    wrong = [t for t in tile[1:] if t % network.step != network.residue % network.step]
    if wrong:
        raise ConfigError(
            f"tile {tile}: in plane this network needs sizes of {network.step} n + "
            f"{network.residue}; the nearest is "
            f"{round_up(wrong[0], network.step) + network.residue}"
        )
    off = [m for m in margin[1:] if m % network.step]
    if off and network.residue == 0:
        raise ConfigError(
            f"margin {margin}: in plane it must be a multiple of {network.step}, so "
            "that pooling falls on the same voxels in every tile; the nearest is "
            f"{round_up(off[0], network.step)}"
        )
    lattice = [k for k in kept[1:] if k % network.step]
    if lattice:
        raise ConfigError(
            f"tile {tile} less margin {margin} on both sides keeps {kept}; in plane "
            f"that must be multiples of {network.step}: choose the margin so"
        )
