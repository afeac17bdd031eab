import numpy as np
import pytest
from scipy import ndimage

from densecell.objects.cut.basins import Basin, BasinFace, basins_of, faces_of
from densecell.objects.cut.necks import filled, joined, openness

FLAT = (0, 0, 0, 0, 0, 0)


def openness_of(mask, *cuts):
    """Cut a mask at planes across x, and judge the first of the faces."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1, 1:-1]
    depth = depth.astype(np.float32)
    number = 1 + np.searchsorted(cuts, np.arange(mask.shape[2]), side="right")
    basins = (mask * number).astype(np.uint32)
    parts = basins_of(basins, depth)
    return openness(parts[1], parts[2], faces_of(basins, depth)[1, 2])


def rod(radii):
    """Draw a round rod along x with a radius at each x."""
    y = np.arange(-20, 21)
    far = np.hypot(y[:, None], y)[..., None]
    return far <= np.asarray(radii)


def test_a_round_rod_has_no_neck():
    assert openness_of(rod(np.full(80, 15)), 40) == pytest.approx(1.0, abs=0.15)


def test_a_rod_that_is_pinched_has_one():
    radii = np.minimum(15, 5 + np.abs(np.arange(80) - 40))

    assert openness_of(rod(radii), 40) < 0.4


def test_two_balls_side_by_side_are_less_full_than_a_ball():
    radii = 15 * np.sqrt(np.maximum(0, 1 - (np.arange(61) % 30 / 15 - 1) ** 2))
    two = basins_of(rod(radii).astype(np.uint32), np.ones((41, 41, 61), np.float32))[1]
    one = basins_of(
        rod(radii[:30]).astype(np.uint32), np.ones((41, 41, 30), np.float32)
    )[1]

    assert filled(two) / filled(one) == pytest.approx(2 / 6**0.5, abs=0.02)


def test_how_full_a_basin_is_depends_neither_on_place_nor_on_voxels():
    ball = rod(np.full(9, 4))
    moved = np.pad(ball, ((7, 0), (0, 3), (90, 0)))
    finer = moved.repeat(8, axis=0)
    here, there, fine = (
        filled(basins_of(m.astype(np.uint32), np.ones(m.shape, np.float32))[1])
        for m in (ball, moved, finer)
    )

    assert here == there
    assert fine == pytest.approx(here, rel=1e-9)


def test_what_has_no_depth_belongs_to_what_it_touches():
    thick, thin = Basin(5.0, 1, (0, 0, 0), FLAT), Basin(0.0, 0, (0, 0, 0), FLAT)
    faces = {(1, 2): BasinFace(0.0, 0.0, 0), (2, 3): BasinFace(0.0, 0.0, 0)}

    assert joined({1: thick, 2: thin, 3: thin}, faces, neck=1.0) == {1: 1, 2: 1, 3: 1}


def test_two_parts_that_meet_where_neither_is_deep_stay_apart():
    thick = Basin(5.0, 1, (0, 0, 0), FLAT)

    assert openness(thick, thick, BasinFace(0.0, 0.0, 0)) == 0


def test_the_widest_face_goes_first_and_changes_what_follows():
    mask = rod(np.minimum(15, 9 + np.abs(np.arange(120) - 80)))
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1, 1:-1]
    depth = depth.astype(np.float32)
    number = 1 + np.searchsorted([40, 80], np.arange(120), side="right")
    basins = (mask * number).astype(np.uint32)

    into = joined(basins_of(basins, depth), faces_of(basins, depth), neck=0.8)

    assert into == {1: 1, 2: 1, 3: 3}


def block(*, x, y=0):
    """A basin of 10 x 10 x 10 voxels, 5 deep, that begins at x and y."""
    ids = np.zeros((10, 40, 40), np.uint32)
    ids[:, y : y + 10, x : x + 10] = 1
    return basins_of(ids, np.full(ids.shape, 5, np.float32))[1]


def test_a_face_is_as_deep_as_it_is_for_the_deeper_side():
    face = BasinFace(4.0, 100.0, 50)
    shallow, deep = block(x=0), block(x=10)

    even = openness(shallow, deep, face)

    assert openness(shallow, deep._replace(peak=10.0), face) == pytest.approx(even / 2)
    assert openness(shallow._replace(peak=2.5), deep, face) == pytest.approx(2 * even)


def test_a_face_counts_by_what_both_sides_fill_together():
    face = BasinFace(4.0, 100.0, 50)
    one, beside, askew = block(x=0), block(x=10), block(x=10, y=9)

    lost = openness(one, askew, face) / openness(one, beside, face)

    assert lost == pytest.approx(
        filled(one.joined(askew)) / filled(one.joined(beside)), rel=1e-9
    )
    assert lost < 0.8
