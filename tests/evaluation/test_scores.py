import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation import Scores, confusion_matrix, score, scores_from_confusion

PLATELET = ClassScheme.platelet()
PLAIN = ClassScheme.from_ids([0, 1, 2])

TRUTH = np.array([[[0, 0, 0, 1, 1, 2]]], np.uint8)
PREDICTED = np.array([[[0, 0, 1, 1, 1, 1]]], np.uint8)


def test_overlap_of_each_class():
    scores = score(TRUTH, PREDICTED, PLAIN)

    assert scores.iou == {"background": 2 / 3, "class 1": 2 / 4, "class 2": 0.0}
    assert scores.dice == {"background": 4 / 5, "class 1": 4 / 6, "class 2": 0.0}
    assert scores.miou_all == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert scores.accuracy == pytest.approx(4 / 6)
    assert scores.voxels == 6


def test_scores_cannot_be_changed_afterwards():
    scores = score(TRUTH, PREDICTED, PLAIN)

    with pytest.raises(ValidationError, match="frozen"):
        scores.miou_all = 1.0


def test_a_class_that_is_nowhere_is_left_out_of_the_mean():
    truth = np.array([0, 0, 1], np.uint8)

    scores = score(truth, truth, PLAIN)

    assert scores.iou["class 2"] is None
    assert scores.dice["class 2"] is None
    assert scores.miou_all == 1.0
    assert scores.absent == ("class 2",)
    assert scores.spurious == ()


def test_a_class_that_is_only_predicted_counts_nought_and_is_listed():
    truth = np.array([0, 0, 1, 1], np.uint8)
    predicted = np.array([0, 2, 1, 1], np.uint8)

    scores = score(truth, predicted, PLAIN)

    assert scores.iou["class 2"] == 0.0
    assert scores.miou_all == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert scores.spurious == ("class 2",)
    assert scores.absent == ()


def test_the_organelle_mean_is_over_the_organelles_that_are_there():
    truth = np.array([0, 1, 2, 2, 3, 3], np.uint8)
    predicted = np.array([0, 1, 2, 1, 3, 3], np.uint8)

    scores = score(truth, predicted, PLATELET)

    assert scores.miou_org == pytest.approx((1 / 2 + 1) / 2)
    assert scores.absent == PLATELET.names[4:]


def test_an_organelle_that_is_only_predicted_pulls_the_organelle_mean_down():
    truth, predicted = np.array([0, 2, 2]), np.array([6, 2, 2])

    assert score(truth, predicted, PLATELET).miou_org == 0.5


def test_no_organelle_in_sight_leaves_that_mean_undefined():
    assert score(np.array([0, 1]), np.array([0, 1]), PLATELET).miou_org is None
    assert score(TRUTH, PREDICTED, PLAIN).miou_org is None


def test_ignored_voxels_never_count():
    truth = np.array([0, 0, 1, 255, 255], np.uint8)
    predicted = np.array([0, 0, 1, 2, 0], np.uint8)

    scores = score(truth, predicted, PLAIN)

    assert scores.miou_all == 1.0
    assert scores.voxels == 3
    assert scores.absent == ("class 2",)


def test_where_labelled_leaves_class_zero_out_and_counts_it_as_a_miss():
    truth = np.array([0, 0, 0, 1, 1, 2], np.uint8)
    predicted = np.array([2, 1, 0, 1, 0, 2], np.uint8)

    scores = score(truth, predicted, PLAIN, where_labelled=True)

    assert scores.iou == {"background": None, "class 1": 1 / 2, "class 2": 1.0}
    assert scores.miou_all == 0.75
    assert scores.accuracy == pytest.approx(2 / 3)
    assert scores.voxels == 3
    assert (scores.absent, scores.spurious) == ((), ())


def test_where_labelled_holds_for_a_matrix_that_counted_everything():
    truth = np.array([0, 0, 0, 1, 1, 2], np.uint8)
    predicted = np.array([2, 1, 0, 1, 0, 2], np.uint8)
    everything = confusion_matrix(truth, predicted, PLAIN)

    scores = scores_from_confusion(everything, PLAIN, where_labelled=True)

    assert scores == score(truth, predicted, PLAIN, where_labelled=True)


def test_everything_counts_unless_asked_otherwise():
    counts = confusion_matrix(TRUTH, PREDICTED, PLAIN)

    assert Scores.from_confusion(counts, PLAIN) == score(TRUTH, PREDICTED, PLAIN)


labels = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40
)


@settings(deadline=None, max_examples=50)
@given(labels)
def test_the_rand_index_agrees_with_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    truth, predicted = np.array(pairs).T

    ours = score(truth, predicted, PLAIN).adjusted_rand

    assert ours == pytest.approx(metrics.adjusted_rand_score(truth, predicted))


def test_the_rand_index_of_known_partitions():
    truth, predicted = np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1])

    assert score(truth, predicted, PLAIN).adjusted_rand == pytest.approx(4 / 7)
    assert score(truth, truth, PLAIN).adjusted_rand == 1.0
    assert score(truth * 0, truth * 0, PLAIN).adjusted_rand == 1.0
    assert score(truth, truth * 0, PLAIN).adjusted_rand == 0.0


def test_the_rand_index_is_exact_for_terabytes():
    confusion = np.array([[10**12, 10**9], [10**9, 10**12]])

    scores = scores_from_confusion(confusion, ClassScheme.from_ids([0, 1]))

    assert scores.adjusted_rand == pytest.approx(((1e12 - 1e9) / (1e12 + 1e9)) ** 2)


def test_shares_of_truth_and_prediction():
    scores = score(TRUTH, PREDICTED, PLAIN)

    assert scores.truth_share["background"] == pytest.approx(3 / 6)
    assert scores.predicted_share["class 1"] == pytest.approx(4 / 6)
    assert sum(scores.truth_share.values()) == pytest.approx(1)


def test_scores_survive_json():
    scores = score(TRUTH, PREDICTED, PLATELET)

    text = json.dumps(scores.as_json())

    assert Scores.model_validate(json.loads(text)) == scores
    assert json.loads(text)["iou"]["alpha granule"] is None


def test_a_matrix_of_another_scheme_is_refused():
    sentence = r"matrix of 3 classes must have shape \(3, 3\), got \(2, 2\)"
    with pytest.raises(VolumeError, match=sentence):
        scores_from_confusion(np.eye(2, dtype=int), PLAIN)


def test_nothing_to_score_is_said():
    ignored = np.full((1, 2, 2), 255, np.uint8)
    with pytest.raises(VolumeError, match="no voxel to score: truth has only ignored"):
        score(ignored, ignored * 0, PLAIN)
    with pytest.raises(
        VolumeError, match="no voxel to score: truth has no label above"
    ):
        score(ignored * 0, ignored * 0, PLAIN, where_labelled=True)
