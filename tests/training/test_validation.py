import numpy as np
import pytest
import torch

from densecell.classes import ClassScheme
from densecell.networks import Heads, Network
from densecell.training import Validator
from densecell.training.validation import commonest_class_score

SCHEME = ClassScheme.from_ids([0, 4])
SHAPE = (5, 19, 30)


class Sign(Network):
    """Knows the answer: the second class is where intensities are positive."""

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(1))

    def heads(self, window):
        return Heads(torch.cat([-window, window], 1) * self.gain, None)

    def groups(self):
        return {"2d": [], "3d": [], "predictors": []}

    def last_bias(self):
        return None


@pytest.fixture
def noise():
    return np.random.default_rng(0).choice([-1.0, 1.0], SHAPE)


def test_a_network_that_knows_the_answer_scores_one(labelled, noise):
    volume = labelled(noise, noise > 0)

    scores = Validator([volume], SCHEME).score(Sign())

    assert scores.miou_all == 1
    assert scores.voxels == noise.size


def test_labels_are_compared_where_they_lie_in_their_context(labelled, noise):
    channels = (noise > 0)[1:4, 2:18, 3:29]
    volume = labelled(noise, channels, context=(1, 2, 3))

    scores = Validator([volume], SCHEME).score(Sign())

    assert scores.miou_all == 1
    assert scores.voxels == channels.size


def test_offsets_that_suit_the_volumes_are_told_with_their_score(labelled, noise):
    class Timid(Sign):
        """Knows the answer, but gives class 1 too little."""

        def heads(self, window):
            logits = super().heads(window).logits
            shy = torch.tensor([2.5, 0]).reshape(1, 2, 1, 1, 1)
            return Heads(logits + shy, None)

    volume = labelled(noise, noise > 0)

    plain = Validator([volume], SCHEME).score(Timid())
    scores, offsets = Validator([volume], SCHEME).adjusted(Timid())

    assert plain.miou_all < 0.5
    assert scores.miou_all == 1
    assert offsets[1] - offsets[0] > 0


def test_unknown_voxels_do_not_count(labelled, noise):
    channels = (noise > 0).astype(np.uint8)
    wrong = 1 - channels[:, :, :5]
    channels[:, :, :5] = 255

    known = Validator([labelled(noise, channels)], SCHEME).score(Sign())
    channels[:, :, :5] = wrong
    spoilt = Validator([labelled(noise, channels)], SCHEME).score(Sign())

    assert known.miou_all == 1
    assert known.voxels == noise[:, :, 5:].size
    assert spoilt.miou_all < 1


def test_all_volumes_make_one_table(labelled, noise):
    right = labelled(noise, noise > 0)
    half = labelled(noise[:2], noise[:2] < 0)

    scores = Validator([right, half], SCHEME).score(Sign())

    assert scores.voxels == noise.size + noise[:2].size
    assert scores.accuracy == pytest.approx(5 / 7)


def test_the_score_of_the_commonest_class(labelled):
    channels = np.zeros((1, 4, 5))
    channels[0, 0] = 1
    channels[0, 1, :2] = 255
    volume = labelled(np.zeros((1, 4, 5)), channels)

    # 13 of 18 known voxels are of class 0; two of three classes occur
    assert commonest_class_score([volume], 3) == pytest.approx(13 / 18 / 2)
