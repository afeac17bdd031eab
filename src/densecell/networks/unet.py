"""The 2D U-Net, applied to every slice by itself.

.. [1] Ronneberger, Fischer, Brox 2015, U-Net: convolutional networks for biomedical
       image segmentation, arXiv:1505.04597.
"""

import torch
from torch import Tensor, nn

from densecell.networks.blocks import (
    FLAT,
    Convolution,
    Heads,
    crop_to,
    initialise,
    predictor,
    u_shape,
    up,
)
from densecell.networks.interface import Network, bias_of, weights_of

LOST = 92  # pixels on every side, by 18 valid convolutions over five scales


class UNet2D(Network):
    """Two convolutions per block, five scales, skips by concatenation [1]_.

    Parameters
    ----------
    classes
        Channels of the output.
    width
        Channels of the first scale, doubled at each of the four next. 64 in the paper.
    conv
        Makes the convolutions.
    same
        Whether `conv` pads. Otherwise 92 pixels are lost on every side, as published.
    relu_logits
        Put a ReLU on the logits.

    Notes
    -----
    31,030,983 parameters for 7 classes at width 64 without normalisation.

    Examples
    --------
    >>> from densecell.networks.blocks import convolution
    >>> valid = convolution(same=False)
    >>> network = UNet2D(7, width=2, conv=valid, same=False)
    >>> network(torch.zeros(1, 1, 1, 188, 204)).shape
    torch.Size([1, 7, 1, 4, 20])
    """

    flat = True
    radius = (0, 107, 107)
    least_depth = 1
    step = 16

    def __init__(
        self,
        classes: int,
        *,
        width: int,
        conv: Convolution,
        same: bool,
        relu_logits: bool = False,
    ) -> None:
        super().__init__()
        self.margin = (0, 0, 0) if same else (0, LOST, LOST)
        self.residue = 0 if same else 4
        sizes = [width * 2**n for n in range(5)]
        pairs = list(zip([1, *sizes[:3]], sizes[:4], strict=True))
        self.encoder = nn.ModuleList([_double(conv, a, b) for a, b in pairs])
        self.bottom = _double(conv, sizes[3], sizes[4])
        coarse_to_fine = sizes[:4][::-1]
        self.ups = nn.ModuleList([up(2 * n, n) for n in coarse_to_fine])
        self.decoder = nn.ModuleList([_double(conv, 2 * n, n) for n in coarse_to_fine])
        self.predictor = predictor(width, classes, relu=relu_logits)
        initialise(self)

    def heads(self, window: Tensor) -> Heads:
        """Map (B, 1, Z, Y, X) to logits; every slice is computed by itself."""
        x = u_shape(
            window,
            encoder=self.encoder,
            bottom=self.bottom,
            ups=self.ups,
            decoder=self.decoder,
            join=_after_cropped,
        )
        return Heads(self.predictor(x), None)

    def last_bias(self) -> Tensor | None:
        """Bias of the last predictor."""
        return bias_of(self.predictor)

    def groups(self) -> dict[str, list[Tensor]]:
        """Kernels of the 2D module and the predictor; there is no 3D module."""
        return {
            "2d": weights_of(self.encoder, self.bottom, self.ups, self.decoder),
            "3d": [],
            "predictors": weights_of(self.predictor),
        }


def _after_cropped(risen: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([crop_to(skip, risen), risen], 1)


def _double(conv: Convolution, inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(conv(inputs, outputs, FLAT), conv(outputs, outputs, FLAT))
