import numpy as np
import pytest

from densecell.geometry import Spacing
from densecell.phantom.cells import CELL_SHARE, make_cells
from densecell.phantom.lattice import Lattice

NM = Spacing(40, 10, 10)


def test_cells_fill_their_share_and_have_depth_inside_only():
    cells = make_cells(Lattice((8, 200, 220), NM), np.random.default_rng(4))

    assert (cells.ids > 0).mean() == pytest.approx(CELL_SHARE, abs=0.02)
    np.testing.assert_array_equal(cells.depth_nm > 0, cells.ids > 0)


def test_cells_touch_without_a_gap(phantom):
    left, right = phantom.cells[..., :-1], phantom.cells[..., 1:]

    touching = (left > 0) & (right > 0) & (left != right)

    assert touching.sum() > 100


def test_many_cells_have_a_neighbour_that_they_touch():
    cells = make_cells(Lattice((4, 640, 640), NM), np.random.default_rng(1)).ids
    left, right = cells[..., :-1], cells[..., 1:]
    contact = (left > 0) & (right > 0) & (left != right)

    touching = np.unique([left[contact], right[contact]])

    assert len(touching) > len(np.unique(cells)) / 3


def faces_between_cells(ids):
    """Count faces between two voxels of different cells."""
    pairs = [
        (ids[1:], ids[:-1]),
        (ids[:, 1:], ids[:, :-1]),
        (ids[..., 1:], ids[..., :-1]),
    ]
    return sum(np.count_nonzero((a != b) & (a > 0) & (b > 0)) for a, b in pairs)


def test_the_more_cells_leave_gaps_the_less_they_touch():
    lattice = Lattice((48, 64, 64), Spacing(80, 80, 80))

    touching = [
        faces_between_cells(
            make_cells(lattice, np.random.default_rng(3), gaps=gaps).ids
        )
        for gaps in (0.0, 0.2, 0.6, 1.0)
    ]

    assert touching == sorted(touching, reverse=True)
    assert touching[3] < 0.2 * touching[0]  # gaps are as narrow as half a voxel
