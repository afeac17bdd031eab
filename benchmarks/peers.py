"""MONAI's networks for the same task, each with the recipe that goes with it.

- `dynunet`: what nnU-Net [1]_ plans for such a volume: a 3D U-Net that is flat at the
  two finest scales, deep supervision at the three finest (weights 4, 2, 1), SGD with
  momentum 0.99, polynomial decay, a third of the windows on rare classes.
- `basic`: the 2D U-Net of Falk et al. [2]_ on batches of slices.

.. [1] Isensee et al. 2021, nnU-Net, Nature Methods 18:203,
       doi:10.1038/s41592-020-01008-z.
.. [2] Falk et al. 2019, U-Net: deep learning for cell counting, detection, and
       morphometry, Nature Methods 16:67, doi:10.1038/s41592-018-0261-2.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet, DynUNet
from torch import Tensor, nn
from torch.nn import functional

from densecell.geometry import Shape

FLAT, CUBE = (1, 3, 3), (3, 3, 3)
STAY, HALVE_PLANE, HALVE = (1, 1, 1), (1, 2, 2), (2, 2, 2)


class Peer(NamedTuple):
    """A network and its recipe."""

    name: str
    make: Callable[[int], nn.Module]  # from the number of classes
    outputs: Callable[[nn.Module, Tensor], list[Tensor]]  # logits, finest scale first
    optimiser: Callable[[nn.Module], torch.optim.Optimizer]
    rate: Callable[[float], float]  # learning rate by the share of steps done
    window: Shape  # voxels (z, y, x); one slice: a 2D network
    batch: int  # windows per step
    rare_share: float  # of windows, centred on a class other than the commonest
    turned_share: float  # of windows, turned in plane by any angle
    clip: float  # largest norm of the gradient

    @property
    def flat(self) -> bool:
        return self.window[0] == 1

    def loss(self, outputs: list[Tensor], labels: Tensor) -> Tensor:
        """Dice + cross entropy over all scales, in float32.

        `labels` are (B, 1, Z, Y, X), or (B, 1, Y, X) for a 2D network.
        """
        shares = [0.5**n for n in range(len(outputs))]
        total = labels.new_zeros(())
        for share, logits in zip(shares, outputs, strict=True):
            truth = functional.interpolate(labels, logits.shape[2:])  # nearest
            total = total + share * DICE_AND_ENTROPY(logits.float(), truth)
        return total / sum(shares)


DICE_AND_ENTROPY = DiceCELoss(to_onehot_y=True, softmax=True, batch=True)


def dynunet(classes: int) -> nn.Module:
    strides = [STAY, HALVE_PLANE, HALVE_PLANE, HALVE, HALVE]
    return DynUNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=classes,
        kernel_size=[FLAT, FLAT, CUBE, CUBE, CUBE],
        strides=strides,
        upsample_kernel_size=strides[1:],
        filters=[32, 64, 128, 256, 320],
        norm_name=("INSTANCE", {"affine": True}),
        deep_supervision=True,
        deep_supr_num=2,
    )


def dynunet_outputs(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Logits of each scale in its own size, as nnU-Net compares them.

    `DynUNet.forward` would enlarge them first, which takes time and changes little.
    """
    finest = network.output_block(network.skip_layers(x))
    return [finest, *network.heads]


def basic_unet(classes: int) -> nn.Module:
    return BasicUNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=classes,
        features=(32, 32, 64, 128, 256, 32),
    )


PEERS = {
    "dynunet": Peer(
        name="dynunet",
        make=dynunet,
        outputs=dynunet_outputs,
        optimiser=lambda network: torch.optim.SGD(
            network.parameters(), 0.01, momentum=0.99, nesterov=True, weight_decay=3e-5
        ),
        rate=lambda done: 0.01 * (1 - done) ** 0.9,
        window=(8, 160, 160),
        batch=2,
        rare_share=1 / 3,
        turned_share=0.2,
        clip=12,
    ),
    "basic": Peer(
        name="basic",
        make=basic_unet,
        outputs=lambda network, x: [network(x)],
        optimiser=lambda network: torch.optim.AdamW(network.parameters(), 1e-3),
        rate=lambda done: 1e-3 * 0.5 * (1 + math.cos(math.pi * done)),
        window=(1, 192, 192),
        batch=8,
        rare_share=0,
        turned_share=0,
        clip=math.inf,
    ),
}
