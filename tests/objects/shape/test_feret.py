import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from densecell.objects.shape.feret import largest_distance


@pytest.mark.parametrize("seed", range(10))
def test_it_is_the_largest_of_all_distances(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(400, 3)) * rng.uniform(0.1, 10, 3)

    assert largest_distance(points) == pytest.approx(pdist(points).max(), rel=0.005)


def test_corners_of_a_box():
    corners = np.array(np.meshgrid([0, 40], [0, 30], [0, 120])).reshape(3, -1).T

    assert largest_distance(corners.astype(float)) == 130


def test_a_point_has_no_extent_and_nothing_has_none():
    assert largest_distance(np.ones((1, 3))) == 0
    assert math.isnan(largest_distance(np.zeros((0, 3))))
