import math

import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.objects.blocks.object_runs import Item
from densecell.objects.runs.drawing import ObjectRuns
from densecell.objects.runs.encoding import runs_of
from densecell.objects.shape import measures
from densecell.objects.shape.measures import areas_of, membrane_distances_nm

SPACING = Spacing(40, 10, 20)


class OneBlock:
    """Runs of objects that are drawn, as if of one block."""

    def __init__(self, **layers):
        self.layers = layers

    def runs(self, items):
        for k, item in enumerate(items):
            mask = self.layers[item.layer] == item.number
            runs = runs_of([mask])
            mine = runs.of(mask)
            zyx = (runs.z[mine], runs.y[mine], runs.x[mine])
            yield ObjectRuns(np.full(mine.sum(), k), *zyx, runs.length[mine])

    def item(self, layer, number):
        return Item(layer, number, box_of(self.layers[layer] == number))


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
    blocks = OneBlock(cells=ids)
    found = areas_of(blocks, [blocks.item("cells", number)], SPACING)
    return found.area_um2[0], found.reliable[0]


def distances(cells, organelles):
    """Distances of all organelles to the membrane of cell 2."""
    blocks = OneBlock(cells=cells, organelles=organelles)
    numbers = [n for n in np.unique(organelles).tolist() if n]
    assert numbers
    return membrane_distances_nm(
        blocks,
        blocks.item("cells", 2),
        [blocks.item("organelles", n) for n in numbers],
        shape=cells.shape,
        spacing_nm=SPACING,
    ).tolist()


def test_the_surface_of_a_ball_is_that_of_a_sphere():
    ids = ball(280)
    ids[0, 0, 0] = 4  # another object does not count

    um2, reliable = area_of(ids, 3)

    assert um2 == pytest.approx(4 * math.pi * 0.28**2, rel=0.03)
    assert reliable


def test_what_is_one_voxel_has_a_surface_that_is_flagged():
    ids = np.zeros((3, 4, 5), int)
    ids[1, 2, 3] = 7

    um2, reliable = area_of(ids, 7)

    assert um2 > 0
    assert not reliable


def test_a_huge_object_is_looked_at_in_steps(monkeypatch):
    ids = ball(280)
    fine, _ = area_of(ids, 3)
    monkeypatch.setattr(measures, "MOST_DRAWN", 6000)

    coarse, _ = area_of(ids, 3)

    assert coarse != fine
    assert coarse == pytest.approx(fine, rel=0.05)


def test_what_the_steps_miss_has_no_surface(monkeypatch):
    ids = np.zeros((3, 9, 9), int)
    ids[1, 1::2, 1:8] = 7  # in odd rows only
    monkeypatch.setattr(measures, "MOST_DRAWN", 25)

    um2, reliable = area_of(ids, 7)

    assert math.isnan(um2)
    assert not reliable


def test_many_objects_are_measured_as_each_alone():
    ids = ball(280)
    ids[0, 0, 0] = 4
    ids[2:9, 60:66, 1:4] = 1
    blocks = OneBlock(cells=ids)
    items = [blocks.item("cells", n) for n in (4, 3, 1)]

    um2, reliable, *_ = areas_of(blocks, items, SPACING)

    alone = [area_of(ids, n) for n in (4, 3, 1)]
    np.testing.assert_allclose(um2, [a for a, _ in alone], rtol=1e-12)
    assert reliable.tolist() == [r for _, r in alone] == [False, True, False]


def test_distances_to_the_membrane_are_between_voxels():
    cells = np.zeros((5, 12, 13), int)
    cells[1:4, 2:11, 3:12] = 2
    organelles = np.zeros_like(cells)
    organelles[2, 5, 6] = 1  # from y 1: 40 nm; from z: 80 nm; from x 2: 80 nm
    organelles[2, 9, 6] = 5
    organelles[3, 6, 7:9] = 7  # from z 4, below both voxels

    assert distances(cells, organelles) == [40, 20, 40]


def test_objects_side_by_side_keep_their_own_distances():
    cells = np.full((3, 9, 40), 2)
    cells[:, :, :2] = 0
    organelles = np.zeros_like(cells)
    organelles[1, 3:6, 5:9] = 1
    organelles[1, 3:6, 9:12] = 2  # touches the first
    organelles[1, 2, 20:40] = 3  # to the end of the last row of its slice

    assert distances(cells, organelles) == [80, 160, 380]


def test_the_border_of_the_volume_is_no_membrane():
    cells = np.full((3, 9, 10), 2)
    cells[:, :, 8:] = 0
    organelles = np.zeros_like(cells)
    organelles[0, 0, 0], organelles[2, 8, 5] = 1, 3

    assert distances(cells, organelles) == [160, 60]


def test_a_cell_that_fills_the_volume_shows_no_membrane():
    cells = np.full((2, 3, 4), 2)

    (found,) = distances(cells, np.ones_like(cells))

    assert math.isnan(found)


def test_what_reaches_out_of_the_cell_lies_at_its_membrane():
    cells = np.zeros((5, 12, 13), int)
    cells[1:4, 2:6, 3:12] = 2
    organelles = np.zeros_like(cells)
    organelles[2, 4:12, 6] = 1

    assert distances(cells, organelles) == [0]


def test_distances_in_a_huge_cell_are_resolved_to_steps(monkeypatch):
    monkeypatch.setattr(measures, "MOST_INSIDE", 2000)
    cells = np.where(ball(280) > 0, 2, 0)
    organelles = np.zeros_like(cells)
    organelles[8, 34, 17] = 1

    assert distances(cells, organelles) == [pytest.approx(280, abs=60)]


def test_the_far_border_of_the_volume_is_none_in_a_huge_cell_either(monkeypatch):
    monkeypatch.setattr(measures, "MOST_INSIDE", 200)
    cells = np.zeros((8, 16, 16), int)
    cells[:, 2:14] = 2  # up to both ends along z and x
    organelles = np.zeros_like(cells)
    organelles[7, 7:9, 15] = 1  # in the last voxels, none of which is drawn

    assert distances(cells, organelles)[0] > 40


def test_nothing_is_rounder_than_a_ball():
    ids = ball(280)
    ids[2:4, 60:65, 1:6] = 1  # too small for its surface to be as large as it should
    blocks = OneBlock(cells=ids)

    found = areas_of(blocks, [blocks.item("cells", n) for n in (3, 1)], SPACING)

    round_, small = found.sphericity
    assert 0.97 < round_ <= 1
    assert 0.5 < small < round_
    assert found.feret_nm[0] == pytest.approx(2 * 280, rel=0.08)
