"""Label one block with all members: read once, run each, take the mean, then argmax.

Memory holds the sum of the probabilities of one block, and one tile of one member. It
does not grow with the volume.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Tile, Tiling
from densecell.inference import (
    Engine,
    is_flat,
    kept_of_tile,
    kept_on_volume,
    tile_probabilities,
    tiles_of_volume,
)
from densecell.volume import Grid, Statistics, Volume, normalise, read_padded


class Runner(NamedTuple):
    """One member, ready to run over a volume, or over a grid laid over it."""

    engine: Engine
    tiling: Tiling
    network_margin: Shape
    grid: Grid | None = None

    def tiles(self, box: Box) -> Iterator[Tile]:
        """Tiles that write into a box of the volume."""
        if self.grid is None:
            return self.tiling.tiles(box)
        return tiles_of_volume(self.grid, self.tiling, box)

    def keep(
        self, tile: Tile, probabilities: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Turn what a tile computed into what it writes."""
        if self.grid is None:
            return kept_of_tile(tile, probabilities)
        return kept_on_volume(self.grid, tile, probabilities)


class Region(NamedTuple):
    """A block, and the normalised intensities that its tiles read."""

    box: Box  # in voxels of the volume
    seen: Box  # in voxels of the grid, if there is one; all that tiles read
    intensities: NDArray[np.float32]  # (Z, Y, X) in `seen`

    def read(self, window: Box) -> NDArray[np.float32]:
        """Intensities in a window inside `seen`."""
        return self.intensities[window.relative_to(self.seen.start).slices]


class Flat(NamedTuple):
    """Rule for flat tiles: those that differ by less than `threshold` get `channel`."""

    threshold: float
    channel: int


class BlockLabels(NamedTuple):
    """Output of an ensemble for one block."""

    channels: NDArray[np.uint8]  # (Z, Y, X), class with the highest mean
    confidence: NDArray[np.uint8]  # 255 * highest mean probability
    disagreement: NDArray[np.uint8]  # 255 * share of members that disagree
    members: NDArray[np.uint8]  # (M, Z, Y, X), class by each member
    probabilities: NDArray[np.float32]  # (K, Z, Y, X), mean over members
    affinities: NDArray[np.float32]  # (A, Z, Y, X), mean over members


def read_region(
    volume: Volume, statistics: Statistics, runners: Sequence[Runner], box: Box
) -> Region:
    """Read all intensities that the members need for a box of a volume, once.

    `volume` is the volume as members see it: resampled, if they see another grid.
    """
    windows = (
        tile.read_box.grown(runner.network_margin)
        for runner in runners
        for tile in runner.tiles(box)
    )
    seen = reduce(Box.union, windows)
    return Region(box, seen, normalise(read_padded(volume, seen), statistics))


def label_region(
    region: Region, runners: Sequence[Runner], classes: int, flat: Flat | None = None
) -> BlockLabels:
    """Label a block with all members.

    Mean and argmax are computed in float32; between equal classes the lowest wins.
    """
    shape = region.box.shape
    pairs = runners[0].engine.affinities
    total = np.zeros((classes + pairs, *shape), np.float32)
    members = np.empty((len(runners), *shape), np.uint8)
    for runner, member in zip(runners, members, strict=True):
        tiles = _not_flat(region, runner, total, member, flat)
        for box, probabilities in tile_probabilities(
            runner.engine, region.read, tiles, runner.network_margin, keep=runner.keep
        ):
            part = box.relative_to(region.box.start).slices
            member[part] = probabilities[:classes].argmax(0)
            total[(slice(None), *part)] += probabilities
        runner.engine.rest()
    total /= len(runners)
    total, affinities = total[:classes], total[classes:]
    channels = total.argmax(0).astype(np.uint8)
    others = (members != channels).sum(0, dtype=np.float32) / len(runners)
    return BlockLabels(
        channels,
        _to_byte(np.minimum(total.max(0), 1)),
        _to_byte(others),
        members,
        total,
        affinities,
    )


def _not_flat(
    region: Region,
    runner: Runner,
    total: NDArray[np.float32],
    member: NDArray[np.uint8],
    flat: Flat | None,
) -> list[Tile]:
    """Tiles that a network has to see; flat ones are labelled here."""
    tiles = []
    for tile in runner.tiles(region.box):
        window = region.read(tile.read_box.grown(runner.network_margin))
        if flat is None or not is_flat(window, flat.threshold):
            tiles.append(tile)
            continue
        part = tile.write_box.relative_to(region.box.start).slices
        member[part] = flat.channel
        total[(flat.channel, *part)] += 1
    return tiles


def _to_byte(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scale 0..1 to 0..255, rounding halves to even."""
    return np.rint(255 * share).astype(np.uint8)
