"""The members of an ensemble as one network that knows nothing of densecell."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from densecell.geometry import Shape, round_up
from densecell.inference.tiles import usual_margin
from densecell.networks import Network

Outputs = Tensor | tuple[Tensor, Tensor]


class Voting(nn.Module):
    """The mean of what networks say: probabilities, and affinities where they tell.

    Maps normalised (B, 1, Z, Y, X) intensities to (B, K, Z', Y', X') probabilities, and
    where there are affinities, to (B, A, Z', Y', X') of them too.

    Parameters
    ----------
    networks
        Trained; put into evaluation mode.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.affinities = networks[0].affinities
        self.eval()

    def forward(self, window: Tensor) -> Outputs:
        """Give the mean over the networks, as `segment` takes it."""
        said = [network(window) for network in self.networks]  # (B, K + A, Z, Y, X)
        classes = said[0].shape[1] - self.affinities
        probabilities = _mean([torch.softmax(s[:, :classes], dim=1) for s in said])
        if not self.affinities:
            return probabilities
        return probabilities, _mean([torch.sigmoid(s[:, classes:]) for s in said])


class Sizes(NamedTuple):
    """Which windows a network takes: least + n * step voxels (z, y, x).

    Parameters
    ----------
    least, step
        Of the window.
    lost
        Voxels that the output is smaller on every side.
    halo
        Voxels of the output, on every side, that lack context and should be cut: the
        margin of `segment`'s tiles.
    """

    least: Shape
    step: Shape
    lost: Shape
    halo: Shape


def window_sizes(network: Network) -> Sizes:
    """Say which windows a network takes, and how much of the output is good."""
    step, lost = network.step, network.margin
    depth, plane, _ = usual_margin(network, pairs=network.affinities > 0)
    side = 0 if lost != (0, 0, 0) else round_up(plane, step)
    halo = (depth, side, side)
    kept = network.residue or step
    least = kept + 2 * (lost[1] + side)
    slices = max(network.least_depth, 2 * depth + 1)
    return Sizes((slices, least, least), (1, step, step), lost, halo)


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    total = tensors[0]
    for tensor in tensors[1:]:
        total = total + tensor
    return total / len(tensors)
