"""Cut a volume into tiles for a network; compute the probabilities of a box."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from densecell.config import InferenceConfig
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape, Tile, Tiling, per_axis, round_up
from densecell.inference.engines import Engine
from densecell.networks import Network

LARGEST_TILE: Shape = (16, 448, 448)
LARGEST_FLAT_TILE: Shape = (1, 768, 768)  # for networks that see one slice
MARGIN: Shape = (1, 24, 24)
MARGIN_OF_PAIRS = 4  # slices, for affinities: some of them run across slices
Reader = Callable[[Box], NDArray[np.float32]]
Keep = Callable[[Tile, NDArray[np.float32]], NDArray[np.float32]]


def plan_tiling(
    network: Network,
    shape: Shape,
    config: InferenceConfig,
    *,
    most: Shape | None = None,
    pairs: bool = False,
) -> Tiling:
    """Choose the tiles for a volume of `shape`; settings override defaults.

    A volume is cut into as few equal tiles as possible, so that little is computed
    twice. A small volume gets one tile that holds it. In plane, the network's pooling
    divides the size of a tile and of what it keeps.

    Parameters
    ----------
    network
        Network that will see the tiles.
    shape
        Voxels (z, y, x) of the volume.
    config
        A tile or margin that it names is used.
    most
        Largest tile to choose where the settings name none.
    pairs
        Whether affinities are wanted too: they need more slices of margin.

    Raises
    ------
    ConfigError
        If a tile or margin of the settings does not fit the network.
    """
    margin = config.margin or _margin(network, exact=config.exact, pairs=pairs)
    tile = config.tile
    if tile is None:
        tile = _even_tile(network, shape, margin, most, exact=config.exact)
    elif config.margin is None and not config.exact:
        margin = _spared(margin, tile, network)
    valid = network.margin != (0, 0, 0)
    if not valid:
        tile = _fitted(tile, shape, network)
        margin = per_axis(lambda m, t, n: m if n > t else 0, margin, tile, shape)
    _check(tile, margin, network)
    return Tiling(shape, tile, margin, step=network.step, flush=not valid)


def kept_of_tile(tile: Tile, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop the (K, Z, Y, X) probabilities of a tile to the box that it writes."""
    kept = tile.write_box.relative_to(tile.read_box.start).slices
    return probabilities[(slice(None), *kept)]


def tile_probabilities(
    engine: Engine,
    read: Reader,
    tiles: Iterable[Tile],
    network_margin: Shape,
    *,
    keep: Keep = kept_of_tile,
) -> Iterator[tuple[Box, NDArray[np.float32]]]:
    """Yield the box that each tile writes, with its (K, Z, Y, X) probabilities.

    Parameters
    ----------
    engine
        Runs one network.
    read
        Reads normalised intensities of any box, mirrored outside the volume.
    tiles
        Tiles of a lattice; their write boxes may be cropped.
    network_margin
        Voxels that the network itself loses on every side.
    keep
        Turns what a tile computed into what it writes.
    """
    for batch in batched(tiles, engine.batch):
        windows = [read(tile.read_box.grown(network_margin)) for tile in batch]
        results = engine.probabilities(np.stack(windows)[:, None])
        for tile, probabilities in zip(batch, results, strict=True):
            yield tile.write_box, keep(tile, probabilities)


def box_probabilities(
    engine: Engine, read: Reader, tiling: Tiling, box: Box, network_margin: Shape
) -> NDArray[np.float32]:
    """Compute the (K, Z, Y, X) probabilities of every voxel of `box`.

    Parameters
    ----------
    engine, read, network_margin
        Same as in `tile_probabilities`.
    tiling
        The lattice that all boxes of this volume share.
    box
        Box inside the volume.
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


def _margin(network: Network, *, exact: bool, pairs: bool) -> Shape:
    """Usual margin, or one as wide as the network sees."""
    if network.margin != (0, 0, 0):  # its own border is context enough
        return (0, network.residue // 2, network.residue // 2)
    z, y, x = network.radius if exact else usual_margin(network, pairs=pairs)
    return (z, round_up(y, network.step), round_up(x, network.step))


def usual_margin(network: Network, *, pairs: bool) -> Shape:
    """Voxels on every side of a tile that lack context and are cropped away."""
    z, y, x = MARGIN
    return (min(MARGIN_OF_PAIRS if pairs else z, network.radius[0]), y, x)


def _even_tile(
    network: Network, shape: Shape, margin: Shape, most: Shape | None, *, exact: bool
) -> Shape:
    """Tile that cuts a volume into the fewest equal parts of at most `most` voxels."""
    if most is None:
        most = LARGEST_FLAT_TILE if network.flat else LARGEST_TILE
        more = max(0, margin[0] - MARGIN[0])  # as many slices are kept as usual
        most = Box.whole(most).grown(margin if exact else (more, 0, 0)).shape
    padded = network.margin == (0, 0, 0)

    def even(size: int, most: int, margin: int, step: int) -> int:
        if padded and round_up(size, step) <= most:
            return round_up(size, step)
        longest = max(step, (most - 2 * margin) // step * step)
        parts = -(-size // longest)
        return round_up(-(-size // parts), step) + 2 * margin

    return per_axis(even, shape, most, margin, (1, network.step, network.step))


def _spared(margin: Shape, tile: Shape, network: Network) -> Shape:
    """Reduce a margin to a quarter of the tile where the tile is too small for it."""
    step = network.step
    if network.residue:
        return margin
    y, x = (
        min(m, t // 4 // step * step) for m, t in zip(margin[1:], tile[1:], strict=True)
    )
    most = max(MARGIN[0], tile[0] // 4)
    return (min(margin[0], most, (tile[0] - 1) // 2), y, x)


def _fitted(tile: Shape, shape: Shape, network: Network) -> Shape:
    """Shrink a tile to the volume, but not below what the network needs."""
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
            f"tile {tile} with margin {margin} on both sides keeps {kept}; in plane "
            f"that must be multiples of {network.step}. Choose another margin"
        )
