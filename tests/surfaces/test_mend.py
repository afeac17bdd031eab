"""What a mended surface passes through, and that it stays closed."""

import numpy as np
import pytest

from densecell.surfaces import Surface
from densecell.surfaces.distance import distances_nm
from densecell.surfaces.mend import drawn_through, parted
from densecell.surfaces.simplify import is_closed

CORNERS = 100 * np.array([(0, 0, 0), (3, 0, 0), (0, 3, 0), (0, 0, 3)], float)
FACES = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.int32)
SOLID = Surface(CORNERS, FACES)  # a corner of a cube


def drawn(point, **how):
    points = np.array([point], float)
    surface = drawn_through(SOLID, points, distances_nm(points, SOLID)[1], **how)
    assert is_closed(surface.faces)
    assert distances_nm(points, surface)[0] == pytest.approx(0, abs=1e-9)
    return surface


def test_inside_a_triangle_that_is_cut_into_three():
    surface = drawn((100, 100, -20))

    assert len(surface.faces) == 6
    assert surface.volume_um3 == pytest.approx(SOLID.volume_um3 + 4.5 * 20 / 3 * 1e-5)


def test_on_an_edge_its_two_triangles_are_cut_into_four():
    surface = drawn((150, -10, -10))

    assert len(surface.faces) == 6
    assert surface.volume_um3 > SOLID.volume_um3
    sides = np.concatenate([np.roll(surface.faces, n, axis=1) for n in range(3)])
    assert not np.isin(sides[:, :2], [0, 1]).all(axis=1).any()


@pytest.mark.parametrize(("move", "triangles"), [(True, 4), (False, 6)])
def test_at_a_corner_that_moves_or_stays(move, triangles):
    surface = drawn((320, 0, 0), move=move)

    assert len(surface.faces) == triangles
    kept = (surface.vertices_nm == (300, 0, 0)).all(axis=1).any()
    assert kept == (not move)


def test_near_a_corner_that_stays_the_triangle_is_cut():
    point = np.array([0.85, 0.08, 0.07]) @ CORNERS[[1, 2, 3]] + 10

    surface = drawn(point, move=False)

    assert len(surface.faces) == 6


def test_of_points_that_would_change_the_same_triangle_the_first_counts():
    points = np.array([(100, 100, -20), (110, 110, -10)], float)

    surface = drawn_through(SOLID, points, np.array([0, 0]))

    assert is_closed(surface.faces)
    assert len(surface.faces) == 6
    assert distances_nm(points, surface)[0] == pytest.approx([0, 0], abs=6)
    assert (surface.vertices_nm[-1] == points[0]).all()


def test_two_sheets_that_share_an_edge_are_parted():
    """Two tetrahedra on either side of one edge, with the same two corners."""
    corners = [(0, 0, 0), (10, 0, 0), (5, 9, 0), (5, 4, 8), (5, -9, 0), (5, -4, -8)]
    first = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)])
    second = np.array([0, 1, 4, 5])[first]
    pinched = Surface(
        np.array(corners, float), np.concatenate([first, second]).astype(np.int32)
    )
    assert not is_closed(pinched.faces)

    surface = parted(pinched)

    assert is_closed(surface.faces)
    assert len(surface.faces) == len(pinched.faces) + 2
    assert surface.area_um2 == pytest.approx(pinched.area_um2)
    assert surface.volume_um3 == pytest.approx(pinched.volume_um3)


def test_many_sheets_are_parted_at_once():
    corners = [(0, 0, 0), (10, 0, 0), (5, 9, 0), (5, 4, 8), (5, -9, 0), (5, -4, -8)]
    first = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)])
    one = np.concatenate([first, np.array([0, 1, 4, 5])[first]])
    many = [one + 6 * n for n in range(150)]
    places = [np.array(corners, float) + 30 * n for n in range(150)]
    pinched = Surface(np.concatenate(places), np.concatenate(many).astype(np.int32))

    surface = parted(pinched)

    assert is_closed(surface.faces)
    assert len(surface.faces) == len(pinched.faces) + 300


def test_what_is_parted_or_open_stays_as_it_is():
    open_ = SOLID._replace(faces=np.concatenate([FACES, FACES[:1]]))

    assert parted(SOLID) is SOLID
    assert parted(open_) is open_
