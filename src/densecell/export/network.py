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
    """Sizes of windows that a network takes, in voxels (z, y, x): least + n * step.

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
    step, lost = network.step, network.margin
    depth, plane, _ = usual_margin(network, pairs=network.affinities > 0)
    side = 0 if lost != (0, 0, 0) else round_up(plane, step)
    halo = (depth, side, side)
    kept = network.residue or step
    least = kept + 2 * (lost[1] + side)
    slices = max(network.least_depth, 2 * depth + 1)
    return WindowSizes((slices, least, least), (1, step, step), lost, halo)


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    total = tensors[0]
    for tensor in tensors[1:]:
        total = total + tensor
    return total / len(tensors)
