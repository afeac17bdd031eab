import math

import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.objects import shapes
from densecell.objects.shapes import Inside, areas_of, solid_of, view_of
from densecell.volume import ArrayVolume

SPACING = Spacing(40, 10, 20)


def volume_of(ids):
    return ArrayVolume(ids.astype(np.uint32), spacing_nm=SPACING)


def ball(radius_nm, shape=(17, 68, 34)):
    """Draw a ball in the middle, as id 3."""
    z, y, x = (
        (np.arange(n) + 0.5 - n / 2) * s for n, s in zip(shape, SPACING, strict=True)
    )
    far = z[:, None, None] ** 2 + y[None, :, None] ** 2 + x**2
    return np.where(far < radius_nm**2, 3, 0)


def box_of(mask):
    places = np.argwhere(mask)
    return Box(tuple(map(int, places.min(0))), tuple(int(n) + 1 for n in places.max(0)))


def area_of(ids, number):
    view = view_of(volume_of(ids), box_of(ids == number))
    (area,) = areas_of([solid_of(view, number, SPACING)])
    return area


def test_the_surface_of_a_ball_is_that_of_a_sphere():
    ids = ball(280)
    ids[0, 0, 0] = 4  # another object does not count

    area = area_of(ids, 3)

    assert area.um2 == pytest.approx(4 * math.pi * 0.28**2, rel=0.03)
    assert area.reliable


def test_what_is_one_voxel_has_a_surface_that_is_flagged():
    ids = np.zeros((3, 4, 5), int)
    ids[1, 2, 3] = 7

    area = area_of(ids, 7)

    assert area.um2 > 0
    assert not area.reliable


def test_a_huge_object_is_looked_at_in_steps(monkeypatch):
    ids = ball(280)
    fine = area_of(ids, 3)
    monkeypatch.setattr(shapes, "MOST", 6000)

    coarse = area_of(ids, 3)

    assert coarse.um2 != fine.um2
    assert coarse.um2 == pytest.approx(fine.um2, rel=0.05)


def test_distances_to_the_membrane_are_between_voxels():
    cells = np.zeros((5, 12, 13), int)
    cells[1:4, 2:11, 3:12] = 2
    organelles = np.zeros_like(cells)
    organelles[2, 5, 6] = 1  # from y 1: 40 nm; from z: 80 nm; from x 2: 80 nm
    organelles[2, 9, 6] = 5
    inside = Inside(volume_of(cells), 2, box_of(cells == 2), SPACING)

    near = [
        inside.least_nm(view_of(volume_of(organelles), box_of(organelles == n)), n)
        for n in (1, 5)
    ]

    assert near == [40, 20]


def test_the_border_of_the_volume_is_no_membrane():
    cells = np.full((3, 9, 10), 2)
    cells[:, :, 8:] = 0
    organelles = np.zeros_like(cells)
    organelles[0, 0, 0] = organelles[2, 8, 5] = 1
    inside = Inside(volume_of(cells), 2, box_of(cells == 2), SPACING)

    assert (
        inside.least_nm(view_of(volume_of(organelles), Box((0, 0, 0), (1, 1, 1))), 1)
        == 160
    )
    assert (
        inside.least_nm(view_of(volume_of(organelles), Box((2, 8, 5), (3, 9, 6))), 1)
        == 60
    )


def test_a_cell_that_fills_the_volume_shows_no_membrane():
    cells = np.full((2, 3, 4), 2)
    inside = Inside(volume_of(cells), 2, Box.whole((2, 3, 4)), SPACING)

    assert math.isnan(
        inside.least_nm(view_of(volume_of(cells), Box.whole((2, 3, 4))), 2)
    )


def test_what_reaches_out_of_the_cell_lies_at_its_membrane():
    cells = np.zeros((5, 12, 13), int)
    cells[1:4, 2:6, 3:12] = 2
    organelles = np.zeros_like(cells)
    organelles[2, 4:12, 6] = 1
    inside = Inside(volume_of(cells), 2, box_of(cells == 2), SPACING)

    found = inside.least_nm(view_of(volume_of(organelles), box_of(organelles == 1)), 1)

    assert found == 0


def test_distances_in_a_huge_cell_are_resolved_to_steps(monkeypatch):
    monkeypatch.setattr(shapes, "MOST_INSIDE", 2000)
    ids = ball(280)
    organelles = np.zeros_like(ids)
    organelles[8, 34, 17] = 1
    inside = Inside(volume_of(ids), 3, box_of(ids == 3), SPACING)

    found = inside.least_nm(
        view_of(volume_of(organelles), Box((8, 34, 17), (9, 35, 18))), 1
    )

    assert found == pytest.approx(280, abs=60)


def test_no_chunk_of_sixteen_slices_is_read_twice():
    volume, read = volume_of(np.ones((40, 3, 4))), []

    class Watched(ArrayVolume):
        def read(self, box):
            read.append((box.start[0], box.stop[0]))
            return super().read(box)

    view_of(
        Watched(volume.read(Box.whole(volume.shape)), spacing_nm=SPACING),
        box=Box((6, 0, 0), (39, 3, 4)),
    )

    assert read == [(5, 16), (16, 32), (32, 40)]
