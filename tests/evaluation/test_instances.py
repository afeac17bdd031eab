import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from densecell.errors import VolumeError
from densecell.evaluation.instances import (
    adapted_rand_error,
    add_overlaps,
    count_overlaps,
    match_objects,
    variation_of_information,
)

IDS = arrays(np.uint16, (5, 7, 9), elements=st.integers(0, 4))


def test_equal_objects_under_other_names_agree_wholly():
    truth = np.array([[1, 1, 0, 2, 2], [3, 3, 3, 0, 0]])
    predicted = np.array([[9, 9, 0, 4, 4], [7, 7, 7, 0, 0]])

    found = count_overlaps(truth, predicted)

    matches = match_objects(found, threshold=0.99)
    assert matches.pairs.tolist() == [[1, 9], [2, 4], [3, 7]]
    assert (matches.precision, matches.recall, matches.f1) == (1, 1, 1)
    assert variation_of_information(found) == (0, 0)
    assert adapted_rand_error(found) == 0


def test_counts_of_a_split_and_a_miss():
    truth = np.array([1, 1, 1, 1, 2, 2, 0, 0])
    predicted = np.array([5, 5, 5, 6, 0, 0, 0, 8])

    matches = match_objects(count_overlaps(truth, predicted))

    assert matches.pairs.tolist() == [[1, 5]]
    assert matches.iou.tolist() == [3 / 4]
    assert (matches.truth, matches.predicted) == (2, 3)
    assert matches.precision == 1 / 3
    assert matches.recall == 1 / 2
    assert matches.f1 == 2 / 5


def test_half_an_object_is_no_match_at_half():
    found = count_overlaps(np.array([1, 1]), np.array([5, 6]))

    assert len(match_objects(found, threshold=0.5).pairs) == 0
    assert len(match_objects(found, threshold=0.49).pairs) == 1


def test_below_half_the_best_sum_of_overlaps_is_matched():
    truth = np.array([1] * 6 + [2] * 4 + [0] * 4)
    predicted = np.array([7] * 3 + [8] * 3 + [7] * 4 + [0] * 4)
    # IoU: 1-7 3/10, 1-8 3/6, 2-7 4/7; greedy on true ids alone would take 1-7

    matches = match_objects(count_overlaps(truth, predicted), threshold=0.1)

    assert matches.pairs.tolist() == [[1, 8], [2, 7]]
    assert matches.iou.tolist() == [3 / 6, 4 / 7]


def test_variation_of_information_by_hand():
    truth = np.array([1, 1, 1, 1])
    halves = np.array([5, 5, 6, 6])

    assert variation_of_information(count_overlaps(truth, halves)) == (1.0, 0.0)
    assert variation_of_information(count_overlaps(halves, truth)) == (0.0, 1.0)
    assert variation_of_information(count_overlaps(halves, truth)).total == 1.0


def test_adapted_rand_error_by_hand():
    truth = np.array([1, 1, 1, 1, 0])
    halves = np.array([5, 5, 6, 6, 6])
    # pairs with repetition: 16 of truth, 8 of both, 8 of the prediction

    error = adapted_rand_error(count_overlaps(truth, halves))

    assert error == pytest.approx(1 - 2 * 8 / (16 + 8))


@given(IDS, IDS)
def test_the_adapted_rand_error_counts_pairs_of_voxels(truth, predicted):
    together, found = (
        ids.reshape(-1, 1) == ids.reshape(1, -1) for ids in (truth, predicted)
    )

    error = adapted_rand_error(count_overlaps(truth + 1, predicted + 1))

    both = (together & found).sum()
    assert error == pytest.approx(1 - 2 * both / (together.sum() + found.sum()))


def test_the_true_background_does_not_count():
    truth = np.array([0, 0, 0, 1, 1])
    predicted = np.array([3, 4, 5, 9, 9])

    found = count_overlaps(truth, predicted)

    assert adapted_rand_error(found) == 0
    assert variation_of_information(found).total == 0


def test_nothing_anywhere_is_undefined():
    found = count_overlaps(np.zeros((2, 3), int), np.zeros((2, 3), int))

    matches = match_objects(found)

    assert (matches.precision, matches.recall, matches.f1) == (None, None, None)
    assert adapted_rand_error(found) is None
    assert variation_of_information(found) is None


@given(IDS, IDS, st.integers(1, 6))
def test_blocks_add_up_to_the_volume(truth, predicted, cut):
    whole = count_overlaps(truth, predicted)

    parts = [
        count_overlaps(truth[:, :cut], predicted[:, :cut]),
        count_overlaps(truth[:, cut:], predicted[:, cut:]),
    ]

    for a, b in zip(add_overlaps(parts), whole, strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole.voxels.sum() == truth.size


@given(IDS, IDS)
def test_the_variation_of_information_is_that_of_scikit_image(truth, predicted):
    from skimage import metrics

    everywhere = count_overlaps(truth + 1, predicted)

    split, merge = metrics.variation_of_information(truth, predicted, ignore_labels=())
    assert variation_of_information(everywhere) == pytest.approx((split, merge))


def test_shapes_must_be_equal():
    with pytest.raises(VolumeError, match=r"shape \(2,\) and predicted ones \(3,\)"):
        count_overlaps(np.zeros(2, int), np.zeros(3, int))


@pytest.mark.parametrize("threshold", [-0.1, 1.0])
def test_a_threshold_is_a_share(threshold):
    found = count_overlaps(np.ones(2, int), np.ones(2, int))
    with pytest.raises(VolumeError, match=f"0 to below 1, got {threshold}"):
        match_objects(found, threshold=threshold)


def test_errors_without_a_true_object_are_undefined_whatever_was_predicted():
    found = count_overlaps(np.zeros(6, int), np.arange(6))

    assert match_objects(found).f1 == 0
    assert variation_of_information(found) is None
    assert adapted_rand_error(found) is None
