"""What every network offers to training and inference."""

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
    """Maps (B, 1, Z, Y, X) normalised intensities to (B, K, Z, Y', X') logits.

    Attributes
    ----------
    margin
        Voxels lost on every side: the output is the input less twice this.
    radius
        How far an output voxel sees: its receptive field is 2 n + 1 wide.
    step
        In-plane output sizes a network can give are `residue` modulo this.
    residue
        See `step`; 0 for networks that pad.
    flat
        Sees one slice at a time; the depth of its windows is arbitrary.
    staged
        Has a 2D part that can be trained alone: see `see_depth`.
    affinities
        How many of its last channels are no classes but affinities: logits of whether
        two voxels are of one cell.
    least_depth
        Fewest slices of a window. Torch's 3x3x3 convolutions in bfloat16 on a CPU read
        memory that was never written: forwards at depth 1, for the gradients of the
        kernels at depth 2 (seen in torch 2.13).
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
        """Give the logits and, where there is one, the auxiliary 2D logits."""

    @abstractmethod
    def groups(self) -> dict[str, list[Tensor]]:
        """Give the weights (not biases) of `2d`, `3d` and `predictors`, for L2."""

    @abstractmethod
    def last_bias(self) -> Tensor | None:
        """Give the bias that is added to the logits last, classes first.

        None: they are cut.
        """

    def see_depth(self, on: bool) -> None:
        """Switch what looks at neighbouring slices on or off, in staged networks."""

    def forward(self, window: Tensor) -> Tensor:
        """Give the logits alone."""
        return self.heads(window).logits


@contextmanager
def offset_logits(
    network: Network, offsets: NDArray[np.float32] | None
) -> Iterator[None]:
    """Add a constant to each class's logit, for as long as the block lasts."""
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
    """Give the bias of a predictor, unless its logits are cut by a ReLU."""
    layer, *cut = predictor.children()
    return None if cut or not isinstance(layer, nn.Conv3d) else layer.bias


def weights_of(*modules: nn.Module) -> list[Tensor]:
    """Collect convolution kernels, leaving biases and norms out."""
    return [
        m.weight
        for module in modules
        for m in module.modules()
        if isinstance(m, nn.Conv3d | nn.ConvTranspose3d)
    ]
