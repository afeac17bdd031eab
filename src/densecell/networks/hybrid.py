"""The 2D-3D network: a large 2D part, four 3x3x3 convolutions, a small 3D pyramid.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

import torch
from torch import Tensor, nn

from densecell.geometry import Shape
from densecell.networks.blocks import (
    DEEP,
    FLAT,
    Convolution,
    Heads,
    append,
    initialise,
    pool,
    predictor,
    softmax32,
    u_shape,
    up,
)
from densecell.networks.interface import Network, bias_of, weights_of


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
        Makes the convolutions.
    relu_logits
        Put a ReLU on the logits, as in the paper.
    deep
        Use the four 3x3x3 convolutions of the 2D part.
    pyramid
        Use the 3D part. Otherwise the output is that of the 2D predictor.

    Notes
    -----
    11,372,270 parameters for 7 classes at width 32 without normalisation; 10,966,286
    without the four convolutions, 7,696,583 without the pyramid too: the paper's
    knock-outs. Its "plain 2D-3D" is not defined in readable detail; here it is the
    network without the four convolutions.

    Examples
    --------
    >>> from densecell.networks.blocks import convolution
    >>> network = Hybrid2D3D(7, width=4, conv=convolution())
    >>> network(torch.zeros(1, 1, 5, 16, 24)).shape
    torch.Size([1, 7, 5, 16, 24])
    """

    def __init__(
        self,
        classes: int,
        *,
        width: int,
        conv: Convolution,
        relu_logits: bool = False,
        deep: bool = True,
        pyramid: bool = True,
    ) -> None:
        super().__init__()
        self.radius = RADII[deep, pyramid]
        if not (deep or pyramid):
            self.flat, self.least_depth = True, 1
        w = width
        self.encoder = nn.ModuleList(
            [
                _block(conv, 1, w if deep else None, 2 * w),
                _block(conv, 2 * w, 2 * w if deep else None, 4 * w),
                _block(conv, 4 * w, None, 8 * w),
            ]
        )
        self.bottom = _block(conv, 8 * w, None, 16 * w)
        self.ups = nn.ModuleList(
            [up(16 * w, 8 * w), up(8 * w, 4 * w), up(4 * w, 2 * w)]
        )
        self.decoder = nn.ModuleList(
            [
                _block(conv, 16 * w, None, 8 * w),
                _block(conv, 8 * w, 2 * w if deep else None, 4 * w),
                _block(conv, 4 * w, w if deep else None, 2 * w),
            ]
        )
        self.predictor_2d = predictor(2 * w, classes, relu=relu_logits)
        self.pyramid = pyramid
        if pyramid:
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
        if not self.pyramid:
            return Heads(auxiliary, None)
        context = torch.cat([features, softmax32(auxiliary).to(features.dtype)], 1)
        return Heads(
            self.predictor_3d(self.fine(context) + self.coarse(context)), auxiliary
        )

    def last_bias(self) -> Tensor | None:
        """Bias of the last predictor."""
        return bias_of(self.predictor_3d if self.pyramid else self.predictor_2d)

    def groups(self) -> dict[str, list[Tensor]]:
        """Kernels of the 2D module, the 3D module and the predictors."""
        return {
            "2d": weights_of(self.encoder, self.bottom, self.ups, self.decoder),
            "3d": weights_of(self.fine, self.coarse) if self.pyramid else [],
            "predictors": weights_of(self.predictor_2d)
            + (weights_of(self.predictor_3d) if self.pyramid else []),
        }

    def _features(self, x: Tensor) -> Tensor:
        return u_shape(
            x,
            encoder=self.encoder,
            bottom=self.bottom,
            ups=self.ups,
            decoder=self.decoder,
            join=append,
        )


# Radius of the receptive field, by (deep, pyramid).
RADII: dict[tuple[bool, bool], Shape] = {
    (True, True): (11, 72, 72),
    (False, True): (7, 65, 65),
    (True, False): (4, 57, 57),
    (False, False): (0, 51, 51),
}


def _block(
    conv: Convolution, inputs: int, opening: int | None, outputs: int
) -> nn.Module:
    """Two convolutions within a slice, with `opening` after one that sees three."""
    layers = []
    if opening is not None:
        layers.append(conv(inputs, opening, DEEP))
        inputs = opening
    layers += [conv(inputs, outputs, FLAT), conv(outputs, outputs, FLAT)]
    return nn.Sequential(*layers)


def _repeat(conv: Convolution, inputs: int, outputs: int, *, times: int) -> nn.Module:
    """Chain 3x3x3 convolutions."""
    later = [conv(outputs, outputs, DEEP) for _ in range(times - 1)]
    return nn.Sequential(conv(inputs, outputs, DEEP), *later)
