import pytest
import torch

from densecell.config import NetworkConfig
from densecell.networks import build_network


@pytest.fixture
def network():
    """With batch norms that have seen something, ready to be used."""
    made = build_network(NetworkConfig(name="2d3d-light", width=2), classes=3)
    made(noise(2, 3))
    return made.eval()


def noise(batch, depth):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, 1, depth, 32, 48, generator=generator)


def learn_depth(network):
    """Set the branches across slices to weights other than zero."""
    for mixing in network._mixings():
        torch.nn.init.constant_(mixing.last.weight, 0.1)


@torch.no_grad()
def test_it_begins_as_a_network_of_single_slices(network):
    window = noise(1, 3)

    whole = network(window)
    single = torch.cat([network(window[:, :, z : z + 1]) for z in range(3)], 2)

    torch.testing.assert_close(whole, single)


@torch.no_grad()
def test_neighbours_count_once_it_has_learned_from_them(network):
    learn_depth(network)
    window = noise(1, 5)
    lit = window.clone()
    lit[0, 0, 1] += 1

    changed = (network(window) != network(lit))[0].any(0).any(-1).any(-1)

    assert changed.tolist() == [True] * 5


@torch.no_grad()
@pytest.mark.parametrize(("dilation", "far"), [((1, 1, 1), 3), ((2, 1, 4), 7)])
def test_it_looks_as_far_across_slices_as_it_says(dilation, far):
    config = NetworkConfig(name="2d3d-light", width=2, dilation=dilation)
    network = build_network(config, classes=3).eval()
    learn_depth(network)
    window = noise(1, 17)
    lit = window.clone()
    lit[0, 0, 8] += 1

    changed = (network(window) != network(lit))[0].any(0).any(-1).any(-1)

    assert network.radius[0] == far
    assert torch.nonzero(changed)[[0, -1], 0].tolist() == [8 - far, 8 + far]


@torch.no_grad()
def test_depth_can_be_switched_off_and_on(network):
    learn_depth(network)
    window = noise(1, 3)
    deep = network(window)

    network.see_depth(False)
    flat = network(window)
    network.see_depth(True)

    single = build_network(NetworkConfig(name="2d3d-light", width=2), classes=3).eval()
    single.load_state_dict(network.state_dict())
    single.see_depth(False)
    assert not torch.equal(flat, deep)
    assert torch.equal(flat, single(window))
    assert torch.equal(network(window), deep)


def test_groups_tell_the_mixing_from_the_rest(network):
    sizes = {name: len(group) for name, group in network.groups().items()}

    assert sizes == {"2d": 22, "3d": 6, "predictors": 1}
