import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.objects.cut.coarse import (
    aligned,
    factors_of,
    occupancy,
    refined,
    with_halo,
)


@pytest.mark.parametrize(
    ("spacing", "voxel_nm", "factors"),
    [
        ((40, 10, 9), 40, (1, 4, 4)),
        ((50, 4.6, 4.6), 40, (1, 8, 8)),
        ((9, 9, 9), 8, (1, 1, 1)),
    ],
)
def test_voxels_are_joined_by_powers_of_two(spacing, voxel_nm, factors):
    assert factors_of(Spacing(*spacing), voxel_nm) == factors


def test_occupancy_counts_fine_voxels():
    mask = np.zeros((2, 5, 4), bool)
    mask[0, :3, :3] = True
    mask[1, 4, 0] = True  # in the last row, which stands for two

    found = occupancy(mask, (1, 2, 2))

    assert found.tolist() == [[[4, 2], [2, 1], [0, 0]], [[0, 0], [0, 0], [2, 0]]]


def test_very_many_fine_voxels_are_counted_too():
    found = occupancy(np.ones((64, 64, 64), bool), (64, 64, 64))

    assert found.tolist() == [[[64**3]]]


def test_refined_repeats():
    coarse = np.array([[[1, 2]]], np.uint32)

    assert refined(coarse, (2, 1, 2)).tolist() == [[[1, 1, 2, 2]], [[1, 1, 2, 2]]]


def test_boxes_are_widened_to_whole_coarse_voxels_inside_the_volume():
    core = Box((4, 8, 8), (8, 16, 16))

    seen = with_halo(core, 100, (10, 21, 30), Spacing(40, 10, 10))
    whole = aligned(seen, (1, 4, 4), (10, 21, 30))

    assert seen == Box((1, 0, 0), (10, 21, 26))
    assert whole == Box((1, 0, 0), (10, 21, 28))
    assert whole.coarsened((1, 4, 4)) == Box((1, 0, 0), (10, 6, 7))
