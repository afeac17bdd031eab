"""All members on one block: read once, every member, mean, argmax, forget.

Memory holds one block of one member at a time, whatever the number of members and the
size of the volume.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Tiling
from densecell.inference import Engine, box_probabilities
from densecell.volume import Statistics, Volume, normalise, read_padded


class Runner(NamedTuple):
    """One member, ready to be run over a volume."""

    engine: Engine
    tiling: Tiling
    network_margin: Shape


class BlockLabels(NamedTuple):
    """What an ensemble says of one block."""

    channels: NDArray[np.uint8]  # (Z, Y, X), the class with the highest mean
    confidence: NDArray[np.uint8]  # 255 * highest mean probability
    disagreement: NDArray[np.uint8]  # 255 * share of members that say otherwise
    members: NDArray[np.uint8]  # (M, Z, Y, X), what each member says
    probabilities: NDArray[np.float32]  # (K, Z, Y, X), mean over members


def label_block(
    volume: Volume, statistics: Statistics, runners: Sequence[Runner], box: Box
) -> BlockLabels:
    """Label one box of a volume with all members.

    Mean and argmax are taken in float32; of equal classes the lowest wins.
    """
    region = _needed(runners, box)
    intensities = normalise(read_padded(volume, region), statistics)

    def read(window: Box) -> NDArray[np.float32]:
        return intensities[window.relative_to(region.start).slices]

    total: NDArray[np.float32] | None = None
    members = np.empty((len(runners), *box.shape), np.uint8)
    for number, runner in enumerate(runners):
        probabilities = box_probabilities(
            runner.engine, read, runner.tiling, box, runner.network_margin
        )
        members[number] = probabilities.argmax(0)
        total = probabilities if total is None else np.add(total, probabilities, total)
    assert total is not None  # an ensemble has members
    total /= len(runners)
    channels = total.argmax(0).astype(np.uint8)
    others = (members != channels).sum(0, dtype=np.float32) / len(runners)
    return BlockLabels(
        channels,
        _to_byte(np.minimum(total.max(0), 1)),
        _to_byte(others),
        members,
        total,
    )


def _needed(runners: Sequence[Runner], box: Box) -> Box:
    """Span everything that any member reads for `box`."""
    region = box
    for runner in runners:
        for tile in runner.tiling.tiles(box):
            region = region.union(tile.read_box.grown(runner.network_margin))
    return region


def _to_byte(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(255 * share).astype(np.uint8)
