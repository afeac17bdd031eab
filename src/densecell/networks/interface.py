"""Interface of every network for training and inference."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from densecell.geometry import Shape
from densecell.networks.blocks import Heads


class Network(nn.Module, ABC):
    """Map (B, 1, Z, Y, X) normalised intensities to (B, K, Z, Y', X') logits.

    Attributes
    ----------
    margin
        Voxels lost on every side: the output is smaller than the input by twice this.
    radius
        How far an output voxel sees: its receptive field is 2 n + 1 voxels wide.
    step
        Output sizes in plane equal `residue` modulo this.
    residue
        See `step`; 0 for networks that pad.
    flat
        Whether it sees one slice at a time. Its windows may have any depth.
    staged
        Whether it has a 2D part that can be trained alone: see `see_depth`.
    affinities
        Number of its last channels that are affinities instead of classes: logits of
        whether two voxels belong to one cell.
    least_depth
        Fewest slices of a window. In bfloat16 on a CPU, torch's 3x3x3 convolutions read
        memory that was never written: in the forward pass at depth 1, for kernel
        gradients at depth 2 (seen in torch 2.13).
    """

    margin: Shape = (0, 0, 0)
    radius: Shape = (0, 0, 0)
    step: int = 8
    residue: int = 0
    flat: bool = False
    staged: bool = False
    least_depth: int = 3
    affinities: int = 0

    @abstractmethod
    def heads(self, window: Tensor) -> Heads:
        """Logits and, where the network has them, auxiliary 2D logits."""

    @abstractmethod
    def groups(self) -> dict[str, list[Tensor]]:
        """Weights (not biases) of `2d`, `3d` and `predictors`, for L2."""

    @abstractmethod
    def last_bias(self) -> Tensor | None:
        """Bias of the last layer, classes first; none where a ReLU follows it."""

    def see_depth(self, on: bool) -> None:
        """Switch the part that sees neighbouring slices on or off, if staged."""

    def forward(self, window: Tensor) -> Tensor:
        """Logits alone."""
        return self.heads(window).logits


@contextmanager
def offset_logits(
    network: Network, offsets: NDArray[np.float32] | None
) -> Iterator[None]:
    """Add a constant to each class's logit inside the `with` block."""
    bias = network.last_bias()
    if offsets is None or bias is None:
        yield
        return
    before = bias.detach().clone()
    with torch.no_grad():
        bias[: len(offsets)] += torch.from_numpy(offsets).to(bias)
    try:
        yield
    finally:
        with torch.no_grad():
            bias.copy_(before)


def bias_of(predictor: nn.Module) -> Tensor | None:
    """Bias of a predictor; none where a ReLU follows it."""
    layer, *cut = predictor.children()
    return None if cut or not isinstance(layer, nn.Conv3d) else layer.bias


def weights_of(*modules: nn.Module) -> list[Tensor]:
    """Convolution kernels of modules, without biases and norms."""
    return [
        m.weight
        for module in modules
        for m in module.modules()
        if isinstance(m, nn.Conv3d | nn.ConvTranspose3d)
    ]
