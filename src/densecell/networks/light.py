"""A light 2D network with a small 3D part at its coarse scales.

It follows the paper's idea [1]_, a large 2D part and a small 3D part, at the cost of
the 2D part alone. Context across slices is added at coarse scales, where pixels are
few, by residual branches that begin at zero [2]_. So the network begins as a 2D U-Net,
learns as fast, and can first be trained as one, on single slices.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
.. [2] Bachlechner et al. 2021, ReZero is all you need, arXiv:2003.04887: residual
       branches that begin at zero.
"""

import torch
from torch import Tensor, nn

from densecell.geometry import Shape
from densecell.networks.blocks import (
    DEEP,
    FLAT,
    Convolution,
    Heads,
    initialise,
    predictor,
    u_shape,
    up,
)
from densecell.networks.convolutions import Conv3d
from densecell.networks.interface import Network, bias_of, weights_of

ACROSS = (3, 1, 1)  # a convolution that sees two other slices alone
MIXED = (2, 3, 4)  # scales whose features are mixed across slices: 1/4, 1/8, 1/16


class Light2D3D(Network):
    """A 2D U-Net of five scales; the three coarsest are mixed across slices.

    Skip connections are added, not concatenated: a fifth fewer operations, and as good.

    ::

        slice 1 --- 2D --- 2D --- 2D + mix --- 2D + mix --- 2D + mix --- 2D ... logits
        slice 2 --- 2D --- 2D --- 2D + mix --- 2D + mix --- 2D + mix --- 2D ... logits
        slice 3 --- 2D --- 2D --- 2D + mix --- 2D + mix --- 2D + mix --- 2D ... logits
        scale         1     1/2       1/4          1/8         1/16

    Parameters
    ----------
    classes
        Channels of the output.
    width
        Channels of the first scale, doubled at each of the four next.
    conv
        Makes the convolutions.
    relu_logits
        Put a ReLU on the logits.
    dilation
        Distance between the slices that are mixed, at each of the three scales.
    affinities
        Channels of affinities behind those of the classes. Whether a voxel and the one
        in the next slice belong to one cell is decided voxel by voxel. So for
        affinities, and only for them, slices are also mixed at the finest scale.

    Examples
    --------
    >>> import torch
    >>> from densecell.networks.blocks import convolution
    >>> network = Light2D3D(7, width=2, conv=convolution())
    >>> network(torch.zeros(1, 1, 5, 16, 32)).shape
    torch.Size([1, 7, 5, 16, 32])
    """

    radius = (3, 107, 107)
    step = 16
    staged = True

    def __init__(
        self,
        classes: int,
        *,
        width: int,
        conv: Convolution,
        relu_logits: bool = False,
        dilation: Shape = (1, 1, 1),
        affinities: int = 0,
    ) -> None:
        super().__init__()
        apart = dict(zip(MIXED, dilation, strict=True))
        self.radius = (sum(dilation), *self.radius[1:])
        sizes = [width * 2**n for n in range(5)]
        blocks = [_double(conv, 1, width)]
        for scale in range(1, 5):
            block = _double(conv, sizes[scale - 1], sizes[scale])
            if scale in MIXED:
                block.append(Mixing(sizes[scale], conv, dilation=apart[scale]))
            blocks.append(block)
        self.encoder = nn.ModuleList(blocks[:4])
        self.bottom = blocks[4]
        coarse_to_fine = sizes[:4][::-1]
        self.ups = nn.ModuleList([up(2 * n, n) for n in coarse_to_fine])
        self.decoder = nn.ModuleList([_double(conv, n, n) for n in coarse_to_fine])
        self.predictor = predictor(width, classes, relu=relu_logits)
        self.pairs: nn.Sequential | None = None
        if affinities:
            mixing = Mixing(width, conv, kernel=DEEP)
            self.pairs = nn.Sequential(mixing, Conv3d(width, affinities))
            self.radius = (self.radius[0] + 1, *self.radius[1:])
        initialise(self)
        for mixing in self._mixings():
            nn.init.zeros_(mixing.last.weight)

    def heads(self, window: Tensor) -> Heads:
        """Map (B, 1, Z, Y, X) to logits."""
        x = u_shape(
            window,
            encoder=self.encoder,
            bottom=self.bottom,
            ups=self.ups,
            decoder=self.decoder,
            join=torch.add,
        )
        logits = self.predictor(x)
        if self.pairs is not None:
            logits = torch.cat([logits, self.pairs(x)], 1)
        return Heads(logits, None)

    def see_depth(self, on: bool) -> None:
        """Switch the mixing across slices on or off."""
        for mixing in self._mixings():
            mixing.on = on

    def last_bias(self) -> Tensor | None:
        """Bias of the last predictor."""
        return bias_of(self.predictor)

    def groups(self) -> dict[str, list[Tensor]]:
        """Kernels of the 2D part, the mixing, and the predictor."""
        mixing = weights_of(*self._mixings())
        ours = set(map(id, mixing))
        rest = weights_of(self.encoder, self.bottom, self.ups, self.decoder)
        return {
            "2d": [weight for weight in rest if id(weight) not in ours],
            "3d": mixing,
            "predictors": weights_of(self.predictor, *self._last_pairs()),
        }

    def _last_pairs(self) -> list[nn.Module]:
        return [] if self.pairs is None else [self.pairs[-1]]

    def _mixings(self) -> list["Mixing"]:
        return [module for module in self.modules() if isinstance(module, Mixing)]


class Mixing(nn.Module):
    """Add features of two other slices to each slice.

    The others are its neighbours, or lie `dilation` slices away. The default kernel
    sees one pixel of them.
    """

    def __init__(
        self,
        channels: int,
        conv: Convolution,
        kernel: Shape = ACROSS,
        *,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        self.first = conv(channels, channels, kernel, dilation=dilation)
        self.last = Conv3d(channels, channels)
        self.on = True

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, Z, Y, X) to the same."""
        return x + self.last(self.first(x)) if self.on else x


def _double(conv: Convolution, inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(conv(inputs, outputs, FLAT), conv(outputs, outputs, FLAT))
