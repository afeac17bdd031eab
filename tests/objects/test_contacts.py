import numpy as np
import pytest

from densecell.geometry import Spacing
from densecell.objects.contacts import contact_areas_um2, contact_faces


def test_faces_are_counted_along_each_axis():
    channels = np.array([[[0, 0, 1]], [[0, 2, 255]]], np.uint8)

    faces = contact_faces(channels, (2, 1, 3), 3)

    along_z, along_y, along_x = faces
    assert along_z.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert not along_y.any()
    assert along_x.tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]


def test_blocks_count_the_faces_at_their_far_ends_once():
    rng = np.random.default_rng(0)
    channels = rng.integers(0, 3, (4, 5, 6)).astype(np.uint8)

    whole = contact_faces(channels, (4, 5, 6), 3)
    parts = contact_faces(channels[:, :4], (4, 3, 6), 3)
    parts += contact_faces(channels[:, 3:], (4, 2, 6), 3)

    np.testing.assert_array_equal(whole, parts)
    assert whole.sum() > 0


def test_the_area_between_a_ball_and_its_surroundings_is_right_on_average():
    z, y, x = np.ogrid[-300:301:20, -300:301:10, -300:301:10]
    ball = (z**2 + y**2 + x**2 < 255**2).astype(np.uint8)

    areas = contact_areas_um2(contact_faces(ball, ball.shape, 2), Spacing(20, 10, 10))

    assert areas[0, 1] == areas[1, 0]
    assert areas[0, 1] == pytest.approx(4 * np.pi * 0.255**2, rel=0.03)
