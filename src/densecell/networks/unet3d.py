"""3D U-Nets: the published one, and the thin one that pools in plane only.

.. [1] Çiçek et al. 2016, 3D U-Net: learning dense volumetric segmentation from sparse
       annotation, arXiv:1606.06650.
.. [2] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

from torch import Tensor, nn

from densecell.geometry import Shape
from densecell.networks.blocks import (
    Convolution,
    Heads,
    append,
    initialise,
    predictor,
    u_shape,
    up,
)
from densecell.networks.interface import Network, bias_of, weights_of

Pairs = list[tuple[int, int]]


def thin_pairs(width: int) -> Pairs:
    """Channels of both convolutions at each of four scales of the thin network."""
    return [(width * 2**n, width * 2**n) for n in range(4)]


def full_pairs(width: int) -> Pairs:
    """Channels as published: doubled before each pooling [1]_."""
    return [(width * 2**n, 2 * width * 2**n) for n in range(4)]


class UNet3D(Network):
    """Two 3D convolutions per block, four scales, skips by concatenation.

    Parameters
    ----------
    classes
        Channels of the output.
    pairs
        Channels of the two convolutions of each scale, the finest first.
    conv
        Makes the convolutions.
    depth
        Slices that a convolution sees.
    relu_logits
        Put a ReLU on the logits.

    Notes
    -----
    Thin [2]_, width 32, 7 classes, without normalisation: 5,427,879 parameters at depth
    3, 8,930,535 at depth 5. The published network also pools in z. This one never does:
    slices of serial sections lie far apart, and tiles of any depth must fit.

    Examples
    --------
    >>> import torch
    >>> from densecell.networks.blocks import convolution
    >>> network = UNet3D(7, pairs=thin_pairs(2), conv=convolution())
    >>> network(torch.zeros(1, 1, 5, 16, 24)).shape
    torch.Size([1, 7, 5, 16, 24])
    """

    def __init__(
        self,
        classes: int,
        *,
        pairs: Pairs,
        conv: Convolution,
        depth: int = 3,
        relu_logits: bool = False,
    ) -> None:
        super().__init__()
        self.radius = (14 * (depth // 2), IN_PLANE, IN_PLANE)
        kernel = (depth, 3, 3)
        inputs = [1, *(last for _, last in pairs)]
        self.encoder = nn.ModuleList(
            [
                _double(conv, kernel, before, first, last)
                for before, (first, last) in zip(inputs, pairs[:-1], strict=False)
            ]
        )
        self.bottom = _double(conv, kernel, inputs[-2], *pairs[-1])
        self.ups, self.decoder = nn.ModuleList(), nn.ModuleList()
        below = pairs[-1][1]
        thin = pairs[0][0] == pairs[0][1]
        for _, skip in reversed(pairs[:-1]):
            risen = skip if thin else below
            self.ups.append(up(below, risen))
            self.decoder.append(_double(conv, kernel, risen + skip, skip, skip))
            below = skip
        self.predictor = predictor(below, classes, relu=relu_logits)
        initialise(self)

    def heads(self, window: Tensor) -> Heads:
        """Map (B, 1, Z, Y, X) to logits."""
        x = u_shape(
            window,
            encoder=self.encoder,
            bottom=self.bottom,
            ups=self.ups,
            decoder=self.decoder,
            join=append,
        )
        return Heads(self.predictor(x), None)

    def last_bias(self) -> Tensor | None:
        """Bias of the last predictor."""
        return bias_of(self.predictor)

    def groups(self) -> dict[str, list[Tensor]]:
        """Kernels of the 3D module and the predictor; there is no 2D module."""
        return {
            "2d": [],
            "3d": weights_of(self.encoder, self.bottom, self.ups, self.decoder),
            "predictors": weights_of(self.predictor),
        }


IN_PLANE = 51  # pixels of radius, by 14 convolutions over four scales


def _double(
    conv: Convolution, kernel: Shape, inputs: int, first: int, last: int
) -> nn.Module:
    return nn.Sequential(conv(inputs, first, kernel), conv(first, last, kernel))
