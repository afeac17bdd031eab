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

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cc3d
import fastremap
import numpy as np
from numpy.typing import NDArray

from densecell.config import ObjectsConfig
from densecell.geometry import Box, Shape, Spacing
from densecell.objects.coarse import (
    aligned,
    coarse_box,
    refined,
    with_halo,
)
from densecell.objects.cutters import Cutter, by_affinities, by_distances
from densecell.objects.layers import Group, Layer
from densecell.objects.learned import Affinities
from densecell.objects.splitting import CONNECTIVITY

HOLE = 255  # the group of what no object fills
Read = Callable[[Box], NDArray[np.uint8]]


class Seen(NamedTuple):
    """A split group on some coarse voxels of a block and its halo."""

    box: Box  # in coarse voxels of the volume
    objects: NDArray[np.uint32]  # local ids, and higher ones outside the core
    last: int  # the highest id that the core has


class Numbered(NamedTuple):
    """The objects of one layer in one block."""

    ids: NDArray[np.uint32]  # (Z, Y, X) of the core, 1..N without gaps
    group: NDArray[np.uint8]  # (N + 1,) number of the group by local id, or HOLE
    seen: dict[int, Seen]  # by number of the group

    @property
    def highest(self) -> int:
        """Give the highest local id."""
        return len(self.group) - 1


def number_block(
    read: Read,
    core: Box,
    layer: Layer,
    *,
    shape: Shape,
    spacing_nm: Spacing,
    config: ObjectsConfig,
    affinities: Affinities | None = None,
) -> Numbered:
    """Give ids to the objects of a layer in a block.

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
    table = layer.group_table()
    grouped = table[read(core)]
    ids = _components(_only_whole(grouped, layer.groups))
    seen: dict[int, Seen] = {}
    group = _groups(ids, grouped)
    for number, part in enumerate(layer.groups, 1):
        if part.split is not None and (grouped == number).any():
            cutter = (
                by_distances(part.split, spacing_nm)
                if affinities is None
                else by_affinities(affinities, config, spacing_nm)
            )
            objects, seen[number] = _split(
                read,
                core,
                part.family,
                cutter,
                shape=shape,
                spacing_nm=spacing_nm,
                first=len(group),
            )
            ids = np.where(grouped == number, objects, ids)
            new = int(ids.max()) + 1 - len(group)
            group = np.append(group, np.full(new, number, np.uint8))
    if config.fill_holes:
        empty = cc3d.connected_components(ids == 0, connectivity=6)
        pieces = int(empty.max())
        ids = np.where(ids == 0, empty.astype(np.uint32) + len(group) - 1, ids)
        group = np.append(group, np.full(pieces, HOLE, np.uint8))
    return Numbered(ids, group, seen)


def _only_whole(
    grouped: NDArray[np.uint8], groups: Sequence[Group]
) -> NDArray[np.uint8]:
    """Keep the groups that are not split."""
    keep = np.zeros(256, np.uint8)
    for number, group in enumerate(groups, 1):
        if group.split is None:
            keep[number] = number
    return keep[grouped]


def _components(grouped: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Give one id to what touches and is of one group."""
    if not grouped.any():
        return np.zeros(grouped.shape, np.uint32)
    found = cc3d.connected_components(grouped, connectivity=CONNECTIVITY)
    return found.astype(np.uint32, copy=False)


def _groups(ids: NDArray[np.uint32], grouped: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Look up the group of every id, (N + 1,)."""
    group = np.zeros(int(ids.max()) + 1, np.uint8)
    group[ids] = grouped
    group[0] = 0
    return group


def _split(
    read: Read,
    core: Box,
    family: tuple[int, ...],
    cutter: Cutter,
    *,
    shape: Shape,
    spacing_nm: Spacing,
    first: int,
) -> tuple[NDArray[np.uint32], Seen]:
    """Split a group in what is seen; ids from `first` for those in the core."""
    factors, told = cutter.factors, cutter.told_factors
    box = aligned(with_halo(core, cutter.halo_nm, shape, spacing_nm), told, shape)
    inside = np.zeros(256, bool)
    inside[list(family)] = True
    mask = inside[read(box)]
    coarse = cutter.cut(box, mask)
    here = coarse_box(core, factors).relative_to(coarse_box(box, factors).start)
    part = Box((0, 0, 0), core.shape).slices
    fine = refined(coarse[here.slices], factors)[part]
    fine = fine * mask[core.relative_to(box.start).slices]

    order = fastremap.unique(fine)
    order = order[order > 0]
    table = np.zeros(int(coarse.max()) + 1, np.uint32)
    table[order] = np.arange(first, first + len(order))
    others = np.setdiff1d(np.arange(1, len(table)), order)
    outside = table.copy()
    outside[others] = np.arange(len(others)) + first + len(order)
    last = first + len(order) - 1
    some = tuple(slice(None, None, t // f) for t, f in zip(told, factors, strict=True))
    return table[fine], Seen(coarse_box(box, told), outside[coarse[some]], last)
