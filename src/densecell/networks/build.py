"""Build a network from its settings, and count what it costs."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from densecell.config import NetworkConfig
from densecell.geometry import Shape, per_axis
from densecell.networks.blocks import convolution, initialise_for_relu
from densecell.networks.hybrid import Hybrid2D3D
from densecell.networks.interface import Network
from densecell.networks.light import Light2D3D
from densecell.networks.unet import UNet2D
from densecell.networks.unet3d import Pairs, UNet3D, full_pairs, thin_pairs


class NetworkFacts(NamedTuple):
    """Cost and receptive field of a network."""

    parameters: int
    flop_per_voxel: float
    receptive_field: Shape


def build_network(config: NetworkConfig, *, classes: int, seed: int = 0) -> Network:
    """Build a network with initial weights drawn from `seed`.

    Parameters
    ----------
    config
        Name, width and switches.
    classes
        Output channels for classes. Those for affinities come after them.
    seed
        The same seed gives the same weights; torch's global generator is untouched.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MAKERS[config.name](config, classes + len(config.affinities))
        network.affinities = len(config.affinities)
        if config.initialisation == "he":
            initialise_for_relu(network)
        return network


def network_facts(config: NetworkConfig, *, classes: int) -> NetworkFacts:
    """Parameters, operations per voxel and receptive field of a network."""
    with torch.device("meta"):
        channels = classes + len(config.affinities)
        network = MAKERS[config.name](config, channels).eval()
        side = 320 + network.residue
        depth = 1 if network.flat else 5
        window = torch.empty(
            1, 1, depth, side + 2 * network.margin[1], side + 2 * network.margin[2]
        )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(window)
    return NetworkFacts(
        parameters=sum(p.numel() for p in network.parameters()),
        flop_per_voxel=counter.get_total_flops() / (depth * side * side),
        receptive_field=per_axis(lambda r: 2 * r + 1, network.radius),
    )


def _hybrid(
    config: NetworkConfig, classes: int, *, deep: bool = True, pyramid: bool = True
) -> Network:
    return Hybrid2D3D(
        classes,
        width=config.width,
        conv=convolution(norm=config.normalisation),
        relu_logits=config.relu_logits,
        deep=deep,
        pyramid=pyramid,
    )


def _unet3d(
    config: NetworkConfig,
    classes: int,
    *,
    pairs: Callable[[int], Pairs],
    depth: int = 3,
) -> Network:
    return UNet3D(
        classes,
        pairs=pairs(config.width),
        conv=convolution(norm=config.normalisation),
        depth=depth,
        relu_logits=config.relu_logits,
    )


def _unet(config: NetworkConfig, classes: int) -> Network:
    same = config.padding == "same"
    return UNet2D(
        classes,
        width=config.width,
        conv=convolution(norm=config.normalisation, same=same),
        same=same,
        relu_logits=config.relu_logits,
    )


def _light(config: NetworkConfig, channels: int) -> Network:
    return Light2D3D(
        channels - len(config.affinities),
        width=config.width,
        conv=convolution(norm=config.normalisation),
        relu_logits=config.relu_logits,
        dilation=config.dilation,
        affinities=len(config.affinities),
    )


MAKERS: dict[str, Callable[[NetworkConfig, int], Network]] = {
    "2d3d-light": _light,
    "2d3d": _hybrid,
    "2d3d-plain": partial(_hybrid, deep=False),
    "2d3d-no-pyramid": partial(_hybrid, pyramid=False),
    "2d3d-2d": partial(_hybrid, deep=False, pyramid=False),
    "unet2d": _unet,
    "unet3d": partial(_unet3d, pairs=full_pairs),
    "unet3d-thin": partial(_unet3d, pairs=thin_pairs),
    "unet3d-thin5": partial(_unet3d, pairs=thin_pairs, depth=5),
}
