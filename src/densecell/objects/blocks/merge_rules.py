"""From blocks to objects: which are one, what they enclose, what is no object.

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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape
from densecell.objects.cut.cut_block import HOLE
from densecell.objects.ids import unjoint
from densecell.objects.layers import Layer
from densecell.objects.runs.pieces import united
from densecell.objects.runs.sums import Sums


class Parts(NamedTuple):
    """What the blocks say of one layer; ids are counted on from block to block."""

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


class Objects(NamedTuple):
    """The objects of a layer; row i has the id i + 1."""

    group: NDArray[np.uint8]  # (M,) number of the group, from 1
    sums: Sums
    host: NDArray[np.int64]  # (M,) id in the layer above, 0 for none
    final: NDArray[np.uint64]  # (N,) id of every provisional one, 0 for none
    dropped: Dropped
    filled_voxels: int  # of enclosed pieces

    def __len__(self) -> int:
        """Count the objects."""
        return len(self.group)


def resolve_layer(
    parts: Parts,
    layer: Layer,
    *,
    above: "Objects | None",
    own_channels: Sequence[int],
    shape: Shape,
    min_voxels: float,
) -> Objects:
    """Make objects of the provisional ids of a layer.

    Parameters
    ----------
    parts
        From the blocks.
    above
        The layer that this one lies in, resolved; none: this is the first.
    own_channels
        Number of each group's class, in the order of the scheme.
    shape
        Of the volume.
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
    """Turn ids block << 32 | local into one count over all blocks, from 0."""
    block, local = unjoint(keys)
    return offsets[block] + local - 1


def _owners(
    group: NDArray[np.uint8],
    sums: Sums,
    whole: NDArray[np.int64],
    around: NDArray[np.int64],
    shape: Shape,
) -> NDArray[np.int64]:
    """Give each whole the object that encloses it: itself, unless it is a hole."""
    owner = np.arange(len(group))
    pairs = np.unique(whole[around].reshape(-1, 2), axis=0)
    pieces, first, times = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    alone = (times == 1) & ~touches_border(sums, shape)[pieces]
    owner[pieces[alone]] = pairs[first[alone], 1]
    return owner


def touches_border(sums: Sums, shape: Shape) -> NDArray[np.bool_]:
    """Tell which objects reach the volume's border.

    Axes of a single voxel do not count: in one slice everything would.
    """
    deep = np.array(shape) > 1
    reached = (sums.low == 0) | (sums.high == np.array(shape))
    return (reached & deep).any(axis=1)


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
    """Give each object the one of the layer above that it shares most voxels with.

    Of equals the lowest id; 0 where it shares none with an object that was kept.
    """
    host = np.zeros(count, np.int64)
    if above is None or not len(overlaps):
        return host
    inner = place[overlaps[:, 0]]
    outer = above.final[overlaps[:, 1]].astype(np.int64)
    known = (inner >= 0) & (outer > 0)
    pairs, index = np.unique(
        np.stack([inner[known], outer[known]], 1), axis=0, return_inverse=True
    )
    voxels = np.zeros(len(pairs), np.int64)
    np.add.at(voxels, index.ravel(), overlaps[known, 2])
    order = np.lexsort((pairs[:, 1], -voxels, pairs[:, 0]))[::-1]
    host[pairs[order, 0]] = pairs[order, 1]  # the last assignment stays: the best
    return host


def _judged(
    sums: Sums,
    group: NDArray[np.uint8],
    host: NDArray[np.int64],
    layer: Layer,
    above: "Objects | None",
    own_channels: Sequence[int],
    min_voxels: float,
) -> tuple[NDArray[np.bool_], Dropped]:
    """Tell which objects are kept, and count the others by the first reason."""
    groups = np.arange(1, len(layer.groups) + 1)
    own = np.zeros(len(group), bool)
    needs = np.zeros(len(group), bool)
    for number, part, channel in zip(groups, layer.groups, own_channels, strict=True):
        here = group == number
        own[here] = sums.classes[here, channel] > 0
        needs[here] = above is not None and (part.needs_cell or layer.name == "parts")
    outside = own & needs & (host == 0)
    small = own & ~outside & (sums.voxels < min_voxels)

    def counted(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(group[which], minlength=len(groups) + 1)[1:]

    dropped = Dropped(counted(~own), counted(outside), counted(small))
    return own & ~outside & ~small, dropped
