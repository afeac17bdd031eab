"""The parts that networks are made of.

Every tensor is (B, C, Z, Y, X); pooling and up-convolution act in the plane only.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from densecell.geometry import Shape
from densecell.networks.convolutions import Conv3d, UpConv3d

FLAT = (1, 3, 3)  # a convolution that sees one slice
DEEP = (3, 3, 3)  # a convolution that sees its neighbours too


class Heads(NamedTuple):
    """Outputs of a network for a window: (B, K, Z, Y, X) logits each."""

    logits: Tensor
    auxiliary: Tensor | None  # from the 2D part alone, for the loss


class Convolution(Protocol):
    """Makes a convolution and what follows it."""

    def __call__(
        self, inputs: int, outputs: int, kernel: Shape, *, dilation: int = 1
    ) -> nn.Module:
        """Module that maps (B, inputs, Z, Y, X); `dilation` is in slices."""


class ChannelNorm(nn.Module):
    """Normalise each voxel over its channels, then scale and shift every channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, Z, Y, X) to the same."""
        return self.norm(x.movedim(1, 4)).movedim(4, 1)


NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm3d,
    "channel": ChannelNorm,
}


def convolution(*, norm: str = "none", same: bool = True) -> Convolution:
    """Function that makes blocks of convolution + (norm) + ReLU.

    Parameters
    ----------
    norm
        Normalisation before the ReLU: none, batch or channel. None of them depends on
        the tile: `batch` uses fixed statistics after training and folds into the
        convolution, `channel` normalises each voxel by itself.
    same
        Pad with zeros in plane and keep the size. Otherwise the border is lost. The
        depth is always kept.
    """

    def make(
        inputs: int, outputs: int, kernel: Shape, *, dilation: int = 1
    ) -> nn.Module:
        z, y, x = (k // 2 for k in kernel)
        deep = z * dilation
        layers: list[nn.Module] = [
            Conv3d(
                inputs,
                outputs,
                kernel,
                padding=(deep, y, x) if same else (deep, 0, 0),
                bias=norm == "none",
                dilation=dilation,
            )
        ]
        if norm != "none":
            layers.append(NORMS[norm](outputs))
        return nn.Sequential(*layers, nn.ReLU(inplace=True))

    return make


def pool() -> nn.Module:
    """Max pooling that halves the plane."""
    return nn.MaxPool3d((1, 2, 2))


def up(inputs: int, outputs: int) -> nn.Module:
    """Linear up-convolution that doubles the plane."""
    return UpConv3d(inputs, outputs)


def predictor(inputs: int, classes: int, *, relu: bool) -> nn.Module:
    """One logit per class and voxel; `relu` as in the paper."""
    layers: list[nn.Module] = [Conv3d(inputs, classes)]
    if relu:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def initialise(network: nn.Module) -> None:
    """Glorot-uniform weights and zero biases, from torch's global generator [1]_.

    References
    ----------
    .. [1] Glorot, Bengio 2010, Understanding the difficulty of training deep
           feedforward neural networks, AISTATS 9:249-256.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def initialise_for_relu(network: nn.Module) -> None:
    """Widen the kernels of `initialise` to He's, which keep what a ReLU halves [1]_.

    References
    ----------
    .. [1] He et al. 2015, Delving deep into rectifiers, arXiv:1502.01852.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv3d) and module.weight.any():  # zeros stay zero
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")


def u_shape(
    window: Tensor,
    *,
    encoder: Iterable[nn.Module],
    bottom: nn.Module,
    ups: Iterable[nn.Module],
    decoder: Iterable[nn.Module],
    join: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Run an encoder with pooling, then a decoder with skip connections.

    `join` combines an upsampled tensor with the skip of the same scale.
    """
    x, down, skips = window, pool(), []
    for block in encoder:
        x = block(x)
        skips.append(x)
        x = down(x)
    x = bottom(x)
    for rise, block, skip in zip(ups, decoder, reversed(skips), strict=True):
        x = block(join(rise(x), skip))
    return x


def append(risen: Tensor, skip: Tensor) -> Tensor:
    """Concatenate tensors of the same size over channels, the upsampled one first."""
    return torch.cat([risen, skip], 1)


def crop_to(larger: Tensor, smaller: Tensor) -> Tensor:
    """Cut the centre of the plane of `larger` to the size of `smaller`."""
    (ly, lx), (sy, sx) = larger.shape[-2:], smaller.shape[-2:]
    if (ly, lx) == (sy, sx):
        return larger
    y, x = (ly - sy) // 2, (lx - sx) // 2
    return larger[..., y : y + sy, x : x + sx]


def softmax32(logits: Tensor) -> Tensor:
    """Softmax over classes in float32: in bfloat16 neighbours often tie."""
    return torch.softmax(logits.float(), dim=1)
