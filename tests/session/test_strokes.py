import itertools

import numpy as np
import pytest

from densecell.errors import ConfigError
from densecell.session.strokes import between, brush, fill_at, lasso


def test_a_brush_paints_all_middles_within_its_radius():
    points, radius, size = [(10.2, 12.7), (30.0, 20.1), (28.3, 3.0)], 4.5, (40, 33)
    stroke = brush(points, radius, size)
    rows, columns = np.mgrid[:40, :33] + 0.5
    near = np.full(size, np.inf)
    for (r0, c0), (r1, c1) in itertools.pairwise(points):
        share = ((rows - r0) * (r1 - r0) + (columns - c0) * (c1 - c0)) / (
            (r1 - r0) ** 2 + (c1 - c0) ** 2
        )
        share = share.clip(0, 1)
        gap = np.hypot(rows - r0 - share * (r1 - r0), columns - c0 - share * (c1 - c0))
        near = np.minimum(near, gap)

    full = np.zeros(size, bool)
    r0, c0, r1, c1 = stroke.corners
    full[r0:r1, c0:c1] = stroke.mask
    assert (full == (near <= radius)).all()


def test_a_brush_outside_the_slice_paints_nothing():
    assert brush([(-20, -20)], 3, (10, 10)).mask.size == 0


def test_a_lasso_fills_a_rectangle():
    stroke = lasso([(1, 2), (1, 6), (4, 6), (4, 2)], (9, 9))

    assert stroke.corners == (1, 2, 4, 6)
    assert stroke.mask.all()


def test_a_lasso_of_two_points_is_refused():
    with pytest.raises(ConfigError, match="three points or more"):
        lasso([(1, 2), (3, 4)], (9, 9))


def test_fill_stops_at_other_paint():
    labels = np.array([[1, 1, 2, 1], [1, 2, 2, 1]])

    stroke = fill_at(labels, (0.5, 0.5))

    assert stroke.corners == (0, 0, 2, 2)
    assert stroke.mask.tolist() == [[True, True], [True, False]]


def test_between_two_squares_lies_one_half_way():
    first, last = np.zeros((2, 20, 20), bool)
    first[2:18, 2:18] = True
    last[6:14, 6:14] = True

    (middle,) = between(first, last, 2)

    assert (first >= middle).all()
    assert (middle >= last).all()
    assert last.sum() < middle.sum() < first.sum()
