import numpy as np
import pytest
import torch
from torch import nn

from densecell.config import NetworkConfig
from densecell.networks import build_network, offset_logits
from densecell.networks.build import MAKERS
from densecell.networks.interface import bias_of, weights_of


@pytest.mark.parametrize("name", MAKERS)
def test_offsets_move_the_logits_for_a_while(name):
    network = build_network(NetworkConfig(name=name, width=2), classes=3).eval()
    window = torch.randn(1, 1, 3, 16, 32)
    offsets = np.array([1, -2, 0.5], np.float32)

    with torch.no_grad():
        before = network(window)
        with offset_logits(network, offsets):
            during = network(window)
        after = network(window)

    expected = before + torch.tensor(offsets)[:, None, None, None]
    torch.testing.assert_close(during, expected)
    assert torch.equal(after, before)


def test_logits_that_are_cut_have_no_bias_to_move():
    network = build_network(
        NetworkConfig(name="2d3d", width=1, relu_logits=True), classes=2
    )

    assert network.last_bias() is None


def test_offsets_are_taken_back_after_an_error():
    network = build_network(NetworkConfig(name="unet2d", width=1), classes=2)
    before = network.last_bias().detach().clone()

    with pytest.raises(RuntimeError), offset_logits(network, np.ones(2, np.float32)):
        raise RuntimeError

    assert torch.equal(network.last_bias(), before)


def test_weights_are_kernels_without_biases_and_norms():
    kernel, up = nn.Conv3d(2, 3, 1), nn.ConvTranspose3d(3, 2, 1)

    found = weights_of(nn.Sequential(kernel, nn.BatchNorm3d(3)), up)

    assert [id(weight) for weight in found] == [id(kernel.weight), id(up.weight)]


def test_a_predictor_has_a_bias_unless_a_relu_follows():
    layer = nn.Conv3d(2, 3, 1)

    assert bias_of(nn.Sequential(layer)) is layer.bias
    assert bias_of(nn.Sequential(layer, nn.ReLU())) is None
