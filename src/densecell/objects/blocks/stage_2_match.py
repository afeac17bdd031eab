"""Second stage: which objects of a block are one with those of the blocks before it.

Whole groups and empty pieces are one where they touch across a face of two blocks. The
result is that of the whole volume at once. Cut groups are one where both blocks, in
their shared halo, agree: each other's best match, covering half of the smaller one.
Touching is not enough there, because what was cut touches too.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, per_axis
from densecell.objects.blocks.block_file import (
    BlockIds,
    MatchedBlock,
    MatchedLayer,
)
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.one_class import touches_across
from densecell.objects.cut.blockwise import HaloView
from densecell.objects.ids import joint_keys, unjoint
from densecell.objects.layers import HOLE, ObjectLayer

OVERLAP = 0.5  # of the smaller of two objects, in the halo that both blocks share
ASIDE = (-1, 0, 1)


class Plane(NamedTuple):
    """Ids of one layer in a plane."""

    ids: NDArray[np.uint64]  # block << 32 | local id, 0 for none
    group: NDArray[np.uint8]


def match_block(job: Job, number: int) -> None:
    """Find which objects of a block are one with those before it."""
    ids_of = lru_cache(maxsize=None)(job.ids)
    found = {name: [_layer()] for name in job.layers}
    for axis, other in _before(job, number):
        before, behind = (
            _planes_of(job, ids_of, box) for box in _planes(job, number, axis)
        )
        for name, layer in job.layers.items():
            found[name].append(_across(layer, before[name], behind[name], axis))
            found[name].append(_layer(same=_matches(job, layer, other, number)))
    layers = {
        name: MatchedLayer(*map(np.concatenate, zip(*pairs, strict=True)))
        for name, pairs in found.items()
    }
    MatchedBlock(layers).save(job.mark("join", number))


def join_plane(
    before: NDArray[np.uint64],
    behind: NDArray[np.uint64],
    group_before: NDArray[np.uint8],
    group_behind: NDArray[np.uint8],
    *,
    split: frozenset[int],
    axis: int,
) -> MatchedLayer:
    """Objects that are one, lie around holes, or touch another, across a plane.

    Parameters
    ----------
    before
        (A + 2, B + 2) provisional ids in front of the plane, one voxel wider on every
        side than `behind`; 0 where there is nothing.
    behind
        (A, B) provisional ids behind it.
    group_before, group_behind
        Number of the group of each voxel.
    split
        Groups that are not joined by touching.
    axis
        Axis that the plane is normal to.
    """
    straight = before[1:-1, 1:-1], group_before[1:-1, 1:-1]
    whole = ~np.isin(group_behind, [0, HOLE, *split])
    same, around = [], []
    for y in ASIDE:
        for x in ASIDE:
            rows = slice(1 + y, 1 + y + behind.shape[0])
            columns = slice(1 + x, 1 + x + behind.shape[1])
            met = whole & (group_before[rows, columns] == group_behind)
            same.append(unique_rows(before[rows, columns][met], behind[met]))
    ids, groups = straight
    empty = (groups == HOLE) & (group_behind == HOLE)
    same.append(unique_rows(ids[empty], behind[empty]))
    for hole, thing, is_hole, is_thing in (
        (ids, behind, groups, group_behind),
        (behind, ids, group_behind, groups),
    ):
        met = (is_hole == HOLE) & (is_thing != HOLE) & (is_thing != 0)
        around.append(unique_rows(hole[met], thing[met]))
    solid = [np.where(g == HOLE, 0, g) for g in (groups, group_behind)]
    touching, faces = touches_across(ids, behind, *solid, axis=axis)
    return MatchedLayer(np.concatenate(same), np.concatenate(around), touching, faces)


def mutual_matches(first: HaloView, second: HaloView, shared: Box) -> NDArray[np.int64]:
    """Objects that two blocks agree on: (N, 2) local ids of first and second.

    Parameters
    ----------
    first, second
        One cut group, as each block and its halo show it.
    shared
        Box in which both are compared, in coarse voxels of the volume.
    """
    a = first.objects[shared.relative_to(first.box.start).slices].ravel()
    b = second.objects[shared.relative_to(second.box.start).slices].ravel()
    both = (a > 0) & (b > 0)
    keys, overlap = np.unique(joint_keys(a[both], b[both]), return_counts=True)
    one, two = unjoint(keys)
    size_one = np.bincount(a)[one]
    size_two = np.bincount(b)[two]
    best = _is_best(one, overlap) & _is_best(two, overlap)
    enough = overlap >= OVERLAP * np.minimum(size_one, size_two)
    inside = (one <= first.last) & (two <= second.last)  # others only compete
    return np.stack([one, two], axis=1)[best & enough & inside]


def _before(job: Job, number: int) -> list[tuple[int, int]]:
    """Neighbours in front of a block: (axis, number)."""
    grid = job.measurement.grid
    place = np.unravel_index(number, grid)
    found = []
    for axis in range(3):
        if place[axis] > 0:
            step = [int(n) - (a == axis) for a, n in enumerate(place)]
            found.append((axis, int(np.ravel_multi_index(step, grid))))
    return found


def _across(
    layer: ObjectLayer, before: Plane, behind: Plane, axis: int
) -> MatchedLayer:
    """Pairs of a layer across the near face of a block."""
    split = {n for n, g in enumerate(layer.groups, 1) if g.split is not None}
    return join_plane(
        before.ids.squeeze(axis),
        behind.ids.squeeze(axis),
        before.group.squeeze(axis),
        behind.group.squeeze(axis),
        split=frozenset(split),
        axis=axis,
    )


def _layer(same: NDArray[np.uint64] | None = None) -> MatchedLayer:
    """Pairs of objects that are one; no others."""
    none = np.zeros((0, 2), np.uint64)
    faces = np.zeros((0, 3), np.int64)
    return MatchedLayer(none if same is None else same, none, none, faces)


def _planes_of(
    job: Job, ids_of: Callable[[int], BlockIds], box: Box
) -> dict[str, Plane]:
    """Ids and groups of every layer in a box; 0 outside the volume."""
    planes = {
        name: Plane(np.zeros(box.shape, np.uint64), np.zeros(box.shape, np.uint8))
        for name in job.layers
    }
    inside = box.clipped(job.measurement.shape)
    for number in job.blocks_in(inside):
        block = ids_of(number)
        part = inside.intersection(block.core)
        where = part.relative_to(box.start).slices
        for name, plane in planes.items():
            local = block.of(name)
            ids = joint_keys(np.full(len(local), number), local)
            ids[local == 0] = 0
            plane.ids[where] = block.spread(ids, part)
            plane.group[where] = block.spread(block.group(name), part)
    return planes


def _matches(
    job: Job, layer: ObjectLayer, before: int, number: int
) -> NDArray[np.uint64]:
    """Pairs of cut objects of two neighbours that are one."""
    found = [np.zeros((0, 2), np.uint64)]
    for n, group in enumerate(layer.groups, 1):
        if group.split is None:
            continue
        first, second = (job.file(b).view(layer.name, n) for b in (before, number))
        if first is None or second is None:
            continue
        shared = first.box.intersection(second.box)
        local = mutual_matches(first, second, _inner(shared, first, second))
        blocks = np.broadcast_to([before, number], local.shape)
        found.append(joint_keys(blocks, local))
    return np.concatenate(found)


def _planes(job: Job, number: int, axis: int) -> tuple[Box, Box]:
    """The plane in front of a block, one voxel wider, and the block's first plane."""
    core = job.measurement.blocks[number]
    along = per_axis(lambda a: int(a == axis), (0, 1, 2))
    across = per_axis(lambda step: 1 - step, along)
    thin = per_axis(lambda size, step: 1 if step else size, core.shape, along)
    behind = Box.at(core.start, thin)
    return behind.shifted(per_axis(int.__neg__, along)).grown(across), behind


def _inner(shared: Box, first: HaloView, second: HaloView) -> Box:
    """Leave out the outer halves of the halos, where objects were cut off."""

    def cut(start: int, stop: int, mine: int, other: int) -> int:
        return (stop - start) // 4 if mine < other else 0

    margin = per_axis(cut, *shared, first.box.start, second.box.start)
    return shared.grown(per_axis(int.__neg__, margin))


def unique_rows(
    first: NDArray[np.unsignedinteger], second: NDArray[np.unsignedinteger]
) -> NDArray[np.uint64]:
    """Different pairs of two arrays, (N, 2)."""
    pairs = np.stack([first.astype(np.uint64), second.astype(np.uint64)], axis=1)
    if len(pairs) < 2:
        return pairs
    changes = (pairs[1:] != pairs[:-1]).any(1)  # neighbours are mostly equal
    return np.unique(pairs[np.append(True, changes)], axis=0)


def _is_best(ids: NDArray[np.int64], overlap: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each pair is the best of its id; of equal ones the first is."""
    order = np.lexsort((-overlap, ids))
    first = np.append(True, ids[order][1:] != ids[order][:-1])
    best = np.zeros(len(ids), bool)
    best[order[first[: len(order)]]] = True
    return best
