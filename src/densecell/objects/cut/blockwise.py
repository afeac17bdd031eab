"""Cut touching objects apart in one block, and in the halo around it.

::

    +---------------- halo ----------------+
    |          +------ core ------+        |    cut on coarse voxels of core and halo;
    |          |   1   2   3      |        |    ids of the core are refined to voxels,
    |          +------------------+        |    the whole is kept for the neighbours
    +--------------------------------------+

Each group is cut by distances or by affinities: two ways behind one interface.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import fastremap
import numpy as np
from numpy.typing import NDArray

from densecell.config import ObjectsConfig, SplitConfig
from densecell.geometry import Box, Shape, Spacing, per_axis, round_up
from densecell.objects.cut.affinities import Affinities
from densecell.objects.cut.by_affinity import cut_by_affinities
from densecell.objects.cut.by_distance import split_coarse
from densecell.objects.cut.coarse import (
    Counts,
    aligned,
    factors_of,
    occupancy,
    refined,
    thinned,
    with_halo,
)
from densecell.objects.layers import ObjectLayer, of_classes

SLAB = 4  # slices that are counted at once
Read = Callable[[Box], NDArray[np.uint8]]


class HaloView(NamedTuple):
    """A cut group on coarse voxels of a block and its halo."""

    box: Box  # in coarse voxels of the volume
    objects: NDArray[np.uint32]  # local ids, and higher ones outside the core
    last: int  # highest id in the core


class Cuts(NamedTuple):
    """The cut groups of one layer in one block."""

    ids: NDArray[np.uint32] | None  # (Z, Y, X) of the core, 0 elsewhere; or no group
    group: NDArray[np.uint8]  # (N + 1,) number of the group by local id
    views: dict[int, HaloView]  # by number of the group


class Cutter(NamedTuple):
    """A way to cut objects apart on coarse voxels."""

    factors: Shape  # voxels per coarse voxel
    kept_factors: Shape  # the same, of the view that neighbouring blocks get
    halo_nm: float
    cut: Callable[[Box, Counts], NDArray[np.uint32]]  # box, voxels in coarse ones: ids


def cut_block(
    read: Read,
    core: Box,
    layer: ObjectLayer,
    *,
    shape: Shape,
    spacing_nm: Spacing,
    config: ObjectsConfig,
    affinities: Affinities | None = None,
) -> Cuts:
    """Cut the groups of a layer that are to be cut, in a block and its halo.

    Parameters
    ----------
    read
        Reads the class ids of any box inside the volume.
    core
        The block. Its corner lies on coarse voxels of every cut group.
    layer
        Groups to cut; those without settings of a split stay whole.
    shape
        Shape of the volume.
    config
        All settings.
    affinities
        Affinities to cut by; none: cut by distances.
    """
    cuts = Cuts(None, np.zeros(1, np.uint8), {})
    for number, group in enumerate(layer.groups, 1):
        if group.split is None:
            continue
        cutter = (
            by_distances(group.split, spacing_nm)
            if affinities is None
            else by_affinities(affinities, config, spacing_nm)
        )
        box = with_halo(core, cutter.halo_nm, shape, spacing_nm)
        box = aligned(box, cutter.kept_factors, shape)
        labels = read(box)
        mask = of_classes(labels[core.relative_to(box.start).slices], group.family)
        if not mask.any():
            continue
        coarse = cutter.cut(box, _counted(labels, group.family, cutter.factors))
        ids, view = _numbered(coarse, mask, cutter, core, box, first=len(cuts.group))
        new = view.last + 1 - len(cuts.group)
        cuts = Cuts(
            ids if cuts.ids is None else cuts.ids + ids,  # they share no voxel
            np.append(cuts.group, np.full(new, number, np.uint8)),
            cuts.views | {number: view},
        )
    return cuts


def by_distances(split: SplitConfig, spacing_nm: Spacing) -> Cutter:
    """Way to cut where objects are thin; see `by_distance`."""
    factors = factors_of(spacing_nm, split.voxel_nm)

    def cut(box: Box, counts: Counts) -> NDArray[np.uint32]:
        return split_coarse(counts, factors, spacing_nm=spacing_nm, split=split)

    return Cutter(factors, factors, split.halo_nm, cut)


def by_affinities(
    affinities: Affinities, config: ObjectsConfig, spacing_nm: Spacing
) -> Cutter:
    """Way to cut where a network saw a border; see `by_affinity`.

    It needs finer voxels than the matching of neighbouring blocks does.
    """
    settings = config.affinities
    near = affinities.within(settings.reach_nm, spacing_nm)
    factors = factors_of(spacing_nm, settings.voxel_nm)
    finest = max(settings.voxel_nm, config.cells.voxel_nm)
    voxel_um3 = spacing_nm.voxel_um3 * math.prod(factors)

    def cut(box: Box, counts: Counts) -> NDArray[np.uint32]:
        return cut_by_affinities(
            counts > 0,
            near.read(box),
            near.offsets,
            factors,
            sure=settings.sure,
            least_voxels=round(settings.min_piece_um3 / voxel_um3),
        )

    return Cutter(factors, factors_of(spacing_nm, finest), settings.halo_nm, cut)


def _counted(
    labels: NDArray[np.uint8], family: tuple[int, ...], factors: Shape
) -> Counts:
    """Voxels of some classes in every coarse voxel.

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
) -> tuple[NDArray[np.uint32], HaloView]:
    """Number what was cut in the core from `first` on, and the rest after it.

    Parameters
    ----------
    coarse
        Ids in `box`, the core and its halo, on coarse voxels.
    mask
        (Z, Y, X) voxels of the core that are cut.
    """
    factors, kept = cutter.factors, cutter.kept_factors
    here = core.coarsened(factors).relative_to(box.coarsened(factors).start)
    # Whatever coarse voxel has an id has voxels of the mask, here in the core.
    order = fastremap.unique(coarse[here.slices])
    order = order[order > 0]
    table = np.zeros(int(coarse.max()) + 1, np.uint32)
    table[order] = np.arange(first, first + len(order))
    others = np.setdiff1d(np.arange(1, len(table)), order)
    outside = table.copy()
    outside[others] = np.arange(len(others)) + first + len(order)
    last = first + len(order) - 1
    fine = refined(table[coarse[here.slices]], factors)[Box.whole(core.shape).slices]
    fine *= mask
    steps = per_axis(int.__floordiv__, kept, factors)
    return fine, HaloView(box.coarsened(kept), thinned(outside[coarse], steps), last)
