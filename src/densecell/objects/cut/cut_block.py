"""One block of labels to objects that are numbered for this block alone.

::

    +---------------- seen ----------------+
    |  halo    +------ core ------+        |    whole groups: components of the core
    |          |   1   2   3      |        |    split groups: of all that is seen, on
    |          +------------------+        |    coarse voxels, kept for the neighbours
    +--------------------------------------+

What no object fills is numbered too, in pieces that touch by faces: a piece that only
one object surrounds is a hole of it.
"""

from collections.abc import Callable
from typing import NamedTuple

import fastremap
import numpy as np
from numpy.typing import NDArray

from densecell.config import ObjectsConfig
from densecell.geometry import Box, Shape, Spacing, round_up
from densecell.objects.cut.affinities import Affinities
from densecell.objects.cut.coarse import (
    Counts,
    aligned,
    coarse_box,
    occupancy,
    refined,
    thinned,
    with_halo,
)
from densecell.objects.cut.cutter import Cutter, by_affinities, by_distances
from densecell.objects.layers import Layer, of_classes
from densecell.objects.runs.pieces import Pieces, united

HOLE = 255  # the group of what no object fills
SLAB = 4  # slices that are counted at once
Read = Callable[[Box], NDArray[np.uint8]]


class Seen(NamedTuple):
    """A split group on some coarse voxels of a block and its halo."""

    box: Box  # in coarse voxels of the volume
    objects: NDArray[np.uint32]  # local ids, and higher ones outside the core
    last: int  # the highest id that the core has


class Cuts(NamedTuple):
    """The objects of the split groups of one layer in one block."""

    ids: NDArray[np.uint32] | None  # (Z, Y, X) of the core, 0 elsewhere; or no group
    group: NDArray[np.uint8]  # (N + 1,) number of the group by local id
    seen: dict[int, Seen]  # by number of the group


class Numbered(NamedTuple):
    """The objects of one layer in one block."""

    ids: NDArray[np.uint32]  # (P,) local id of each piece: 1..N without gaps, or 0
    group: NDArray[np.uint8]  # (N + 1,) number of the group by local id, or HOLE
    around: NDArray[np.uint64]  # (M, 2) an empty piece, an object at a face of it

    @property
    def highest(self) -> int:
        """Give the highest local id."""
        return len(self.group) - 1


def cut_block(
    read: Read,
    core: Box,
    layer: Layer,
    *,
    shape: Shape,
    spacing_nm: Spacing,
    config: ObjectsConfig,
    affinities: Affinities | None = None,
) -> Cuts:
    """Split the groups of a layer that are to be split, in a block and its halo.

    Parameters
    ----------
    read
        Gives the class ids of any box inside the volume.
    core
        The block; its corner lies on coarse voxels of every split group.
    shape
        Of the volume.
    affinities
        What touching objects are cut by; none: by distances.
    """
    cuts = Cuts(None, np.zeros(1, np.uint8), {})
    for number, part in enumerate(layer.groups, 1):
        if part.split is None:
            continue
        cutter = (
            by_distances(part.split, spacing_nm)
            if affinities is None
            else by_affinities(affinities, config, spacing_nm)
        )
        box = with_halo(core, cutter.halo_nm, shape, spacing_nm)
        box = aligned(box, cutter.told_factors, shape)
        labels = read(box)
        mask = of_classes(labels[core.relative_to(box.start).slices], part.family)
        if not mask.any():
            continue
        coarse = cutter.cut(box, _counted(labels, part.family, cutter.factors))
        ids, seen = _numbered(coarse, mask, cutter, core, box, first=len(cuts.group))
        new = seen.last + 1 - len(cuts.group)
        cuts = Cuts(
            ids if cuts.ids is None else cuts.ids + ids,  # they share no voxel
            np.append(cuts.group, np.full(new, number, np.uint8)),
            cuts.seen | {number: seen},
        )
    return cuts


def number_block(
    pieces: Pieces,
    grouped: NDArray[np.uint8],
    cut: NDArray[np.uint32],
    *,
    cuts: Cuts,
    fill_holes: bool,
) -> Numbered:
    """Give ids to the objects of a layer in a block.

    Parameters
    ----------
    pieces
        Of the block.
    grouped
        (P,) number of the group of each piece, 0 for none.
    cut
        (P,) local id of each piece of a split group, 0 for the others.
    cuts
        What those are of.
    fill_holes
        Whether what no object fills is numbered too.
    """
    kind = np.where(grouped == 0, HOLE if fill_holes else 0, grouped)
    own = (kind > 0) & (cut == 0)
    a, b = pieces.first, pieces.second
    joined = own[a] & own[b] & (kind[a] == kind[b])
    joined &= pieces.by_face | (kind[a] != HOLE)
    _, object_of = united(np.stack([a[joined], b[joined]], axis=1), len(kind))
    found, index = np.unique(object_of[own], return_inverse=True)
    ids = cut.copy()
    ids[own] = index + len(cuts.group)
    more = np.zeros(len(found), np.uint8)
    more[index] = kind[own]
    group = np.concatenate([cuts.group, more])
    return Numbered(ids, group, _surroundings(pieces, ids, group))


def _surroundings(
    pieces: Pieces, ids: NDArray[np.uint32], group: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    """Find which objects lie at faces of empty pieces: (M, 2) local ids."""
    a, b = ids[pieces.first[pieces.by_face]], ids[pieces.second[pieces.by_face]]
    found = []
    for hole, thing in ((a, b), (b, a)):
        met = (group[hole] == HOLE) & (group[thing] != HOLE) & (thing > 0)
        found.append(np.stack([hole[met], thing[met]], axis=1))
    return np.unique(np.concatenate(found), axis=0).astype(np.uint64)


def _counted(
    labels: NDArray[np.uint8], family: tuple[int, ...], factors: Shape
) -> Counts:
    """Count the voxels of some classes in every coarse voxel.

    A few slices at a time: fresh memory for as many booleans takes longer than to
    compare.
    """
    step = round_up(SLAB, factors[0])
    return np.concatenate(
        [
            occupancy(of_classes(labels[z : z + step], family), factors)
            for z in range(0, len(labels), step)
        ]
    )


def _numbered(
    coarse: NDArray[np.uint32],
    mask: NDArray[np.bool_],
    cutter: Cutter,
    core: Box,
    box: Box,
    *,
    first: int,
) -> tuple[NDArray[np.uint32], Seen]:
    """Give ids from `first` to what was cut in the core, higher ones to the rest.

    Parameters
    ----------
    coarse
        What was cut in the core and its halo, which are `box`, on coarse voxels.
    mask
        (Z, Y, X) voxels of the core that are split.
    """
    factors, told = cutter.factors, cutter.told_factors
    here = coarse_box(core, factors).relative_to(coarse_box(box, factors).start)
    # Whatever coarse voxel has an id has voxels of the mask, here in the core.
    order = fastremap.unique(coarse[here.slices])
    order = order[order > 0]
    table = np.zeros(int(coarse.max()) + 1, np.uint32)
    table[order] = np.arange(first, first + len(order))
    others = np.setdiff1d(np.arange(1, len(table)), order)
    outside = table.copy()
    outside[others] = np.arange(len(others)) + first + len(order)
    last = first + len(order) - 1
    part = Box((0, 0, 0), core.shape).slices
    fine = refined(table[coarse[here.slices]], factors)[part]
    fine *= mask
    z, y, x = (t // f for t, f in zip(told, factors, strict=True))
    return fine, Seen(coarse_box(box, told), thinned(outside[coarse], (z, y, x)), last)
