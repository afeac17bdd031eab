"""Ids as keys, in raster order, and joined by pairs."""

import numpy as np
import pytest

from densecell.objects.ids import in_raster_order, joint_keys, united, unjoint

LARGEST = 2**32 - 1


def test_keys_sort_by_the_first_id_then_the_second():
    first = np.array([LARGEST, 0, 0, 7], np.uint32)
    second = np.array([0, LARGEST, 1, LARGEST], np.uint32)

    keys = joint_keys(first, second)

    assert np.argsort(keys).tolist() == [2, 1, 3, 0]
    np.testing.assert_array_equal(unjoint(keys), [first, second])


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint64])
def test_ids_follow_first_voxels_and_leave_no_gap(dtype):
    objects = np.array([[[0, 9, 9], [4, 9, 0]], [[4, 200, 0], [1, 1, 0]]], dtype)

    found = in_raster_order(objects)

    assert found.tolist() == [[[0, 1, 1], [2, 1, 0]], [[2, 3, 0], [4, 4, 0]]]
    assert found.dtype == np.uint32
    assert objects[0, 0, 1] == 9  # untouched


def test_in_raster_order_does_not_depend_on_memory_order():
    objects = np.array([[[1, 2], [3, 4]]]).transpose(0, 2, 1)

    assert in_raster_order(objects).tolist() == [[[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([], [0, 1, 2, 3, 4]),
        ([[3, 1], [1, 0]], [0, 0, 1, 0, 2]),
        ([[4, 3], [3, 2], [2, 1], [1, 0]], [0, 0, 0, 0, 0]),
        ([[2, 2], [0, 4], [4, 0]], [0, 1, 2, 3, 0]),
    ],
)
def test_chains_of_pairs_are_one_group(pairs, groups):
    count, group = united(np.array(pairs, int).reshape(-1, 2), 5)

    assert count == max(groups) + 1
    assert group.tolist() == groups


def test_nothing_has_no_group():
    count, group = united(np.zeros((0, 2), int), 0)

    assert (count, group.tolist()) == (0, [])
