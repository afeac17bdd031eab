"""Runs of arrays, and any box read back from them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from densecell.geometry import Box
from densecell.objects.runs.encoding import ranges, runs_of, spread

SHAPE = (3, 4, 6)
KINDS = arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 0, 1, 5]))


@given(KINDS, st.data())
@settings(deadline=None, max_examples=30)
def test_any_box_is_read_back_from_runs(block, data):
    ends = [
        sorted(data.draw(st.sets(st.integers(0, n), min_size=2, max_size=2)))
        for n in SHAPE
    ]
    box = Box(tuple(a for a, _ in ends), tuple(b for _, b in ends))
    runs = runs_of([block])

    found = spread(runs.of(block), runs.start, SHAPE, box)

    np.testing.assert_array_equal(found, block[box.slices])


def test_a_run_ends_where_any_array_changes_and_with_its_row():
    cells = np.array([[[1, 1, 1, 1], [1, 2, 2, 2]]])
    classes = np.array([[[1, 1, 5, 5], [5, 5, 5, 1]]])

    runs = runs_of([cells, classes])

    assert runs.start.tolist() == [0, 2, 4, 5, 7]
    assert runs.length.tolist() == [2, 2, 1, 2, 1]
    assert runs.y.tolist() == [0, 0, 1, 1, 1]
    assert runs.x.tolist() == [0, 2, 0, 1, 3]
    assert runs.of(classes).tolist() == [1, 5, 5, 5, 1]


def test_what_changes_inside_runs_is_added_up():
    runs = runs_of([np.array([[[1, 1, 2]]])])

    assert runs.sums(np.array([[[200, 100, 7]]], np.uint8)).tolist() == [300, 7]


def test_ranges_of_no_length_are_left_out():
    numbers, which = ranges(np.array([5, 9, 2]), np.array([2, 0, 3]))

    assert numbers.tolist() == [5, 6, 2, 3, 4]
    assert which.tolist() == [0, 0, 2, 2, 2]
