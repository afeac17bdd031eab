import math

import pytest
import torch
from torch import Tensor, nn

from densecell.config import LossConfig, NetworkConfig
from densecell.networks import Heads, build_network
from densecell.patches import PARTIAL, UNKNOWN
from densecell.training.losses import (
    Targets,
    affinity_loss,
    l2_penalty,
    soft_dice,
    window_loss,
)

ENTROPY = LossConfig(dice=0, auxiliary=0)


def row(*values):
    """Put values along x: (1, 1, 1, N)."""
    return torch.tensor(values).reshape(1, 1, 1, -1)


def logits_of(*shares):
    """Logits of two classes, (1, 2, 1, 1, N), from the probability of class 1."""
    p = row(*shares)
    return torch.stack([1 - p, p], 1).log()


def loss_of(logits, channels, config=ENTROPY, *, weights=None, auxiliary=None):
    targets = Targets(channels, weights)
    return window_loss(Heads(logits, auxiliary), targets, config).item()


def test_cross_entropy_is_a_mean_over_known_voxels():
    logits = logits_of(0.25, 0.5, 0.9, 0.1)
    channels = row(0, 1, UNKNOWN, UNKNOWN)

    loss = loss_of(logits, channels)

    assert loss == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2)


def test_weights_scale_the_cost_but_not_the_count():
    logits = logits_of(0.25, 0.5, 0.9)
    channels, weights = row(0, 1, UNKNOWN), row(3.0, 0.5, 7.0)

    loss = loss_of(logits, channels, weights=weights)

    assert loss == pytest.approx(-(3 * math.log(0.75) + 0.5 * math.log(0.5)) / 2)


@pytest.mark.parametrize("config", [ENTROPY, LossConfig()])
def test_unknown_voxels_neither_cost_nor_teach(config):
    logits = logits_of(0.25, 0.5, 0.9).requires_grad_()
    channels = row(0, 1, UNKNOWN)

    loss = window_loss(Heads(logits, None), Targets(channels), config)
    loss.backward()

    changed = loss_of(logits_of(0.25, 0.5, 0.001), channels, config)
    assert changed == pytest.approx(loss.item())
    assert logits.grad[..., 2].abs().max() == 0
    assert logits.grad[..., :2].abs().min() > 0


@pytest.mark.parametrize("config", [ENTROPY, LossConfig()])
def test_a_batch_of_unknown_voxels_costs_nothing(config):
    assert loss_of(logits_of(0.2, 0.7), row(UNKNOWN, UNKNOWN), config) == 0


def test_the_2d_head_has_its_share():
    channels = row(0, 1)
    one, two = logits_of(0.25, 0.5), logits_of(0.1, 0.3)
    config = LossConfig(dice=0, auxiliary=0.33)

    loss = loss_of(one, channels, config, auxiliary=two)

    assert loss == pytest.approx(loss_of(one, channels) + 0.33 * loss_of(two, channels))
    assert loss_of(one, channels, ENTROPY, auxiliary=two) == loss_of(one, channels)


def test_soft_dice_on_a_drawn_row():
    ones = row(0.1, 0.2, 0.7, 0.9)
    probabilities = torch.stack([1 - ones, ones], 1)
    second, known = row(0.0, 0.0, 1.0, 0.0), row(1.0, 1.0, 1.0, 0.0)

    loss = soft_dice(probabilities, torch.stack([1 - second, second], 1), known)

    # class 0: (2 (.9 + .8) + 1) / (.9 + .8 + .3 + 2 + 1); class 1: (2 .7 + 1) / 3
    assert loss.item() == pytest.approx(1 - (4.4 / 5 + 2.4 / 3) / 2)


def test_soft_dice_leaves_absent_classes_out():
    shares = torch.tensor([0.8, 0.1, 0.1]).reshape(1, 3, 1, 1, 1)

    loss = soft_dice(shares, torch.eye(3)[:1].reshape(1, 3, 1, 1, 1), row(1.0))

    assert loss.item() == pytest.approx(1 - (2 * 0.8 + 1) / (0.8 + 1 + 1))


def test_soft_dice_is_least_where_soft_labels_are_met():
    ones = row(0.1, 0.4, 0.7).requires_grad_()
    truth = torch.stack([1 - ones, ones], 1).detach()

    met = soft_dice(truth, truth, row(1.0, 1.0, 1.0))
    sure = soft_dice(truth.round(), truth, row(1.0, 1.0, 1.0))

    assert met.item() == pytest.approx(0, abs=1e-6)
    assert sure.item() > 0.1


def test_soft_labels_cost_their_cross_entropy_where_something_is_known():
    logits, channels = logits_of(0.25, 0.5), row(0, UNKNOWN)
    shares = torch.stack([row(0.6, 0.0), row(0.4, 0.0)], 1)

    loss = window_loss(Heads(logits, None), Targets(channels, shares=shares), ENTROPY)

    expected = -(0.6 * math.log(0.75) + 0.4 * math.log(0.25))
    assert loss.item() == pytest.approx(expected)


def test_sure_soft_labels_cost_what_labels_do():
    logits, channels = logits_of(0.25, 0.5, 0.9), row(0, 1, UNKNOWN)
    second = row(0.0, 1.0, 0.0)
    shares, weights = torch.stack([1 - second, second], 1), row(3.0, 0.5, 7.0)
    config = LossConfig()

    soft = window_loss(Heads(logits, None), Targets(channels, weights, shares), config)

    assert soft.item() == pytest.approx(
        loss_of(logits, channels, config, weights=weights)
    )


def test_dice_is_added_by_its_share():
    logits, channels = logits_of(0.1, 0.2, 0.7, 0.9), row(0, 0, 1, UNKNOWN)

    loss = loss_of(logits, channels, LossConfig(dice=0.5, auxiliary=0))

    assert loss == pytest.approx(loss_of(logits, channels) + 0.5 * 0.16)


def test_the_loss_is_taken_in_float32():
    logits = logits_of(0.25, 0.5).bfloat16()

    loss = window_loss(Heads(logits, logits), Targets(row(0, 1)), LossConfig())

    assert loss.dtype == torch.float32


def test_each_module_has_its_share_of_the_penalty():
    network = build_network(NetworkConfig(name="2d3d", width=1), classes=2)
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    count = {name: sum(map(Tensor.numel, g)) for name, g in network.groups().items()}

    penalty = l2_penalty(network, LossConfig(l2_2d=0.5, l2_3d=2, l2_predictors=3))

    expected = 0.5 * count["2d"] + 2 * count["3d"] + 3 * count["predictors"]
    assert penalty.item() == pytest.approx(expected)


def test_without_shares_there_is_no_penalty():
    network = build_network(NetworkConfig(name="2d3d", width=1), classes=2)

    assert l2_penalty(network, LossConfig()) is None


def test_a_network_without_a_3d_module_can_be_penalised():
    network = build_network(NetworkConfig(name="unet2d", width=1), classes=2)

    penalty = l2_penalty(network, LossConfig(l2_3d=1, l2_predictors=1))

    assert penalty.item() > 0


def test_a_voxel_known_to_be_none_of_a_set_costs_what_that_set_is_given():
    logits = torch.log(torch.tensor([0.5, 0.2, 0.3])).reshape(1, 3, 1, 1, 1)
    channels = torch.full((1, 1, 1, 1), PARTIAL + 1)
    config = LossConfig(dice=0.0)

    targets = Targets(channels, exclusions=((1,), (0, 2)))
    loss = window_loss(Heads(logits, None), targets, config)

    assert loss.item() == pytest.approx(-math.log(0.2))


def test_unknown_and_partly_known_voxels_are_counted_apart():
    logits = torch.zeros(1, 2, 1, 1, 3)
    channels = torch.tensor([0, PARTIAL, UNKNOWN]).reshape(1, 1, 1, 3)

    targets = Targets(channels, exclusions=((0,),))
    loss = window_loss(Heads(logits, None), targets, LossConfig(dice=0.0))

    assert loss.item() == pytest.approx(math.log(2))


def pairs_of(*values):
    """Put what is known of pairs along x: (1, 1, 1, 1, N) of one offset."""
    return torch.tensor(values, dtype=torch.uint8).reshape(1, 1, 1, 1, -1)


def test_affinities_cost_entropy_and_the_dice_of_pairs_apart():
    together = torch.tensor([0.9, 0.2]).reshape(1, 1, 1, 1, 2)

    loss = affinity_loss(together.logit(), pairs_of(1, 0)).item()

    entropy = -(math.log(0.9) + math.log(0.8)) / 2
    dice = (2 * 0.8 + 1) / (0.1 + 0.8 + 1 + 1)
    assert loss == pytest.approx(entropy + 1 - dice, rel=1e-5)


def test_unknown_pairs_and_offsets_without_any_cost_nothing():
    logits = torch.tensor([0.5, -1.0, 3.0]).reshape(1, 1, 1, 1, 3).requires_grad_()
    known = affinity_loss(logits[..., :2], pairs_of(1, 0))

    with_unknown = affinity_loss(logits, pairs_of(1, 0, 255))
    assert with_unknown.item() == pytest.approx(known.item())
    two = torch.cat([logits, logits], 1)
    untaught = torch.cat([pairs_of(1, 0, 255), pairs_of(255, 255, 255)], 1)
    assert affinity_loss(two, untaught).item() == pytest.approx(known.item())
    nothing = affinity_loss(logits, pairs_of(255, 255, 255))
    nothing.backward()
    assert nothing.item() == 0
    assert (logits.grad == 0).all()


def test_the_last_channels_are_affinities():
    classes, pairs = (
        logits_of(0.25, 0.5),
        torch.tensor([0.3, -0.2]).reshape(1, 1, 1, 1, 2),
    )
    channels, known = row(0, 1), pairs_of(0, 1)
    both = Heads(torch.cat([classes, pairs], 1), None)
    config = LossConfig(dice=0, auxiliary=0, affinities=0.5)

    loss = window_loss(both, Targets(channels, affinities=known), config).item()

    expected = loss_of(classes, channels) + 0.5 * affinity_loss(pairs, known).item()
    assert loss == pytest.approx(expected)
