import pytest
import torch
from torch import nn

from densecell.networks.blocks import convolution
from densecell.networks.unet3d import UNet3D, full_pairs, thin_pairs


def channels_of(network):
    """Output channels of the convolutions on the way down, the coarsest last."""
    convolutions = [*network.encoder.modules(), *network.bottom.modules()]
    return [m.out_channels for m in convolutions if isinstance(m, nn.Conv3d)]


@pytest.mark.parametrize(
    ("pairs", "channels"),
    [
        (thin_pairs, [2, 2, 4, 4, 8, 8, 16, 16]),
        (full_pairs, [2, 4, 4, 8, 8, 16, 16, 32]),
    ],
)
def test_channels_double_at_each_scale_or_before_it(pairs, channels):
    network = UNet3D(3, pairs=pairs(2), conv=convolution())

    assert channels_of(network) == channels


@pytest.mark.parametrize("depth", [3, 5])
@pytest.mark.parametrize("slices", [3, 7])
def test_any_number_of_slices_keeps_its_size(depth, slices):
    network = UNet3D(3, pairs=thin_pairs(1), conv=convolution(), depth=depth)

    assert network(torch.zeros(2, 1, slices, 8, 16)).shape == (2, 3, slices, 8, 16)
    assert network.radius[0] == 14 * (depth // 2)


def test_groups_hold_every_kernel_once_and_no_2d_module():
    network = UNet3D(3, pairs=thin_pairs(1), conv=convolution(norm="batch"))

    groups = network.groups()

    kernels = [p for p in network.parameters() if p.ndim > 1]
    assert sorted(id(w) for g in groups.values() for w in g) == sorted(map(id, kernels))
    assert groups["2d"] == []
    assert len(groups["predictors"]) == 1
