import numpy as np
import pytest

from densecell.training import offsets as module
from densecell.training.offsets import best_offsets, moved

SHAPE = (3, 40, 50)


@pytest.fixture
def skewed():
    """Truth with few voxels of class 2, and shares that give it too much."""
    rng = np.random.default_rng(0)
    truth = rng.choice(3, SHAPE, p=[0.7, 0.28, 0.02]).astype(np.uint8)
    logits = rng.normal(size=(3, *SHAPE)) + 2.5 * (
        truth == np.arange(3)[:, None, None, None]
    )
    logits[2] += 2.0
    shares = np.exp(logits) / np.exp(logits).sum(0)
    return shares.astype(np.float32), truth


def mean_iou(predicted, truth):
    pairs = [(predicted == k, truth == k) for k in range(3)]
    return np.mean([(p & t).sum() / (p | t).sum() for p, t in pairs])


def test_what_a_class_got_too_much_is_taken_back(skewed):
    shares, truth = skewed

    offsets = best_offsets([shares], [truth])

    assert offsets[2] - offsets[:2].mean() < -1.2
    better = mean_iou(moved(shares, offsets), truth)
    assert better > mean_iou(shares.argmax(0), truth) + 0.1


def test_shares_that_are_right_are_left_alone():
    truth = np.array([[[0, 1, 2, 1]]], np.uint8)
    shares = np.full((3, 1, 1, 4), 0.1, np.float32)
    np.put_along_axis(shares, truth[None].astype(np.int64), 0.8, 0)

    assert best_offsets([shares], [truth]).tolist() == [0, 0, 0]


def test_unknown_voxels_and_classes_without_one_do_not_count(skewed):
    shares, truth = skewed
    hidden = truth.copy()
    hidden[truth == 2] = 255
    hidden[0, 0, :9] = 224  # known in part only

    offsets = best_offsets([shares], [hidden])

    assert offsets[2] == 0


def test_volumes_count_together(skewed):
    shares, truth = skewed

    parts = best_offsets([shares[:, :1], shares[:, 1:]], [truth[:1], truth[1:]])

    np.testing.assert_array_equal(parts, best_offsets([shares], [truth]))


def test_many_voxels_are_drawn_from_always_alike(skewed, monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 2000)
    shares, truth = skewed

    one, again = (best_offsets([shares], [truth]) for _ in range(2))

    np.testing.assert_array_equal(one, again)
    assert one[2] - one[:2].mean() < -1.2


def test_winners_are_those_of_the_logits_with_the_offsets(skewed):
    shares, _ = skewed
    offsets = np.array([0.5, -0.5, 1.0], np.float32)

    expected = (np.log(shares) + offsets[:, None, None, None]).argmax(0)

    np.testing.assert_array_equal(moved(shares, offsets), expected)
