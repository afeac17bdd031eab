"""From settings to a network, and what it costs."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from densecell.config import NetworkConfig
from densecell.geometry import Shape
from densecell.networks.blocks import convolution
from densecell.networks.hybrid import Hybrid2D3D
from densecell.networks.interface import Network
from densecell.networks.unet import UNet2D


class Facts(NamedTuple):
    """What a network costs and sees."""

    parameters: int
    flop_per_voxel: float
    receptive_field: Shape


def build_network(config: NetworkConfig, *, classes: int, seed: int = 0) -> Network:
    """Make a network with the weights that `seed` gives.

    Parameters
    ----------
    config
        Name, width and switches.
    classes
        Channels of the output.
    seed
        The same seed gives the same weights; torch's global generator is untouched.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MAKERS[config.name](config, classes)


def network_facts(config: NetworkConfig, *, classes: int) -> Facts:
    """Count parameters and operations, and find out how far an output voxel sees."""
    with torch.device("meta"):
        network = MAKERS[config.name](config, classes).eval()
        side = 320 + network.residue
        depth = 1 if network.flat else 5
        window = torch.empty(
            1, 1, depth, side + 2 * network.margin[1], side + 2 * network.margin[2]
        )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(window)
    return Facts(
        parameters=sum(p.numel() for p in network.parameters()),
        flop_per_voxel=counter.get_total_flops() / (depth * side * side),
        receptive_field=receptive_field(config),
    )


def receptive_field(config: NetworkConfig) -> Shape:
    """Measure how many input voxels (z, y, x) can change one output voxel.

    Sends one bright voxel through a narrow copy whose weights are all positive and
    sees how far it spreads; pooling makes that depend on where the voxel lies, so the
    largest over all positions within a pooling window counts.
    """
    narrow = config.model_copy(
        update={"width": 1, "normalisation": "none", "relu_logits": True}
    )
    network = build_network(narrow, classes=2).double()
    _all_positive(network)
    radius = (0, 0, 0)
    for offset in range(network.step):
        reach = _spread(network, offset)
        radius = (max(radius[0], reach[0]), max(radius[1], reach[1]), 0)
    return (2 * radius[0] + 1, 2 * radius[1] + 1, 2 * radius[1] + 1)


def _all_positive(network: nn.Module) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.5 if parameter.ndim > 1 else 0.0)


def _spread(network: Network, offset: int) -> Shape:
    """How far (z, y) one voxel reaches; the sideways x is cut short to save time."""
    depth = 1 if network.flat else 25
    side = 15 * 16 + network.residue + 2 * network.margin[1]
    narrow = 16 + network.residue + 2 * network.margin[2]
    window = torch.zeros(1, 1, depth, side, narrow, dtype=torch.float64)
    centre = (depth // 2, side // 2 + offset, narrow // 2)
    with torch.no_grad():
        dark = network(window)
        window[(0, 0, *centre)] = 1.0
        changed = (network(window) != dark)[0].any(0).nonzero()  # (N, 3)
    reach = [0, 0, 0]
    for axis in (0, 1):
        at = changed[:, axis] + network.margin[axis] - centre[axis]
        reach[axis] = int(at.abs().max())
    return (reach[0], reach[1], reach[1])


def _hybrid(config: NetworkConfig, classes: int) -> Network:
    return Hybrid2D3D(
        classes,
        width=config.width,
        conv=convolution(normalise=config.normalisation == "batch"),
        relu_logits=config.relu_logits,
    )


def _unet(config: NetworkConfig, classes: int) -> Network:
    same = config.padding == "same"
    return UNet2D(
        classes,
        width=config.width,
        conv=convolution(normalise=config.normalisation == "batch", same=same),
        same=same,
        relu_logits=config.relu_logits,
    )


MAKERS: dict[str, Callable[[NetworkConfig, int], Network]] = {
    "2d3d": _hybrid,
    "unet2d": _unet,
}
