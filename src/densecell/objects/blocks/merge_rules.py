"""Rules of merging: which ids are one object, what it encloses, what is dropped.

In this order, layer by layer from cells inwards:

1. provisional ids that were found to be one become one object, their sums added;
2. an empty piece that only one object surrounds, and not the volume's border, becomes
   part of it;
3. dropped are objects without a voxel of their own class, those whose class lies in
   another and that no object of the layer above holds (the scheme's parent rules), and
   those smaller than the settings allow;
4. the others get ids in raster order of their first voxels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape
from densecell.objects.ids import united, unjoint
from densecell.objects.layers import HOLE, Layer
from densecell.objects.runs.sums import Sums
from densecell.result import CELLS, ORGANELLES, PARTS


class LayerParts(NamedTuple):
    """What the blocks hold of one layer; ids are counted on from block to block."""

    group: NDArray[np.uint8]  # (N,)
    sums: Sums  # of each of N, in voxels of the volume
    same: NDArray[np.int64]  # (P, 2)
    around: NDArray[np.int64]  # (Q, 2) an empty piece, an object
    host: NDArray[np.int64]  # (R, 3) this, an id of the layer above, voxels


class Dropped(NamedTuple):
    """How many objects were dropped, and why."""

    without_own_class: NDArray[np.int64]  # (G,) by group
    outside_parent: NDArray[np.int64]  # (G,)
    too_small: NDArray[np.int64]  # (G,)


@dataclass(frozen=True)
class Objects:
    """The objects of a layer; row i has the id i + 1."""

    group: NDArray[np.uint8]  # (M,) number of the group, from 1
    sums: Sums
    host: NDArray[np.int64]  # (M,) id in the layer above, 0 for none
    final: NDArray[np.uint64]  # (N,) id of every provisional one, 0 for none
    dropped: Dropped
    filled_voxels: int  # of enclosed pieces

    def __len__(self) -> int:
        """Number of objects."""
        return len(self.group)


LayerObjects = dict[str, Objects]  # by layer, cells first


def merge_layer(
    parts: LayerParts,
    layer: Layer,
    *,
    above: "Objects | None",
    own_channels: Sequence[int],
    shape: Shape,
    min_voxels: float,
) -> Objects:
    """Merge the provisional ids of a layer into objects.

    Parameters
    ----------
    parts
        What the blocks hold of the layer.
    above
        Objects of the layer that this one lies in; none: this is the first.
    own_channels
        Number of each group's class, in the order of the scheme.
    shape
        Shape of the volume.
    min_voxels
        Smaller objects are dropped.
    """
    count, whole = united(parts.same, len(parts.group))
    group = np.zeros(count, np.uint8)
    group[whole] = parts.group
    sums = parts.sums.added(whole, count)
    owner = _owners(group, sums, whole, parts.around, shape)
    inside = owner != np.arange(count)
    filled = int(sums.voxels[inside].sum())
    sums, group, whole = _merged(sums, group, whole, owner)

    numbers = np.flatnonzero(group != HOLE)
    place = np.full(len(group), -1)
    place[numbers] = np.arange(len(numbers))
    sums, group = sums.taken(numbers), group[numbers]
    host = _hosts(parts.host, place[whole], above, len(numbers))
    keep, dropped = _judged(sums, group, host, layer, above, own_channels, min_voxels)

    order = np.flatnonzero(keep)[np.argsort(sums.first[keep])]
    ids = np.zeros(len(numbers) + 1, np.uint64)  # the last: for -1
    ids[order] = np.arange(1, len(order) + 1, dtype=np.uint64)
    return Objects(
        group[order],
        sums.taken(order),
        host[order],
        ids[place[whole]],
        dropped,
        filled,
    )


def counted_on(
    keys: NDArray[np.uint64], offsets: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Ids block << 32 | local, as one count over all blocks from 0."""
    block, local = unjoint(keys)
    return offsets[block] + local - 1


def cell_of(found: LayerObjects, layer: str) -> NDArray[np.int64]:
    """Cell of each object of a layer, 0 for none."""
    objects = found[layer]
    if layer == CELLS:
        return np.arange(1, len(objects) + 1)
    if layer == ORGANELLES or ORGANELLES not in found:
        return objects.host
    above = np.append(0, found[ORGANELLES].host)
    return above[objects.host]


def touches_border(sums: Sums, shape: Shape) -> NDArray[np.bool_]:
    """Whether each object reaches the volume's border.

    Axes of a single voxel do not count: in one slice everything would.
    """
    deep = np.array(shape) > 1
    reached = (sums.low == 0) | (sums.high == np.array(shape))
    return (reached & deep).any(axis=1)


def best_overlaps(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Partner that each of `count` objects shares most voxels with; 0 for none.

    Parameters
    ----------
    rows
        (R, 3) object from 0, partner from 1, voxels; rows of one pair are added up. Of
        partners with equally many voxels the lowest counts.

    Examples
    --------
    >>> best_overlaps(np.array([[0, 7, 2], [0, 5, 1], [0, 5, 1]]), 2)
    array([5, 0])
    """
    pairs, index = np.unique(rows[:, :2], axis=0, return_inverse=True)
    voxels = np.zeros(len(pairs), np.int64)
    np.add.at(voxels, index.ravel(), rows[:, 2])
    order = np.lexsort((pairs[:, 1], -voxels, pairs[:, 0]))[::-1]
    best = np.zeros(count, np.int64)
    best[pairs[order, 0]] = pairs[order, 1]  # the last assignment stays: the best
    return best


def _owners(
    group: NDArray[np.uint8],
    sums: Sums,
    whole: NDArray[np.int64],
    around: NDArray[np.int64],
    shape: Shape,
) -> NDArray[np.int64]:
    """Object that encloses each whole: itself, unless it is a hole."""
    owner = np.arange(len(group))
    pairs = np.unique(whole[around].reshape(-1, 2), axis=0)
    pieces, first, times = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    alone = (times == 1) & ~touches_border(sums, shape)[pieces]
    owner[pieces[alone]] = pairs[first[alone], 1]
    return owner


def _merged(
    sums: Sums,
    group: NDArray[np.uint8],
    whole: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> tuple[Sums, NDArray[np.uint8], NDArray[np.int64]]:
    """Add holes to their owners."""
    kept, into = np.unique(owner, return_inverse=True)
    return sums.added(into, len(kept)), group[kept], into[whole]


def _hosts(
    overlaps: NDArray[np.int64],
    place: NDArray[np.int64],
    above: "Objects | None",
    count: int,
) -> NDArray[np.int64]:
    """Object of the layer above that each object shares most voxels with.

    0 where it shares none with an object that was kept.
    """
    if above is None or not len(overlaps):
        return np.zeros(count, np.int64)
    inner = place[overlaps[:, 0]]
    outer = above.final[overlaps[:, 1]].astype(np.int64)
    known = (inner >= 0) & (outer > 0)
    rows = np.stack([inner[known], outer[known], overlaps[known, 2]], axis=1)
    return best_overlaps(rows, count)


def _judged(
    sums: Sums,
    group: NDArray[np.uint8],
    host: NDArray[np.int64],
    layer: Layer,
    above: "Objects | None",
    own_channels: Sequence[int],
    min_voxels: float,
) -> tuple[NDArray[np.bool_], Dropped]:
    """Whether each object is kept, and how many are not, by the first reason."""
    groups = np.arange(1, len(layer.groups) + 1)
    own = np.zeros(len(group), bool)
    needs = np.zeros(len(group), bool)
    for number, part, channel in zip(groups, layer.groups, own_channels, strict=True):
        here = group == number
        own[here] = sums.classes[here, channel] > 0
        needs[here] = above is not None and (part.needs_cell or layer.name == PARTS)
    outside = own & needs & (host == 0)
    small = own & ~outside & (sums.voxels < min_voxels)

    def counted(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(group[which], minlength=len(groups) + 1)[1:]

    dropped = Dropped(counted(~own), counted(outside), counted(small))
    return own & ~outside & ~small, dropped
