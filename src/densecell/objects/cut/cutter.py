"""The two ways to cut objects that touch, as one: by distances, or by affinities."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.config import ObjectsConfig, SplitConfig
from densecell.geometry import Box, Shape, Spacing
from densecell.objects.cut.affinities import Affinities
from densecell.objects.cut.by_affinity import cut_by_affinities
from densecell.objects.cut.coarse import Counts, factors_of, split_coarse

Cut = Callable[[Box, Counts], NDArray[np.uint32]]


class Cutter(NamedTuple):
    """Cuts a box, of which it gets how many voxels fill a coarse one, into ids."""

    factors: Shape  # voxels that are taken together
    told_factors: Shape  # the same, of what neighbouring blocks are told
    halo_nm: float
    cut: Cut


def by_distances(split: SplitConfig, spacing_nm: Spacing) -> Cutter:
    """Cut where objects are thin; see `splitting`."""
    factors = factors_of(spacing_nm, split.voxel_nm)

    def cut(box: Box, counts: Counts) -> NDArray[np.uint32]:
        return split_coarse(counts, factors, spacing_nm=spacing_nm, split=split)

    return Cutter(factors, factors, split.halo_nm, cut)


def by_affinities(
    affinities: Affinities, config: ObjectsConfig, spacing_nm: Spacing
) -> Cutter:
    """Cut where a network saw a border; see `cutting`.

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
