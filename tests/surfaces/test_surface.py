import numpy as np
import pytest

from densecell.surfaces import Surface

CORNERS = np.array([(0, 0, 0), (3e3, 0, 0), (0, 2e3, 0), (0, 0, 1e3)], float)
OUTWARDS = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.int32)


def test_area_and_volume_of_a_tetrahedron_are_exact():
    surface = Surface(CORNERS, OUTWARDS)

    slanted = np.linalg.norm(np.cross([-3, 2, 0], [-3, 0, 1])) / 2
    assert surface.area_um2 == pytest.approx((3 * 2 + 3 * 1 + 2 * 1) / 2 + slanted)
    assert surface.volume_um3 == pytest.approx(3 * 2 * 1 / 6)


def test_a_mesh_that_is_inside_out_has_a_negative_volume():
    assert Surface(CORNERS, OUTWARDS[:, ::-1]).volume_um3 == pytest.approx(-1)


def test_volume_keeps_its_digits_a_metre_from_the_origin():
    far = Surface(CORNERS + 1e9, OUTWARDS)

    assert far.volume_um3 == pytest.approx(1, rel=1e-5)
