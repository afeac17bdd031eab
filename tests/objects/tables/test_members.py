"""Least and most over members."""

import numpy as np

from densecell.objects.tables.members import ranges_of


def test_ranges_are_taken_value_by_value():
    first = {("count", 2): np.array(3.0), ("cell_count", 2): np.array([1.0, 5.0])}
    second = {("count", 2): np.array(2.0), ("cell_count", 2): np.array([2.0, 4.0])}

    found = ranges_of([first, second])

    assert (found["count", 2].low, found["count", 2].high) == (2, 3)
    assert found["cell_count", 2].low.tolist() == [1, 4]
    assert found["cell_count", 2].high.tolist() == [2, 5]


def test_without_members_there_is_no_range():
    assert ranges_of([]) == {}
