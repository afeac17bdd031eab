import numpy as np
import pytest
import trimesh

from densecell.surfaces import Surface
from densecell.surfaces.distance import distances_nm

CORNERS = np.array([(0, 0, 0), (0, 100, 0), (0, 0, 900), (-50, 30, 30)], float)
FLAT = Surface(CORNERS, np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]))


def test_distances_are_those_from_the_nearest_triangle():
    points = np.array([(7.0, 1, 880), (0, 1, 1), (0, 0, 950)])

    away, triangles = distances_nm(points, FLAT)

    assert away == pytest.approx([7, 0, 50])
    assert triangles[0] == 0


def test_what_is_near_enough_is_not_looked_at_again(monkeypatch):
    monkeypatch.delitem(distances_nm.__globals__, "_exactly")

    away, _ = distances_nm(np.array([(7.0, 1, 880)]), FLAT, enough_nm=1000)

    assert 7 <= away[0] <= 1000


def test_points_of_a_thin_sheet_find_their_own_side():
    sheet = trimesh.creation.box((4, 600, 600))
    points = np.random.default_rng(0).uniform(-290, 290, (3000, 3))
    points[:, 0] = np.where(points[:, 1] > 0, 2, -2)

    away, _ = distances_nm(points, Surface(sheet.vertices, sheet.faces))

    assert away == pytest.approx(np.zeros(3000), abs=1e-6)
