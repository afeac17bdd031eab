import pytest
import torch

from densecell.config import NetworkConfig
from densecell.geometry import round_up
from densecell.networks import build_network, network_facts
from densecell.networks.build import MAKERS

HYBRID = NetworkConfig(name="2d3d", width=32, normalisation="none")
UNET = NetworkConfig(name="unet2d", width=64, normalisation="none", padding="valid")


def receptive_field(config):
    """Measure how many input voxels (z, y, x) can change one output voxel.

    Sends one bright voxel through a narrow copy whose weights are all positive and
    sees how far it spreads. Pooling makes that depend on where the voxel lies, so the
    largest over all positions within a pooling window counts.
    """
    narrow = config.model_copy(
        update={"width": 1, "normalisation": "none", "relu_logits": True}
    )
    network = build_network(narrow, classes=2).double()
    make_positive(network)
    z, y = map(max, zip(*spreads(network), strict=True))
    return (2 * z + 1, 2 * y + 1, 2 * y + 1)


def make_positive(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.5 if parameter.ndim > 1 else 0.0)


def spreads(network):
    """How far (z, y) one voxel reaches, for each position in a pooling window.

    The window is a little wider than the network says that it sees, and short along x,
    to save time.
    """
    depth = 1 if network.flat else 2 * network.radius[0] + 3
    side = round_up(2 * network.radius[1] + 40, 16)
    side += network.residue + 2 * network.margin[1]
    narrow = 16 + network.residue + 2 * network.margin[2]
    window = torch.zeros(1, 1, depth, side, narrow, dtype=torch.float64)
    with torch.no_grad():
        dark = network(window)
        for offset in range(network.step):
            centre = (depth // 2, side // 2 + offset, narrow // 2)
            window[(0, 0, *centre)] = 1.0
            changed = (network(window) != dark)[0].any(0).nonzero()  # (N, 3)
            window.zero_()
            yield [
                int((changed[:, a] + network.margin[a] - centre[a]).abs().max())
                for a in (0, 1)
            ]


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
    build_network(NetworkConfig(name="2d3d", width=1), classes=2, seed=9)

    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("2d3d-plain", 10_966_286),
        ("2d3d-2d", 7_696_583),
        ("unet3d-thin", 5_427_879),
        ("unet3d-thin5", 8_930_535),
    ],
)
def test_other_networks_of_the_paper_cost_what_is_known_of_them(name, parameters):
    config = HYBRID.model_copy(update={"name": name})

    assert network_facts(config, classes=7).parameters == parameters


@pytest.mark.parametrize("name", MAKERS)
def test_how_far_a_voxel_sees_is_what_can_be_measured(name):
    config = NetworkConfig(name=name, width=2)

    network = build_network(config, classes=2)

    assert tuple(2 * r + 1 for r in network.radius) == receptive_field(config)
    assert network.flat == (network.radius[0] == 0)


@pytest.mark.parametrize("name", MAKERS)
def test_every_network_learns_from_a_window_and_names_its_kernels(name):
    network = build_network(NetworkConfig(name=name, width=2), classes=3)

    for weight in network.parameters():
        if not weight.any():  # branches that begin at zero
            torch.nn.init.constant_(weight, 0.1)

    heads = network.heads(torch.randn(2, 1, 3, 16, 32))
    heads.logits.square().mean().backward()

    assert heads.logits.shape == (2, 3, 3, 16, 32)
    kernels = [w for group in network.groups().values() for w in group]
    assert len(kernels) == len([p for p in network.parameters() if p.ndim > 1])
    assert all(w.grad is None or w.grad.abs().sum() > 0 for w in kernels)


@pytest.mark.parametrize("name", MAKERS)
def test_the_settings_know_which_networks_see_one_slice(name):
    config = NetworkConfig(name=name, width=1)

    assert build_network(config, classes=2).flat == config.flat
