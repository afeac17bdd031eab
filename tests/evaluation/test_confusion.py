import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation import confusion_matrix

GAPS = ClassScheme.from_ids([0, 2, 7])


def test_rows_are_truth_and_columns_prediction():
    truth = np.array([[[0, 0, 2, 7, 7]]])
    predicted = np.array([[[0, 2, 2, 7, 0]]])

    confusion = confusion_matrix(truth, predicted, GAPS)

    np.testing.assert_array_equal(confusion, [[1, 1, 0], [0, 1, 0], [1, 0, 1]])
    assert confusion.dtype == np.int64


def test_ignored_voxels_never_count_on_either_side():
    truth = np.array([255, 0, 2, 2], np.uint8)
    predicted = np.array([0, 255, 2, 7], np.uint8)

    confusion = confusion_matrix(truth, predicted, GAPS)

    np.testing.assert_array_equal(confusion, [[0, 0, 0], [0, 1, 1], [0, 0, 0]])


def test_where_labelled_drops_truth_zero_and_keeps_predicted_zero():
    truth = np.array([0, 0, 2, 2], np.uint8)
    predicted = np.array([0, 7, 0, 2], np.uint8)

    confusion = confusion_matrix(truth, predicted, GAPS, where_labelled=True)

    np.testing.assert_array_equal(confusion, [[0, 0, 0], [1, 1, 0], [0, 0, 0]])


def test_blocks_sum_up_to_the_whole():
    rng = np.random.default_rng(0)
    truth = rng.choice([0, 2, 7, 255], (5, 7, 9)).astype(np.uint8)
    predicted = rng.choice([0, 2, 7], (5, 7, 9)).astype(np.uint8)

    parts = [confusion_matrix(truth[z], predicted[z], GAPS) for z in range(5)]

    whole = confusion_matrix(truth, predicted, GAPS)
    np.testing.assert_array_equal(np.sum(parts, axis=0), whole)
    assert whole.sum() == (truth != 255).sum()


def test_more_voxels_than_are_counted_at_once():
    truth = np.zeros((1100, 1000), np.uint8)
    truth[-1, -1] = 7

    confusion = confusion_matrix(truth, truth, GAPS)

    assert np.diag(confusion).tolist() == [1_099_999, 0, 1]


def test_the_inputs_are_untouched_and_may_be_strided_or_wide():
    truth = np.array([[0, 2], [7, 0]], np.int64)
    predicted = np.array([[0, 7], [2, 0]], np.uint16).T
    before = truth.copy(), predicted.copy()

    confusion = confusion_matrix(truth, predicted, GAPS)

    assert np.diag(confusion).tolist() == [2, 1, 1]
    np.testing.assert_array_equal(truth, before[0])
    np.testing.assert_array_equal(predicted, before[1])


def test_unequal_shapes_are_refused():
    truth, predicted = np.zeros((2, 3, 4), np.uint8), np.zeros((2, 4, 3), np.uint8)
    sentence = r"truth has shape \(2, 3, 4\) and the prediction \(2, 4, 3\); they must"
    with pytest.raises(VolumeError, match=sentence):
        confusion_matrix(truth, predicted, GAPS)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_unknown_ids_are_refused_on_the_side_where_they_are(dtype):
    known, unknown = np.array([0, 2], dtype), np.array([0, 3], dtype)
    with pytest.raises(VolumeError, match=r"truth: label ids \[3\] are not in the"):
        confusion_matrix(unknown, known, GAPS)
    with pytest.raises(VolumeError, match=r"prediction: label ids \[3\] are not"):
        confusion_matrix(known, unknown, GAPS)


def test_an_id_above_255_does_not_wrap_round():
    wide = np.array([256], np.uint16)
    with pytest.raises(VolumeError, match=r"prediction: label ids \[256\] are not"):
        confusion_matrix(np.array([0]), wide, GAPS)


def test_probabilities_are_refused():
    with pytest.raises(VolumeError, match="prediction: labels must be whole numbers"):
        confusion_matrix(np.array([0]), np.array([0.5]), GAPS)
