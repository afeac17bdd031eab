"""Cut touching objects apart where they are thin: distances, seeds, watershed.

The distance to the surface rises towards the middle of each object and falls at a neck
between two. Every basin of the watershed [1]_ of those distances begins as an object of
its own; two are joined again unless there is a neck between them (see `necks`).

.. [1] Meyer 1994, Topographic distance and watershed lines, Signal Processing 38:113,
       doi:10.1016/0165-1684(94)90060-4.
"""

import math
from typing import Literal

import bioimage_cpp
import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.config import SplitConfig
from densecell.geometry import Shape, Spacing, per_axis
from densecell.objects.cut.basins import basins_of, faces_of
from densecell.objects.cut.coarse import Counts
from densecell.objects.cut.necks import joined
from densecell.objects.depth import depth_nm
from densecell.objects.ids import in_raster_order

CONNECTIVITY: Literal[26] = 26  # voxels that share a corner are one object
TRUNCATE = 3.0  # sigmas at which the smoothing is cut off
FULL_SHARE = 0.85  # share of a coarse voxel; a gap through 4 x 4 voxels leaves 0.75


def split_touching(
    mask: NDArray[np.bool_],
    *,
    spacing_nm: Spacing,
    neck: float,
    smoothing_nm: float = 0.0,
    within: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint32]:
    """Cut the objects of a mask apart at their necks.

    Parameters
    ----------
    mask
        (Z, Y, X). The outside of the array counts as unknown: it is no surface.
    spacing_nm
        Voxel size (z, y, x), in nanometres; may be anisotropic.
    neck
        Two parts stay apart where what joins them is narrower than this, by depth,
        width and fullness together, 1 for an even round rod; 0.92 cuts often, 0.5
        seldom.
    smoothing_nm
        Sigma of a Gaussian over the distances, against rough surfaces.
    within
        (Z, Y, X) voxels that get an id, a wider mask around the one whose thickness
        counts; none: the mask itself.

    Returns
    -------
    (Z, Y, X) ids from 1 without gaps, in the order of first voxels; every voxel of the
    mask (or of `within`) has one.

    Notes
    -----
    About 60 bytes per voxel. The watershed floods along the axes [1]_.

    Examples
    --------
    >>> mask = np.zeros((1, 5, 12), bool)
    >>> mask[:, :, :5] = mask[:, :, 7:] = mask[:, 2] = True  # a dumb-bell
    >>> objects = split_touching(mask, spacing_nm=Spacing(1, 1, 1), neck=0.7)
    >>> int(objects.max()), int(objects[0, 2, 0]), int(objects[0, 2, 11])
    (2, 1, 2)
    """
    within = mask if within is None else within
    if not within.any():
        return np.zeros(within.shape, np.uint32)
    depth = _depth(mask, spacing_nm, smoothing_nm)
    seeds = _seeds(mask, depth)
    basins = bioimage_cpp.segmentation.watershed(-depth, seeds, mask=within)
    basins = _with_leftovers(basins, within)
    into = joined(basins_of(basins, depth), faces_of(basins, depth), neck=neck)
    table = np.array([0, *(into[n] for n in range(1, len(into) + 1))], np.uint32)
    return in_raster_order(table[basins])


def split_coarse(
    counts: Counts,
    factors: Shape,
    *,
    spacing_nm: Spacing,
    split: SplitConfig,
) -> NDArray[np.uint32]:
    """Cut touching objects apart on coarse voxels; all that hold any of one get an id.

    Only coarse voxels that are nearly full count as thickness. So a gap of one fine
    voxel between two objects is seen, but a stray voxel inside one is not. Thinner
    parts join the object that they hang on.

    Parameters
    ----------
    counts
        Result of `occupancy` with the same `factors`.
    spacing_nm
        Size of the fine voxels.
    """
    return split_touching(
        counts >= FULL_SHARE * math.prod(factors),
        spacing_nm=Spacing(
            *per_axis(lambda size, factor: size * factor, spacing_nm, factors)
        ),
        neck=split.neck,
        smoothing_nm=split.smoothing_nm,
        within=counts > 0,
    )


def _depth(
    mask: NDArray[np.bool_], spacing_nm: Spacing, smoothing_nm: float
) -> NDArray[np.float32]:
    """Depth of each voxel in its object, in nm; 0 outside."""
    depth = depth_nm(mask, spacing_nm)
    depth[np.isinf(depth)] = 1  # of a mask without a surface, all is equally deep
    if smoothing_nm:
        sigma = [smoothing_nm / s for s in spacing_nm]
        depth = ndimage.gaussian_filter(depth, sigma, mode="nearest", truncate=TRUNCATE)
    depth[~mask] = 0
    return depth


def _seeds(mask: NDArray[np.bool_], depth: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Ids of the places that are as deep as all their neighbours."""
    highest = ndimage.maximum_filter(depth, size=3, mode="constant")
    peaks = mask & (depth >= highest)
    return cc3d.connected_components(peaks, connectivity=CONNECTIVITY).astype(np.uint32)


def _with_leftovers(
    basins: NDArray[np.uint32], mask: NDArray[np.bool_]
) -> NDArray[np.uint32]:
    """Add ids where the flood did not reach: it passes no corners."""
    left = mask & (basins == 0)
    if not left.any():
        return basins
    pieces = cc3d.connected_components(left, connectivity=6).astype(np.uint32)
    return np.where(left, pieces + basins.max(), basins)
