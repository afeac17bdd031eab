"""The 2D-3D network: a large 2D part, four 3x3x3 convolutions, a small 3D pyramid.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

import torch
from torch import Tensor, nn

from densecell.networks.blocks import (
    DEEP,
    FLAT,
    Convolution,
    Heads,
    initialise,
    pool,
    predictor,
    softmax32,
    up,
)
from densecell.networks.interface import Network, weights_of


class Hybrid2D3D(Network):
    """The paper's best network, 2D-3D + 3x3x3 [1]_.

    ::

        window --- 2D U-shape with 3x3x3 at its ends --- F --- 2D predictor (auxiliary)
                                                         |          |
                                                         +-- concat softmax
                                                                |
                                             3 x 3x3x3 + (pool, 7 x 3x3x3, up)
                                                                |
                                                           3D predictor

    Parameters
    ----------
    classes
        Channels of the output.
    width
        Channels of the first convolution; all others scale with it. 32 in the paper.
    conv
        Maker of the convolutions.
    relu_logits
        ReLU on the logits, as in the paper.

    Notes
    -----
    11,372,270 parameters for 7 classes at width 32 without normalisation.

    Examples
    --------
    >>> from densecell.networks.blocks import convolution
    >>> network = Hybrid2D3D(7, width=4, conv=convolution(normalise=False))
    >>> network(torch.zeros(1, 1, 5, 16, 24)).shape
    torch.Size([1, 7, 5, 16, 24])
    """

    radius = (11, 72, 72)

    def __init__(
        self, classes: int, *, width: int, conv: Convolution, relu_logits: bool = False
    ) -> None:
        super().__init__()
        w = width
        self.encoder = nn.ModuleList(
            [
                nn.Sequential(
                    conv(1, w, DEEP), conv(w, 2 * w, FLAT), conv(2 * w, 2 * w, FLAT)
                ),
                nn.Sequential(
                    conv(2 * w, 2 * w, DEEP),
                    conv(2 * w, 4 * w, FLAT),
                    conv(4 * w, 4 * w, FLAT),
                ),
                nn.Sequential(conv(4 * w, 8 * w, FLAT), conv(8 * w, 8 * w, FLAT)),
            ]
        )
        self.pool = pool()
        self.bottom = nn.Sequential(
            conv(8 * w, 16 * w, FLAT), conv(16 * w, 16 * w, FLAT)
        )
        self.ups = nn.ModuleList(
            [up(16 * w, 8 * w), up(8 * w, 4 * w), up(4 * w, 2 * w)]
        )
        self.decoder = nn.ModuleList(
            [
                nn.Sequential(conv(16 * w, 8 * w, FLAT), conv(8 * w, 8 * w, FLAT)),
                nn.Sequential(
                    conv(8 * w, 2 * w, DEEP),
                    conv(2 * w, 4 * w, FLAT),
                    conv(4 * w, 4 * w, FLAT),
                ),
                nn.Sequential(
                    conv(4 * w, w, DEEP), conv(w, 2 * w, FLAT), conv(2 * w, 2 * w, FLAT)
                ),
            ]
        )
        self.predictor_2d = predictor(2 * w, classes, relu=relu_logits)
        self.fine = _repeat(conv, 2 * w + classes, 2 * w, times=3)
        self.coarse = nn.Sequential(
            pool(),
            _repeat(conv, 2 * w + classes, 4 * w, times=7),
            conv(4 * w, 2 * w, (1, 1, 1)),
            up(2 * w, 2 * w),
        )
        self.predictor_3d = predictor(2 * w, classes, relu=relu_logits)
        initialise(self)

    def heads(self, window: Tensor) -> Heads:
        """Map (B, 1, Z, Y, X) to the 3D logits and the auxiliary 2D logits."""
        features = self._features(window)  # (B, 2w, Z, Y, X)
        auxiliary = self.predictor_2d(features)
        context = torch.cat([features, softmax32(auxiliary).to(features.dtype)], 1)
        return Heads(
            self.predictor_3d(self.fine(context) + self.coarse(context)), auxiliary
        )

    def groups(self) -> dict[str, list[Tensor]]:
        """Give the kernels of the 2D module, the 3D module and the predictors."""
        return {
            "2d": weights_of(self.encoder, self.bottom, self.ups, self.decoder),
            "3d": weights_of(self.fine, self.coarse),
            "predictors": weights_of(self.predictor_2d, self.predictor_3d),
        }

    def _features(self, x: Tensor) -> Tensor:
        skips = []
        for block in self.encoder:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for rise, block, skip in zip(
            self.ups, self.decoder, reversed(skips), strict=True
        ):
            x = block(torch.cat([rise(x), skip], 1))
        return x


def _repeat(conv: Convolution, inputs: int, outputs: int, *, times: int) -> nn.Module:
    """Chain 3x3x3 convolutions."""
    later = [conv(outputs, outputs, DEEP) for _ in range(times - 1)]
    return nn.Sequential(conv(inputs, outputs, DEEP), *later)
