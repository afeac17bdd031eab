from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from densecell.geometry import Box, Tile, Tiling, tile
from densecell.inference import (
    aligned_grid,
    block_unit,
    kept_on_volume,
    tiles_of_volume,
)
from densecell.volume import Grid

ONE = Fraction(1)
VOLUME = (3, 21, 30)
ratios = st.sampled_from([ONE, Fraction(3, 2), Fraction(2, 3), Fraction(137, 100)])


def lattice(ratio, *, volume=VOLUME, tile=(3, 16, 16), margin=(1, 4, 4)):
    grid = Grid(volume, ratio)
    return grid, Tiling(grid.shape, tile, margin, step=8)


@settings(max_examples=20)
@given(st.tuples(ratios, ratios, ratios))
def test_every_voxel_is_written_once(ratio):
    written = np.zeros(VOLUME, int)

    for part in tiles_of_volume(*lattice(ratio), Box.whole(VOLUME)):
        written[part.write_box.slices] += 1

    assert (written == 1).all()


@settings(max_examples=20)
@given(st.tuples(ratios, ratios, ratios), st.tuples(*[st.integers(3, 20)] * 3))
def test_blocks_write_the_same_voxels_from_the_same_tiles_as_the_whole(ratio, block):
    grid, tiling = lattice(ratio)

    def sources(boxes):
        found = np.full((*VOLUME, 3), -99)
        for box in boxes:
            for part in tiles_of_volume(grid, tiling, box):
                assert box.contains(part.write_box)
                found[part.write_box.slices] = part.read_box.start
        return found

    np.testing.assert_array_equal(
        sources(tile(VOLUME, block)), sources([Box.whole(VOLUME)])
    )


def test_a_box_outside_the_volume_has_no_tiles():
    grid, tiling = lattice((ONE, Fraction(3, 2), ONE))

    assert not list(tiles_of_volume(grid, tiling, Box((5, 0, 0), (9, 8, 8))))


def test_a_tile_interpolates_between_what_it_computed():
    # Along x, four voxels of the grid lie on six of the volume, at 0.25 .. 4.75.
    grid = Grid((1, 1, 6), (ONE, ONE, Fraction(3, 2)))
    ramp = np.stack([np.arange(4), 3 - np.arange(4)]).astype(np.float32) / 3
    read, write = Box.whole((1, 1, 4)), Box((0, 0, 1), (1, 1, 6))

    found = kept_on_volume(grid, Tile(read, write), ramp.reshape(2, 1, 1, 4))

    steps = np.array([0.5, 7 / 6, 11 / 6, 2.5, 3]) / 3
    np.testing.assert_allclose(found[0, 0, 0], steps, rtol=1e-6)
    np.testing.assert_allclose(found.sum(0), 1, rtol=1e-6)


def test_a_tile_uses_what_it_computed_around_what_it_keeps():
    # The second of two tiles keeps 4 to 8 of the grid and read 2 to 10, over its end.
    grid = Grid((1, 1, 16), (ONE, ONE, 2 * ONE))
    read, write = Box((0, 0, 2), (1, 1, 10)), grid.held(Box((0, 0, 4), (1, 1, 8)))
    computed = np.arange(2, 10, dtype=np.float32).reshape(1, 1, 1, 8)

    found = kept_on_volume(grid, Tile(read, write), computed)

    assert (write.start[2], write.stop[2]) == (8, 16)
    np.testing.assert_allclose(
        found[0, 0, 0], [3.75, 4.25, 4.75, 5.25, 5.75, 6.25, 6.75, 7]
    )


@pytest.mark.parametrize("ratio", [Fraction(137, 100), Fraction(2, 3), Fraction(1, 7)])
def test_blocks_of_units_compute_no_tile_twice(ratio):
    grid, tiling = lattice((ratio, ratio, ONE), volume=(8, 90, 20))
    laid = aligned_grid(grid, tiling)
    tiling = tiling._replace(shape=laid.shape)

    block = block_unit(laid, tiling)
    computed = [
        part
        for box in tile(grid.volume, block)
        for part in tiles_of_volume(laid, tiling, box)
    ]

    whole = list(tiles_of_volume(laid, tiling, Box.whole(grid.volume)))
    assert len(computed) == len(whole) > 20
    assert block[2] == 8  # of the volume, as of the grid
    assert all(
        abs(a / b - 1) <= 0.03 for a, b in zip(laid.ratio, grid.ratio, strict=True)
    )


def test_an_axis_of_one_tile_is_left_as_it_is():
    ratio = (Fraction(137, 100), Fraction(139, 100), ONE)
    grid, tiling = lattice(ratio, volume=(5, 50, 40), tile=(8, 40, 40))

    assert aligned_grid(grid, tiling) == grid
    assert block_unit(grid, tiling) == (5, 50, 40)


def test_without_a_grid_units_are_tiles():
    assert block_unit(None, Tiling((9, 90, 90), (3, 32, 32), (1, 8, 8))) == (1, 16, 16)


def test_a_tile_without_margin_makes_do_with_what_it_keeps():
    grid = Grid((1, 1, 16), (ONE, ONE, 2 * ONE))
    kept = Box((0, 0, 4), (1, 1, 8))
    computed = np.arange(4, 8, dtype=np.float32).reshape(1, 1, 1, 4)

    found = kept_on_volume(grid, Tile(kept, grid.held(kept)), computed)

    np.testing.assert_allclose(
        found[0, 0, 0], [4, 4.25, 4.75, 5.25, 5.75, 6.25, 6.75, 7]
    )
