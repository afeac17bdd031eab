import pytest
import torch

from densecell.config import NetworkConfig
from densecell.networks import build_network, network_facts, receptive_field

HYBRID = NetworkConfig(name="2d3d", width=32, normalisation="none")
UNET = NetworkConfig(name="unet2d", width=64, normalisation="none", padding="valid")


def test_the_hybrid_costs_and_sees_what_the_paper_says():
    facts = network_facts(HYBRID, classes=7)

    assert facts.parameters == 11_372_270
    assert facts.flop_per_voxel == pytest.approx(3.6e6, rel=0.01)
    assert facts.receptive_field == (23, 145, 145)


def test_the_unet_costs_what_the_paper_says():
    assert network_facts(UNET, classes=7).parameters == 31_030_983


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_the_unet_sees_one_slice(padding):
    config = UNET.model_copy(update={"padding": padding})

    z, y, x = receptive_field(config)

    assert z == 1
    assert y == x
    assert y >= 2 * 92 + 1  # each lost pixel was looked at


def test_a_class_more_costs_the_parameters_that_look_at_it():
    config = HYBRID.model_copy(update={"width": 2})

    few, more = (
        sum(p.numel() for p in build_network(config, classes=classes).parameters())
        for classes in (2, 3)
    )

    # 4 weights and a bias in each predictor; one input more to the first convolution
    # of the fine path (4 kernels of 27) and of the coarse one (8 of 27)
    assert more - few == 2 * (4 + 1) + 4 * 27 + 8 * 27


@pytest.mark.parametrize("name", ["2d3d", "unet2d"])
def test_a_seed_gives_the_weights(name):
    config = NetworkConfig(name=name, width=2)

    one, same, other = (build_network(config, classes=3, seed=s) for s in (1, 1, 2))

    pairs = list(zip(one.parameters(), same.parameters(), strict=True))
    assert pairs
    assert all(torch.equal(a, b) for a, b in pairs)
    first, second = next(one.parameters()), next(other.parameters())
    assert not torch.equal(first, second)


def test_building_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)

    torch.manual_seed(5)
    build_network(NetworkConfig(width=1), classes=2, seed=9)

    assert torch.equal(torch.rand(3), expected)
