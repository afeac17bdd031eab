"""The rules of merging, each on a handful of drawn ids."""

from dataclasses import replace

import numpy as np
import pytest

from densecell.objects.blocks.merge_rules import (
    Dropped,
    LayerParts,
    Objects,
    best_overlaps,
    cell_of,
    counted_on,
    merge_layer,
    touches_border,
)
from densecell.objects.layers import HOLE, ClassGroup, ObjectLayer
from densecell.objects.runs.sums import Sums

SHAPE = (1, 9, 9)
CELL = ClassGroup(1, (1,), (), needs_cell=False, split=None)
GRANULE = ClassGroup(2, (2,), (1,), needs_cell=True, split=None)
CORE = ClassGroup(6, (6,), (1,), needs_cell=False, split=None)


def sums_of(voxels, *, first=None, own=None, border=()):
    """Sums of objects away from the border, but for some; of one class each."""
    count = len(voxels)
    low = np.full((count, 3), 3)
    low[list(border)] = 0
    return Sums(
        voxels=np.array(voxels),
        first=np.arange(count) if first is None else np.array(first),
        low=low,
        high=np.full((count, 3), 5),
        position=np.zeros((count, 3), int),
        square=np.zeros((count, 6), int).astype(object),
        classes=np.array(voxels if own is None else own)[:, None],
        confidence=np.zeros(count, int),
        votes=np.zeros((count, 1), int),
    )


def merged(
    group, sums, *, same=(), around=(), host=(), layer=None, above=None, least=0
):
    """Merge the ids of a layer of one group."""
    parts = LayerParts(
        np.array(group, np.uint8),
        sums,
        np.array(same, int).reshape(-1, 2),
        np.array(around, int).reshape(-1, 2),
        np.zeros((0, 5), int),
        np.array(host, int).reshape(-1, 3),
    )
    layer = layer or ObjectLayer("cells", (CELL,))
    return merge_layer(
        parts,
        layer,
        above=above,
        class_ids=[layer.groups[0].class_id],
        shape=SHAPE,
        min_voxels=least,
    )


def two_cells(final):
    """Two cells, of which `final` are the final ids of the provisional ones."""
    none = np.zeros(1, int)
    return Objects(
        np.ones(2, np.uint8),
        np.ones(2, int),
        np.full(2, np.nan),
        np.zeros(2, np.uint8),
        sums_of([9, 9]),
        np.zeros(2, int),
        np.array(final, np.uint64),
        Dropped(none, none, none),
        0,
    )


def counts(dropped):
    return tuple(int(field[0]) for field in dropped)


def test_ids_that_are_one_become_one_object_in_order_of_first_voxels():
    sums = sums_of([1, 2, 4, 8], first=[30, 20, 10, 25])

    found = merged([1, 1, 1, 1], sums, same=[[0, 2], [2, 0]])

    assert found.sums.voxels.tolist() == [1 + 4, 2, 8]
    assert found.sums.first.tolist() == [10, 20, 25]
    assert found.final.tolist() == [1, 2, 1, 3]
    assert found.group.tolist() == [1, 1, 1]


def test_a_hole_that_one_object_surrounds_becomes_part_of_it():
    sums = sums_of([10, 3, 20], own=[10, 0, 20])

    found = merged([1, HOLE, 1], sums, around=[[1, 0], [1, 0]])

    assert found.sums.voxels.tolist() == [13, 20]
    assert found.final.tolist() == [1, 1, 2]
    assert found.filled_voxels == 3


@pytest.mark.parametrize(
    ("around", "border"),
    [
        ([[1, 0], [1, 2]], ()),  # two objects surround it
        ([[1, 0]], (1,)),  # it opens to the outside
        ([], ()),  # nothing is known to surround it
    ],
)
def test_other_empty_pieces_stay_empty(around, border):
    sums = sums_of([10, 3, 20], own=[10, 0, 20], border=border)

    found = merged([1, HOLE, 1], sums, around=around)

    assert found.sums.voxels.tolist() == [10, 20]
    assert found.final.tolist() == [1, 0, 2]
    assert found.filled_voxels == 0


def test_a_hole_between_blocks_counts_all_that_surrounds_any_of_its_parts():
    sums = sums_of([10, 3, 3, 20], own=[10, 0, 0, 20])
    one_hole = {"same": [[1, 2]], "around": [[1, 0], [2, 3]]}

    apart = merged([1, HOLE, HOLE, 1], sums, **one_hole)
    together = merged(
        [1, HOLE, HOLE, 1],
        sums,
        same=[[1, 2], [0, 3]],
        around=one_hole["around"],
    )

    assert apart.filled_voxels == 0
    assert together.filled_voxels == 6
    assert together.sums.voxels.tolist() == [36]


def test_an_object_without_a_voxel_of_its_own_class_is_dropped():
    found = merged([1, 1], sums_of([5, 7], own=[0, 1]))

    assert found.sums.voxels.tolist() == [7]
    assert found.final.tolist() == [0, 1]
    assert counts(found.dropped) == (1, 0, 0)


def test_small_objects_are_dropped_but_not_those_of_just_the_least_size():
    found = merged([1, 1, 1], sums_of([2, 3, 4]), least=3)

    assert found.sums.voxels.tolist() == [3, 4]
    assert counts(found.dropped) == (0, 0, 1)


def test_an_object_lies_in_the_one_that_it_shares_most_voxels_with():
    layer = ObjectLayer("organelles", (GRANULE,))
    host = [[0, 0, 2], [0, 1, 3], [0, 0, 2], [1, 1, 1], [1, 0, 1]]

    found = merged(
        [1, 1], sums_of([7, 2]), host=host, layer=layer, above=two_cells([1, 2])
    )

    assert found.host.tolist() == [1, 1]  # of equal ones the lowest


@pytest.mark.parametrize("layer", [("organelles", GRANULE), ("parts", CORE)])
def test_outside_what_it_must_lie_in_an_object_is_dropped(layer):
    name, group = layer
    host = [[0, 0, 9], [1, 1, 9]]

    found = merged(
        [1, 1, 1],
        sums_of([9, 9, 1]),
        host=host,
        layer=ObjectLayer(name, (group,)),
        above=two_cells([0, 1]),  # the first was dropped
        least=5,
    )

    assert found.final.tolist() == [0, 1, 0]
    assert found.host.tolist() == [1]
    assert counts(found.dropped) == (0, 2, 0)  # by the first reason


def test_where_the_scheme_has_no_cells_none_is_needed():
    found = merged([1], sums_of([9]), layer=ObjectLayer("organelles", (GRANULE,)))

    assert found.final.tolist() == [1]
    assert found.host.tolist() == [0]


def test_nothing_is_no_object():
    found = merged([], sums_of([]))

    assert len(found) == 0
    assert found.final.tolist() == []


def test_ids_of_blocks_are_counted_on():
    keys = np.array([[1, (1 << 32) | 1], [2, (2 << 32) | 3]], np.uint64)

    assert counted_on(keys, np.array([0, 5, 9, 12])).tolist() == [[0, 5], [1, 11]]


def test_the_border_is_that_of_axes_with_several_voxels():
    sums = sums_of([1, 1, 1, 1])._replace(
        low=np.array([[0, 1, 1], [0, 0, 1], [0, 1, 1], [0, 8, 8]]),
        high=np.array([[1, 2, 2], [1, 2, 2], [1, 2, 9], [1, 9, 9]]),
    )

    assert touches_border(sums, SHAPE).tolist() == [False, True, True, True]
    assert touches_border(sums, (2, 9, 9)).tolist() == [True] * 4


def test_overlaps_of_nothing_are_none():
    assert best_overlaps(np.zeros((0, 3), int), 3).tolist() == [0, 0, 0]


def test_a_part_lies_in_the_cell_of_its_organelle():
    cells = two_cells([1, 2])
    organelles = replace(cells, host=np.array([2, 0]))
    parts = replace(cells, host=np.array([1, 2]))

    found = {"cells": cells, "organelles": organelles, "parts": parts}

    assert cell_of(found, "cells").tolist() == [1, 2]
    assert cell_of(found, "organelles").tolist() == [2, 0]
    assert cell_of(found, "parts").tolist() == [2, 0]
    del found["organelles"]
    assert cell_of(found, "parts").tolist() == [1, 2]


def test_a_part_in_an_object_of_another_class_is_dropped():
    core = ClassGroup(
        6, (6,), (5,), needs_cell=True, split=None
    )  # of a granule, not of 1

    found = merged(
        [1],
        sums_of([9]),
        host=[[0, 0, 9]],
        layer=ObjectLayer("parts", (core,)),
        above=two_cells([1, 2]),
    )

    assert len(found) == 0
    assert found.dropped.outside_parent.tolist() == [1]
