import numpy as np
import pytest
from torch import nn

from densecell.classes import ClassScheme
from densecell.ensemble import greedy_members
from densecell.training import Validator


class Says(nn.Module):
    """Stands for a network; `Fixed` knows what it says."""

    margin = (0, 0, 0)

    def __init__(self, shares):
        super().__init__()
        self.shares = np.array(shares, np.float32)


class Fixed(Validator):
    def probabilities(self, network):
        yield network.shares[:, None, None, :]


@pytest.fixture
def validator(labelled):
    truth = np.array([[[0, 0, 1, 1]]])
    scheme = ClassScheme.from_ids([0, 1])
    return Fixed([labelled(np.zeros((1, 1, 4)), truth)], scheme)


def member(*second):
    """A member with these probabilities of the second class."""
    second = np.array(second)
    return Says([1 - second, second])


def test_a_member_that_errs_otherwise_is_chosen_before_a_better_one_that_does_not(
    validator,
):
    networks = {
        "best": member(0.1, 0.1, 0.9, 0.4),
        "alike": member(0.1, 0.1, 0.9, 0.4),
        "other": member(0.8, 0.2, 0.4, 0.9),
    }

    chosen = greedy_members(networks, validator)

    assert [c.name for c in chosen] == ["best", "other"]
    assert chosen[0].miou_all == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert chosen[1].miou_all == 1.0


def test_one_member_is_always_chosen_and_the_first_of_equals(validator):
    networks = {name: member(0.9, 0.9, 0.9, 0.9) for name in ("first", "second")}

    (only,) = greedy_members(networks, validator)

    assert only.name == "first"
