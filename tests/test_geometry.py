import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from densecell.errors import ConfigError
from densecell.geometry import FACES, Box, Spacing, Tiling, round_up, tile

STEP = 8
sizes = st.integers(1, 40)
shapes = st.tuples(st.integers(1, 9), sizes, sizes)
corners = st.tuples(*[st.integers(-5, 30)] * 3)
boxes = st.builds(
    lambda start, shape: Box(start, tuple(map(sum, zip(start, shape, strict=True)))),
    corners,
    shapes,
)


@st.composite
def tilings(draw):
    """Tiles as `plan_tiling` makes them: in-plane sizes and margins in steps."""
    margin = tuple(draw(st.integers(0, 2)) * s for s in (1, STEP, STEP))
    kept = tuple(draw(st.integers(1, 2)) * s for s in (draw(st.integers(1, 3)), 8, 8))
    size = tuple(k + 2 * m for k, m in zip(kept, margin, strict=True))
    return Tiling(draw(shapes), size, margin, STEP, draw(st.booleans()))


def test_spacing_knows_its_anisotropy_and_volume():
    spacing = Spacing.checked([40, 10, 20])

    assert spacing == (40.0, 10.0, 20.0)
    assert spacing.anisotropy == pytest.approx(40 / math.sqrt(200))
    assert spacing.voxel_um3 == pytest.approx(8e-6)


@pytest.mark.parametrize(
    "values", [(40, 10), (40, 0, 10), (40, -1, 10), (40, 10, math.inf)]
)
def test_lengths_that_are_no_voxel_size_are_refused(values):
    with pytest.raises(ConfigError) as caught:
        Spacing.checked(values)
    assert str(caught.value) == (
        f"spacing must be three positive lengths in nm (z y x), got {values}"
    )


def test_faces_lead_one_voxel_back_along_each_axis():
    assert tuple(map(tuple, -np.eye(3, dtype=int))) == FACES


def test_a_box_counts_and_cuts_its_voxels():
    box = Box((1, 2, 3), (2, 5, 9))
    array = np.arange(5 * 7 * 9).reshape(5, 7, 9)

    assert box.shape == (1, 3, 6)
    assert box.voxels == 18
    assert array[box.slices].shape == box.shape
    assert array[box.slices][0, 0, 0] == array[1, 2, 3]


def test_a_box_is_grown_moved_and_clipped_axis_by_axis():
    box = Box((1, 2, 3), (2, 5, 9))

    assert box.grown((1, 2, 3)) == Box((0, 0, 0), (3, 7, 12))
    assert box.shifted((1, 2, -3)) == Box((2, 4, 0), (3, 7, 6))
    assert box.relative_to((1, 2, 3)) == Box((0, 0, 0), (1, 3, 6))
    assert box.clipped((5, 4, 8)) == Box((1, 2, 3), (2, 4, 8))


def test_boxes_that_do_not_meet_share_no_voxel():
    apart = Box((0, 0, 0), (1, 2, 3)).intersection(Box((5, 0, 0), (6, 2, 3)))

    assert apart.voxels == 0


@given(boxes, boxes)
def test_intersection_and_union_of_boxes(a, b):
    both, around = a.intersection(b), a.union(b)

    assert both == b.intersection(a) or both.voxels == 0
    assert around.contains(a)
    assert around.contains(b)
    assert both.voxels == 0 or (a.contains(both) and b.contains(both))
    assert a.contains(b) == (both == b)


@given(shapes, shapes)
def test_blocks_cover_a_volume_once(shape, block):
    counts = np.zeros(shape, int)

    for box in tile(shape, block):
        assert Box.whole(block).contains(Box.whole(box.shape))
        counts[box.slices] += 1
        assert all(
            start % step == 0 for start, step in zip(box.start, block, strict=True)
        )

    assert (counts == 1).all()


@given(tilings())
def test_every_voxel_is_written_exactly_once(tiling):
    counts = np.zeros(tiling.shape, int)

    for found in tiling.tiles(Box.whole(tiling.shape)):
        counts[found.write_box.slices] += 1

    assert (counts == 1).all()


@given(tilings())
def test_what_is_kept_lies_in_what_is_read_with_its_margin(tiling):
    whole = Box.whole(tiling.shape)
    for found in tiling.tiles(whole):
        assert found.read_box.shape == tiling.tile
        assert found.read_box.contains(found.write_box)
        around = found.write_box.grown(tiling.margin)
        if tiling.flush:
            around = around.clipped(tiling.shape)
        assert found.read_box.contains(around)


@given(tilings())
def test_tiles_shifted_flush_stay_in_the_padded_volume(tiling):
    tiling = tiling._replace(flush=True)
    depth, *plane = tiling.shape
    sizes = (depth, *(round_up(n, STEP) for n in plane))
    padded = Box.whole(tuple(map(max, sizes, tiling.tile)))

    for found in tiling.tiles(Box.whole(tiling.shape)):
        assert padded.contains(found.read_box)


@given(tilings())
def test_origins_lie_on_the_pooling_grid(tiling):
    for found in tiling.tiles(Box.whole(tiling.shape)):
        assert [o % STEP for o in found.read_box.start[1:]] == [0, 0]


@given(tilings(), boxes)
def test_a_part_is_computed_from_the_windows_of_the_whole(tiling, part):
    whole = list(tiling.tiles(Box.whole(tiling.shape)))

    counts = np.zeros(tiling.shape, int)
    for found in tiling.tiles(part):
        (same,) = [
            t
            for t in whole
            if t.read_box == found.read_box and t.write_box.contains(found.write_box)
        ]
        assert found.write_box == same.write_box.intersection(part)
        counts[found.write_box.slices] += 1

    inside = part.clipped(tiling.shape)
    assert counts.sum() == inside.voxels
    assert (counts[inside.slices] == 1).all()


def test_a_drawn_row_of_tiles():
    tiling = Tiling((1, 1, 40), (1, 1, 24), (0, 0, 8), step=8)

    spans = [
        (found.read_box.start[2], found.write_box.start[2], found.write_box.stop[2])
        for found in tiling.tiles(Box.whole(tiling.shape))
    ]

    # reads 0..24 keeps 0..8; reads 0..24 keeps 8..16; ...; the last is shifted flush
    assert spans == [(0, 0, 8), (0, 8, 16), (8, 16, 24), (16, 24, 32), (16, 32, 40)]


def test_a_volume_smaller_than_a_tile_is_one_tile():
    tiling = Tiling((2, 11, 13), (4, 16, 16), (1, 8, 8), step=8)

    (only,) = tiling.tiles(Box.whole(tiling.shape))

    assert only.read_box == Box((0, 0, 0), (4, 16, 16))
    assert only.write_box == Box.whole(tiling.shape)


def test_rounding_up():
    assert [round_up(n, 8) for n in (0, 1, 8, 9)] == [0, 8, 8, 16]


@pytest.mark.parametrize("edge", [1e-320, 1e-4, 1e13, 1e308])
def test_absurd_voxel_sizes_are_refused(edge):
    with pytest.raises(ConfigError, match=r"from 0\.001 to 1e\+12 nm"):
        Spacing.checked((40, edge, 10))
