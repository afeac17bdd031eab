"""The members of an ensemble as one network, free of densecell."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from densecell.geometry import Shape, round_up
from densecell.inference import usual_margin
from densecell.networks import Network

Outputs = Tensor | tuple[Tensor, Tensor]


class Voting(nn.Module):
    """Mean of what networks predict: probabilities, and affinities if they have any.

    Maps normalised (B, 1, Z, Y, X) intensities to (B, K, Z', Y', X') probabilities and,
    if there are any, (B, A, Z', Y', X') affinities.

    Parameters
    ----------
    networks
        Trained networks; they are put into evaluation mode.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.affinities = networks[0].affinities
        self.eval()

    def forward(self, window: Tensor) -> Outputs:
        """Mean over the networks, as in `segment`."""
        said = [network(window) for network in self.networks]  # (B, K + A, Z, Y, X)
        classes = said[0].shape[1] - self.affinities
        probabilities = _mean([torch.softmax(s[:, :classes], dim=1) for s in said])
        if not self.affinities:
            return probabilities
        return probabilities, _mean([torch.sigmoid(s[:, classes:]) for s in said])


class WindowSizes(NamedTuple):
    """Sizes of windows to compute, in voxels (z, y, x): least + n * step.

    A network takes smaller ones and finer steps too. These are chosen so that a block
    keeps half of each axis or more, as other programs cut volumes into blocks of the
    least size and a few steps.

    Parameters
    ----------
    least
        Smallest size.
    step
        Difference between sizes.
    lost
        Voxels on every side that the output lacks.
    halo
        Voxels on every side of the output that lack context and should be cut off: the
        margin of the tiles of `segment`.
    """

    least: Shape
    step: Shape
    lost: Shape
    halo: Shape


def window_sizes(network: Network) -> WindowSizes:
    """Sizes of windows that a network takes, and the border of its output to cut."""
    lost = network.margin
    depth, plane, _ = usual_margin(network, pairs=network.affinities > 0)
    side = 0 if lost != (0, 0, 0) else round_up(plane, network.step)
    border = max(lost[1] + side, network.step)  # on every side, not kept
    kept = (network.residue or 0) + round_up(2 * border, network.step)
    least = kept + 2 * (lost[1] + side)
    step = round_up(border, network.step)
    slices = max(network.least_depth, 4 * depth, 1)
    sizes = (slices, least, least), (max(1, depth), step, step)
    return WindowSizes(*sizes, lost, (depth, side, side))


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    total = tensors[0]
    for tensor in tensors[1:]:
        total = total + tensor
    return total / len(tensors)
