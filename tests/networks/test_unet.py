import pytest
import torch
from torch import nn

from densecell.config import NetworkConfig
from densecell.networks import build_network

KERNELS = (nn.Conv3d, nn.ConvTranspose3d)


def unet(padding, **settings):
    config = NetworkConfig(name="unet2d", width=2, padding=padding, **settings)
    return build_network(config, classes=3)


def noise(*shape):
    return torch.randn(1, 1, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [188, 204, 572])
def test_the_valid_network_loses_92_pixels_on_every_side(size):
    network = unet("valid")

    with torch.device("meta"):
        logits = network.to("meta")(torch.zeros(1, 1, 2, size, 188))

    assert network.margin == (0, 92, 92)
    assert logits.shape == (1, 3, 2, size - 184, 4)
    assert (size - 184) % network.step == network.residue


def test_the_padded_network_keeps_the_size():
    network = unet("same")

    assert network(noise(3, 16, 32)).shape == (1, 3, 3, 16, 32)
    assert network.margin == (0, 0, 0)
    assert network.heads(noise(3, 16, 32)).auxiliary is None


def test_every_slice_is_a_picture_of_its_own():
    network = unet("same").eval()
    window = noise(3, 16, 32)

    with torch.no_grad():
        together = network(window)
        alone = torch.cat([network(window[:, :, z : z + 1]) for z in range(3)], 2)

    torch.testing.assert_close(together, alone)


def test_groups_hold_every_kernel_once():
    network = unet("same")
    groups = network.groups()

    grouped = [w for group in groups.values() for w in group]

    kernels = [m.weight for m in network.modules() if isinstance(m, KERNELS)]
    assert sorted(map(id, grouped)) == sorted(map(id, kernels))
    assert groups["3d"] == []


def test_logits_can_be_cut_at_zero():
    assert unet("same", relu_logits=True)(noise(3, 16, 32)).min() >= 0
