"""What every network offers to training and inference."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from densecell.geometry import Shape
from densecell.networks.blocks import Heads


class Network(nn.Module, ABC):
    """Maps (B, 1, Z, Y, X) normalised intensities to (B, K, Z, Y', X') logits.

    Attributes
    ----------
    margin
        Voxels lost on every side: the output is the input less twice this.
    step
        In-plane output sizes a network can give are `residue` modulo this.
    residue
        See `step`; 0 for networks that pad.
    flat
        Sees one slice at a time; the depth of its windows is arbitrary.
    """

    margin: Shape = (0, 0, 0)
    step: int = 8
    residue: int = 0
    flat: bool = False

    @abstractmethod
    def heads(self, window: Tensor) -> Heads:
        """Give the logits and, where there is one, the auxiliary 2D logits."""

    @abstractmethod
    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Give the weights (not biases) of `2d`, `3d` and `predictors`, for L2."""

    def forward(self, window: Tensor) -> Tensor:
        """Give the logits alone."""
        return self.heads(window).logits


def weights_of(*modules: nn.Module) -> list[nn.Parameter]:
    """Collect convolution kernels, leaving biases and norms out."""
    return [
        m.weight
        for module in modules
        for m in module.modules()
        if isinstance(m, nn.Conv3d | nn.ConvTranspose3d)
    ]
