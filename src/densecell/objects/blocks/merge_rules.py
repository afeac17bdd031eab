"""Rules of merging: which ids are one object, what it encloses, what is dropped.

In this order, layer by layer from cells inwards:

1. provisional ids that were found to be one become one object, their sums added;
2. unsure splinters join the body of another class that they lie on (`one_class`);
3. an empty piece that only one object surrounds, and not the volume's border, becomes
   part of it;
4. the voxels of each object vote on its class (`votes`);
5. dropped are objects without a voxel of their own class (a core alone), those whose
   class lies in another and that no such object of the layer above holds (the scheme's
   parent rules), and those smaller than the settings allow;
6. the others get ids in raster order of their first voxels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape, Spacing
from densecell.objects.blocks.one_class import Touches, joined_bodies
from densecell.objects.blocks.votes import Decision, believed, decided
from densecell.objects.ids import united, unjoint
from densecell.objects.layers import HOLE, ObjectLayer
from densecell.objects.runs.sums import Sums
from densecell.result import CELLS, ORGANELLES, PARTS


class LayerParts(NamedTuple):
    """What the blocks hold of one layer; ids are counted on from block to block."""

    group: NDArray[np.uint8]  # (N,)
    sums: Sums  # of each of N, in voxels of the volume
    same: NDArray[np.int64]  # (P, 2)
    around: NDArray[np.int64]  # (Q, 2) an empty piece, an object
    touches: NDArray[np.int64]  # (T, 5) two of different groups, faces across z, y, x
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
    class_id: NDArray[np.int64]  # (M,) class of that group
    class_share: NDArray[np.float64]  # (M,) of the votes
    second: NDArray[np.uint8]  # (M,) group with the second most votes, 0 for none
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
    layer: ObjectLayer,
    *,
    above: "Objects | None",
    class_ids: Sequence[int],
    shape: Shape,
    min_voxels: float,
    spacing_nm: Spacing | None = None,
    probable: bool = False,
) -> Objects:
    """Merge the provisional ids of a layer into objects.

    Parameters
    ----------
    parts
        What the blocks hold of the layer.
    above
        Objects of the layer that this one lies in; none: this is the first.
    class_ids
        Class ids of the scheme, in the order of the sums by class.
    shape
        Shape of the volume.
    min_voxels
        Smaller objects are dropped.
    spacing_nm
        Voxel size by which splinters are judged; none: nothing joins another class.
    probable
        Votes are probabilities of all classes: see `votes`.
    """
    count, whole = united(parts.same, len(parts.group))
    group = np.zeros(count, np.uint8)
    group[whole] = parts.group
    sums = parts.sums.added(whole, count)
    if spacing_nm is not None:
        owner = _bodies(sums, whole, parts.touches, spacing_nm)
        sums, group, whole = _merged(sums, group, whole, owner)
    owner = _owners(group, sums, whole, parts.around, shape)
    inside = owner != np.arange(len(owner))
    filled = int(sums.voxels[inside].sum())
    sums, group, whole = _merged(sums, group, whole, owner)

    numbers = np.flatnonzero(group != HOLE)
    place = np.full(len(group), -1)
    place[numbers] = np.arange(len(numbers))
    sums = sums.taken(numbers)
    votes = _votes(sums, layer, class_ids)
    size = believed(votes.sum(axis=1), sums.voxels) if probable else sums.voxels
    small = size < min_voxels
    was = group[numbers]
    decision = _decided(votes, was, small, balanced=probable)
    group = decision.group
    host = _hosts(parts.host, place[whole], above, len(numbers))
    keep, dropped = _judged(
        sums,
        group,
        host,
        layer,
        above,
        class_ids,
        voted=(group != was) & ~small,
        too_small=small,
    )

    order = np.flatnonzero(keep)[np.argsort(sums.first[keep])]
    ids = np.zeros(len(numbers) + 1, np.uint64)  # the last: for -1
    ids[order] = np.arange(1, len(order) + 1, dtype=np.uint64)
    class_of = np.array([0, *(g.class_id for g in layer.groups)])
    return Objects(
        group[order],
        class_of[group[order]],
        decision.share[order],
        decision.second[order],
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


def _bodies(
    sums: Sums,
    whole: NDArray[np.int64],
    touches: NDArray[np.int64],
    spacing_nm: Spacing,
) -> NDArray[np.int64]:
    """Body of another class that each object joins: itself, unless it is a splinter."""
    first, second = whole[touches[:, 0]], whole[touches[:, 1]]
    met = Touches.counted(first, second, touches[:, 2:])
    return joined_bodies(met, sums.voxels, sums.confidence, spacing_nm=spacing_nm)


def _votes(
    sums: Sums, layer: ObjectLayer, class_ids: Sequence[int]
) -> NDArray[np.int64]:
    """Votes by group, (N, G)."""
    families = [[class_ids.index(i) for i in g.family] for g in layer.groups]
    return np.stack([sums.votes[:, f].sum(axis=1) for f in families], axis=1)


def _decided(
    votes: NDArray[np.int64],
    group: NDArray[np.uint8],
    too_small: NDArray[np.bool_],
    *,
    balanced: bool,
) -> Decision:
    """Class that the voxels of each object vote for, and the runner-up.

    Objects without votes, of labels whose confidence is not known, stay what they are.
    Specks do not sway how doubtful bodies are shared out.
    """
    found = decided(votes)
    if balanced:
        fair = decided(votes[~too_small], balanced=True)
        found.group[~too_small] = fair.group
        found.share[~too_small] = fair.share
        found.second[~too_small] = fair.second
    silent = votes.sum(axis=1) == 0
    return Decision(
        np.where(silent, group, found.group),
        np.where(silent, np.nan, found.share),
        found.second,
    )


def _held(
    group: NDArray[np.uint8],
    host: NDArray[np.int64],
    layer: ObjectLayer,
    above: "Objects | None",
) -> NDArray[np.bool_]:
    """Whether each lies in an object: a part in one whose class may hold it."""
    if above is None or layer.name != PARTS:
        return host > 0
    held = np.append(0, above.class_id)[host]
    allowed = np.zeros(len(group), bool)
    for number, part in enumerate(layer.groups, 1):
        here = group == number
        allowed[here] = np.isin(held[here], part.above)
    return (host > 0) & allowed


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
    layer: ObjectLayer,
    above: "Objects | None",
    class_ids: Sequence[int],
    *,
    voted: NDArray[np.bool_],
    too_small: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Dropped]:
    """Whether each object is kept, and how many are not, by the first reason."""
    groups = np.arange(1, len(layer.groups) + 1)
    own = np.zeros(len(group), bool)
    needs = np.zeros(len(group), bool)
    for number, part in zip(groups, layer.groups, strict=True):
        here = group == number
        own[here] = sums.classes[here, class_ids.index(part.class_id)] > 0
        needs[here] = above is not None and (part.needs_cell or layer.name == PARTS)
    own |= voted
    outside = own & needs & ~_held(group, host, layer, above)
    small = own & ~outside & too_small

    def counted(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(group[which], minlength=len(groups) + 1)[1:]

    dropped = Dropped(counted(~own), counted(outside), counted(small))
    return own & ~outside & ~small, dropped
