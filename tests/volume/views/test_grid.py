import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from densecell.errors import SpacingError
from densecell.geometry import Box, Spacing, tile
from densecell.volume import Grid, grid_between

HALVES = Grid((4, 6, 7), (Fraction(1), Fraction(3, 2), Fraction(1, 2)))
ratios = st.fractions(Fraction(1, 8), 8, max_denominator=20)
sizes = st.integers(1, 12)


def between(have, want, *, flat=False, shape=(5, 70, 90)):
    return grid_between(
        shape, Spacing(*have), Spacing(*want), flat=flat, where="/data/a.tif"
    )


def test_a_grid_is_as_long_as_its_volume():
    assert HALVES.shape == (4, 4, 14)
    assert Grid((1, 7, 8), (Fraction(4), Fraction(3, 2), Fraction(3, 2))).shape == (
        1,
        5,
        5,
    )


def test_voxels_belong_to_the_cell_that_holds_their_centre():
    #  volume   |  0  |  1  |  2  |  3  |  4  |  5  |
    #  grid     |   0    |    1   |    2   |    3   |
    cells = [HALVES.held(Box((0, n, 0), (4, n + 1, 14))) for n in range(4)]

    assert [(c.start[1], c.stop[1]) for c in cells] == [(0, 1), (1, 3), (3, 4), (4, 6)]
    assert {(c.start[0], c.stop[0], c.start[2], c.stop[2]) for c in cells} == {
        (0, 4, 0, 7)
    }


def test_cells_that_hold_a_box():
    assert HALVES.holding(Box((1, 2, 3), (2, 4, 5))) == Box((1, 1, 7), (2, 3, 10))


def test_cells_with_their_centre_in_a_box():
    # Centres along y lie at 0.75, 2.25, 3.75 and 5.25 voxels of the volume.
    parts = [HALVES.within(Box((0, a, 0), (4, b, 7))) for a, b in ((0, 3), (3, 6))]

    assert [(p.start[1], p.stop[1]) for p in parts] == [(0, 2), (2, 4)]
    thin = HALVES.within(Box((0, 1, 0), (4, 2, 7)))
    assert (thin.start[1], thin.stop[1]) == (1, 2)


@settings(max_examples=50)
@given(sizes, ratios)
def test_the_cells_of_a_grid_share_the_volume_out(size, ratio):
    grid = Grid((1, size, 1), (Fraction(1), ratio, Fraction(1)))
    cells = list(tile(grid.shape, (1, 2, 1)))

    parts = [grid.held(cell) for cell in cells]

    assert (parts[0].start, parts[-1].stop) == ((0, 0, 0), (1, size, 1))
    assert all(a.stop[1] == b.start[1] for a, b in itertools.pairwise(parts))
    full = [(c, p) for c, p in zip(cells, parts, strict=True) if p.voxels]
    assert full
    assert all(cell.contains(grid.holding(part)) for cell, part in full)


@settings(max_examples=50)
@given(sizes, ratios, sizes)
def test_parts_of_a_volume_share_its_grid_out(size, ratio, cut):
    grid = Grid((size, 1, 1), (ratio, Fraction(1), Fraction(1)))
    cut = min(cut, size)
    parts = [grid.within(Box((a, 0, 0), (b, 1, 1))) for a, b in ((0, cut), (cut, size))]

    if cut / ratio >= 1 and (size - cut) / ratio >= 1:
        first, second = parts
        assert first.start == (0, 0, 0)
        assert first.stop[0] == second.start[0]
        assert second.stop == grid.shape


def test_a_margin_reaches_as_far_in_the_volume():
    assert HALVES.reach((1, 8, 8)) == (1, 15, 6)


def test_nearly_equal_axes_keep_their_voxels():
    assert between((40, 10, 10), (43, 9.2, 10.8)) is None

    grid = between((40, 6.25, 9.5), (42, 10, 10))

    assert grid == Grid((5, 70, 90), (Fraction(1), Fraction(8, 5), Fraction(1)))


def test_slices_stay_slices_for_a_network_that_sees_one():
    assert between((20, 10, 10), (40, 10, 10)).ratio[0] == 2
    assert between((20, 10, 10), (40, 10, 10), flat=True) is None


@pytest.mark.parametrize("have", [(40, 90, 90), (40, 1, 1)])
def test_voxel_sizes_that_cannot_be_right(have):
    with pytest.raises(SpacingError) as caught:
        between(have, (40, 10, 10))
    assert str(caught.value) == (
        f"/data/a.tif: has voxels of 40 x {have[1]} x {have[2]} nm (z y x), more than "
        "8 times larger or smaller than the 40 x 10 x 10 nm learned from; correct what "
        "is wrong, or shrink or enlarge the volume first"
    )
