"""Positions and proportions in nanometres, from sums over drawn objects."""

import numpy as np

from densecell.geometry import Box, Spacing
from densecell.objects.runs.encoding import runs_of
from densecell.objects.runs.sums import sum_objects
from densecell.objects.shape.moments import centroids_nm, elongations, nearest_nm

SHAPE = (3, 4, 6)


def summed(ids):
    """Sums over the first object of an array."""
    runs = runs_of([ids])
    return sum_objects(
        runs,
        runs.of(ids),
        count=1,
        channels=np.zeros(len(runs.start), np.uint8),
        classes=1,
        confidence=None,
    )


def test_moments_of_a_huge_object_do_not_overflow():
    """A tera of voxels, a hundred thousand voxels from the corner."""
    one = summed(np.ones(SHAPE, np.uint32))
    many = one._replace(
        voxels=one.voxels * 10**10,
        position=one.position * 10**10,
        square=one.square.astype(object) * 10**10,
    )
    block = Box((10**5,) * 3, (10**5 + 3, 10**5 + 4, 10**5 + 6))

    far = many.shifted(block, (10**6,) * 3)

    assert far.square[0, 0] > 2**63
    near = elongations(many, Spacing(1, 1, 1))
    assert elongations(far, Spacing(1, 1, 1)) == near


def test_centroids_and_elongations_are_physical():
    ids = np.zeros(SHAPE, np.uint32)
    ids[0:2, 0:2, 0:4] = 1
    sums = summed(ids)

    assert centroids_nm(sums, Spacing(40, 10, 10)).tolist() == [[40, 10, 20]]
    # a box of 80 x 20 x 40 nm
    assert elongations(sums, Spacing(40, 10, 10)) == 4


def test_the_nearest_neighbour_is_of_the_same_group():
    centres = np.array([[0, 0, 0], [0, 0, 9], [0, 3, 4], [7, 7, 7]], float)

    found = nearest_nm(centres, np.array([1, 2, 1, 3]))

    np.testing.assert_array_equal(found, [5, np.nan, 5, np.nan])
    assert len(nearest_nm(np.zeros((0, 3)), np.zeros(0, int))) == 0
