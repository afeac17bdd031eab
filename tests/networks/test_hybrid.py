import pytest
import torch
from torch import nn

from densecell.config import NetworkConfig
from densecell.networks import build_network

KERNELS = (nn.Conv3d, nn.ConvTranspose3d)


def hybrid(**settings):
    return build_network(NetworkConfig(name="2d3d", width=2, **settings), classes=3)


@pytest.mark.parametrize("shape", [(1, 8, 8), (5, 16, 24), (7, 40, 8)])
def test_logits_have_the_size_of_the_window(shape):
    heads = hybrid().heads(torch.zeros(2, 1, *shape))

    assert heads.logits.shape == (2, 3, *shape)
    assert heads.auxiliary.shape == (2, 3, *shape)


def test_forward_gives_the_logits_of_the_3d_head():
    network = hybrid().eval()
    window = torch.randn(1, 1, 3, 16, 24, generator=torch.Generator().manual_seed(0))

    assert torch.equal(network(window), network.heads(window).logits)


def test_neighbouring_slices_count_for_both_heads():
    network = hybrid(normalisation="none").eval()
    dark = torch.zeros(1, 1, 5, 16, 16)
    lit = dark.clone()
    lit[0, 0, 1] = 1.0

    before, after = network.heads(dark), network.heads(lit)

    assert not torch.equal(before.logits[:, :, 2], after.logits[:, :, 2])
    assert not torch.equal(before.auxiliary[:, :, 2], after.auxiliary[:, :, 2])


def test_groups_hold_every_kernel_once_and_nothing_else():
    network = hybrid()

    grouped = [w for group in network.groups().values() for w in group]

    kernels = [m.weight for m in network.modules() if isinstance(m, KERNELS)]
    assert sorted(map(id, grouped)) == sorted(map(id, kernels))
    sizes = {name: len(group) for name, group in network.groups().items()}
    assert sizes == {"2d": 21, "3d": 12, "predictors": 2}


def test_after_training_a_result_does_not_depend_on_the_rest_of_the_batch():
    network = hybrid(normalisation="batch")
    generator = torch.Generator().manual_seed(0)
    windows = torch.randn(2, 1, 3, 16, 24, generator=generator)
    network(windows)  # moves the running statistics
    network.eval()

    with torch.no_grad():
        together, alone = network(windows), network(windows[:1])

    torch.testing.assert_close(together[:1], alone)


def test_logits_can_be_cut_as_in_the_paper():
    window = torch.randn(1, 1, 3, 16, 16, generator=torch.Generator().manual_seed(0))

    heads = hybrid(relu_logits=True).heads(window)

    assert heads.logits.min() >= 0
    assert heads.auxiliary.min() >= 0
