"""Sums over runs are those over voxels."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from densecell.geometry import Box
from densecell.objects.runs.encoding import runs_of
from densecell.objects.runs.sums import MOMENTS, sum_objects

SHAPE = (3, 4, 6)
IDS = arrays(np.uint32, SHAPE, elements=st.integers(0, 3))
CLASSES = arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 1, 255]))


def summed(ids, classes, confidence):
    runs = runs_of([ids, classes])
    return sum_objects(
        runs,
        runs.of(ids),
        count=3,
        channels=runs.of(classes),
        classes=2,
        confidence=runs.sums(confidence),
    )


@given(IDS, CLASSES, arrays(np.uint8, SHAPE))
@settings(deadline=None, max_examples=50)
def test_every_sum_is_that_over_voxels(ids, classes, confidence):
    sums = summed(ids, classes, confidence)

    for k, number in enumerate((1, 2, 3)):
        here = ids == number
        places = np.argwhere(here)
        assert sums.voxels[k] == len(places)
        if not len(places):
            continue
        assert sums.first[k] == np.flatnonzero(here)[0]
        assert sums.low[k].tolist() == places.min(0).tolist()
        assert sums.high[k].tolist() == (places.max(0) + 1).tolist()
        assert sums.position[k].tolist() == places.sum(0).tolist()
        squares = [(places[:, i] * places[:, j]).sum() for i, j in MOMENTS]
        assert sums.square[k].tolist() == squares
        assert sums.classes[k].tolist() == [(classes[here] == c).sum() for c in (0, 1)]
        assert sums.confidence[k] == confidence[here].sum()


def test_shifted_sums_are_those_of_the_place_in_the_volume():
    ids = np.zeros(SHAPE, np.uint32)
    ids[1:, 1:3, 2:5] = 1
    ids[0, 0, 0], ids[2, 3, 5] = 2, 3
    classes = np.zeros(SHAPE, np.uint8)
    block, shape = Box((2, 3, 5), (5, 7, 11)), (9, 10, 20)
    whole = np.zeros(shape, np.uint32)
    whole[block.slices] = ids

    shifted = summed(ids, classes, classes).shifted(block, shape)

    places = np.argwhere(whole == 1)
    assert shifted.first[0] == np.flatnonzero(whole == 1)[0]
    assert shifted.low[0].tolist() == places.min(0).tolist()
    assert shifted.position[0].tolist() == places.sum(0).tolist()
    squares = [(places[:, i] * places[:, j]).sum() for i, j in MOMENTS]
    assert list(shifted.square[0]) == squares


def test_added_sums_keep_the_first_voxel_and_the_whole_box():
    ids = np.zeros(SHAPE, np.uint32)
    ids[0, 0, 0], ids[2, 3, 5], ids[1, 1, 1] = 2, 1, 3
    classes = np.zeros(SHAPE, np.uint8)

    added = summed(ids, classes, classes).added(np.array([0, 0, 1]), 2)

    assert added.voxels.tolist() == [2, 1]
    assert added.first.tolist() == [0, 31]
    assert added.low.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert added.high.tolist() == [[3, 4, 6], [2, 2, 2]]
