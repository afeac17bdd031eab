import numpy as np

from densecell.geometry import Box
from densecell.objects.blocks.stage_2_match import join_plane, mutual_matches
from densecell.objects.cut.blockwise import HaloView
from densecell.objects.layers import HOLE

U8 = np.uint8


def view(objects, last, start=(0, 0, 0)):
    array = np.array(objects, np.uint32)[None, None]
    box = Box(start, tuple(a + n for a, n in zip(start, array.shape, strict=True)))
    return HaloView(box, array, last)


def test_blocks_that_agree_join_their_objects():
    first = view([1, 1, 1, 2, 2, 2], last=2)
    second = view([5, 5, 5, 4, 4, 4], last=5)

    matches = mutual_matches(first, second, first.box)

    assert matches.tolist() == [[1, 5], [2, 4]]


def test_touching_or_overlapping_a_little_does_not_join():
    """Two objects that were cut meet in the halo, each with a sliver of the other."""
    first = view([1, 1, 1, 1, 2, 2, 2, 2], last=2)
    second = view([0, 7, 7, 7, 7, 0, 0, 0], last=7)

    assert mutual_matches(first, second, first.box).tolist() == [[1, 7]]


def test_of_two_halves_only_the_better_one_is_joined():
    first = view([1, 1, 1, 1, 1], last=1)
    second = view([3, 3, 3, 4, 4], last=4)

    assert mutual_matches(first, second, first.box).tolist() == [[1, 3]]


def test_what_lies_outside_a_core_competes_but_is_not_joined():
    first = view([1, 1, 1, 9, 9], last=1)  # 9 lies in the halo of the first alone
    second = view([3, 3, 3, 3, 3], last=3)

    assert mutual_matches(first, second, first.box).tolist() == [[1, 3]]
    rival = view([1, 1, 9, 9, 9], last=1)
    assert mutual_matches(rival, second, rival.box).tolist() == []


def test_only_what_is_shared_counts():
    first = view([1, 1, 2, 2], last=2)
    second = view([8, 8, 9, 9], last=9, start=(0, 0, 2))
    shared = Box((0, 0, 2), (1, 1, 4))

    assert mutual_matches(first, second, shared).tolist() == [[2, 8]]


def test_across_a_plane_corners_count_for_objects_faces_for_empty_pieces():
    before = np.zeros((4, 5), np.uint64)  # one wider on each side
    behind = np.array([[11, 0, 12], [0, 13, 0]], np.uint64)
    before[0, 0], before[1, 3], before[2, 1], before[2, 2] = 1, 2, 3, 4
    group_before = np.zeros((4, 5), U8)
    group_before[0, 0], group_before[1, 3], group_before[2, 1] = 1, 2, HOLE
    group_before[2, 2] = HOLE
    group_behind = np.array([[1, 0, 2], [0, HOLE, 0]], U8)

    pairs = join_plane(
        before, behind, group_before, group_behind, split=frozenset(), axis=0
    )

    # 1 by a corner, 2 by a face; of the empty ones 4 by a face, 3 not by an edge
    assert pairs.same.tolist() == [[1, 11], [2, 12], [4, 13]]
    assert pairs.around.tolist() == []


def test_split_groups_are_not_joined_by_touching():
    before = np.full((3, 3), 1, np.uint64)
    behind = np.full((1, 1), 2, np.uint64)
    groups = np.full((3, 3), 1, U8)

    pairs = join_plane(
        before, behind, groups, groups[:1, :1], split=frozenset({1}), axis=0
    )

    assert len(pairs.same) == 0


def test_an_object_behind_a_plane_lies_around_an_empty_piece():
    before = np.full((3, 3), 1, np.uint64)
    behind = np.full((1, 1), 2, np.uint64)
    empty, thing = np.full((3, 3), HOLE, U8), np.full((1, 1), 1, U8)

    pairs = join_plane(before, behind, empty, thing, split=frozenset(), axis=0)

    assert pairs.around.tolist() == [[1, 2]]
    turned = join_plane(
        before,
        behind,
        np.full((3, 3), 1, U8),
        np.full((1, 1), HOLE, U8),
        split=frozenset(),
        axis=0,
    )
    assert turned.around.tolist() == [[2, 1]]
