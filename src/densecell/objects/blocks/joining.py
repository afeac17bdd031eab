"""Objects of neighbouring blocks that are one.

Whole groups and empty pieces are one where they touch across a face of two blocks; the
result is that of the whole volume at once. Split groups are one where both blocks, of
what both have seen, say so: each other's best match, covering half of the smaller.
Touching is not enough there, because what was cut touches too.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.cut.cut_block import HOLE, Seen
from densecell.objects.ids import joint_keys, unjoint

OVERLAP = 0.5  # of the smaller of two, in what both blocks have seen
STEPS = (-1, 0, 1)


class Pairs(NamedTuple):
    """Pairs (N, 2) of provisional ids: block << 32 | local id."""

    same: NDArray[np.uint64]
    around: NDArray[np.uint64]  # an empty piece, and an object at a face of it


def join_plane(
    before: NDArray[np.uint64],
    behind: NDArray[np.uint64],
    group_before: NDArray[np.uint8],
    group_behind: NDArray[np.uint8],
    *,
    split: frozenset[int],
) -> Pairs:
    """Join objects across a plane.

    Parameters
    ----------
    before
        (A + 2, B + 2) provisional ids in front of the plane, one voxel wider on every
        side than `behind`; 0 where there is nothing.
    behind
        (A, B) provisional ids behind it.
    group_before, group_behind
        Of each voxel.
    split
        Groups that are not joined here.
    """
    straight = before[1:-1, 1:-1], group_before[1:-1, 1:-1]
    whole = ~np.isin(group_behind, [0, HOLE, *split])
    same, around = [], []
    for y in STEPS:
        for x in STEPS:
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
    return Pairs(np.concatenate(same), np.concatenate(around))


def mutual_matches(first: Seen, second: Seen, shared: Box) -> NDArray[np.int64]:
    """Find objects that two blocks agree on: (N, 2) local ids of first and second.

    Parameters
    ----------
    first, second
        What each block has seen of one split group.
    shared
        Where both are to be compared, in coarse voxels of the volume.
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


def unique_rows(
    first: NDArray[np.unsignedinteger], second: NDArray[np.unsignedinteger]
) -> NDArray[np.uint64]:
    """Give the (N, 2) different pairs of two arrays."""
    pairs = np.stack([first.astype(np.uint64), second.astype(np.uint64)], axis=1)
    if len(pairs) < 2:
        return pairs
    changes = (pairs[1:] != pairs[:-1]).any(1)  # neighbours mostly say the same
    return np.unique(pairs[np.append(True, changes)], axis=0)


def _is_best(ids: NDArray[np.int64], overlap: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each pair whether it is the best of its id; the first of equals is."""
    order = np.lexsort((-overlap, ids))
    first = np.append(True, ids[order][1:] != ids[order][:-1])
    best = np.zeros(len(ids), bool)
    best[order[first[: len(order)]]] = True
    return best
