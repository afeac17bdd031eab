import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.evaluation import blockwise, object_counts
from densecell.evaluation.object_counts import Sides, count_objects
from densecell.evaluation.object_truth import Placed
from densecell.geometry import Box
from densecell.volume import ArrayVolume

SCHEME = ClassScheme.platelet()


def placed(array, start=(0, 0, 0)):
    array = np.asarray(array, np.uint16)
    return Placed(ArrayVolume(array[None] if array.ndim == 2 else array), start)


def counted(classes, true, found, *, predicted=None, **options):
    """Count organelles of drawn slices."""
    truth = placed(classes)
    predicted = truth if predicted is None else placed(predicted)
    sides = {"organelles": Sides(placed(true), placed(found))}
    box = Box.whole(truth.volume.shape)
    options = {"box": box} | options
    return count_objects(sides, truth, predicted, SCHEME, **options)["organelles"]


def rows(overlaps):
    return list(zip(*(field.tolist() for field in overlaps), strict=True))


def test_voxels_without_a_true_or_predicted_class_do_not_count():
    classes, predicted = [[2, 2, 255, 1, 2, 0]], [[2, 2, 2, 1, 255, 0]]
    true, found = [[1, 1, 1, 0, 2, 0]], [[7, 7, 7, 7, 8, 9]]

    every = counted(classes, true, found, predicted=predicted)
    labelled = counted(classes, true, found, predicted=predicted, where_labelled=True)

    assert rows(every.overlaps) == [(0, 7, 1), (0, 9, 1), (1, 7, 2)]
    assert rows(every.classes) == [(0, 0, 1), (0, 1, 1), (1, 2, 2)]
    assert rows(labelled.overlaps) == [(0, 7, 1), (1, 7, 2)]
    assert {1, 2} <= set(every.cut_true.tolist())  # parts of them do not count
    assert 9 in labelled.cut_found


def test_ids_at_the_end_of_the_box_are_cut():
    true = np.zeros((3, 5, 6), int)
    true[1, 2, 2:4], true[1, 2, 5], true[0, 1, 1] = 1, 2, 3

    counts = counted(np.ones_like(true), true, true)

    assert counts.cut_true.tolist() == [0, 2, 3]
    assert counts.cut_found.tolist() == [0, 2, 3]


@pytest.mark.parametrize("block", [(1, 2, 3), (2, 5, 4)])
def test_blocks_do_not_matter(monkeypatch, block):
    rng = np.random.default_rng(0)
    true, found = rng.integers(0, 5, (2, 3, 7, 8))
    classes = np.where(true > 0, 2, 1)
    whole = counted(classes, true, found)

    monkeypatch.setattr(blockwise, "_BLOCK", block)
    monkeypatch.setattr(object_counts, "_PENDING", 10)

    again = counted(classes, true, found)
    assert rows(again.overlaps) == rows(whole.overlaps)
    assert rows(again.classes) == rows(whole.classes)
    np.testing.assert_array_equal(again.cut_true, whole.cut_true)
