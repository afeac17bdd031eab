"""Area of the surface at which two classes meet, whatever its direction.

::

    . . . . +---     a flat piece of surface, cut into steps by voxels: across each axis
    . . +---+        its faces have the area of the shadow that it throws along the axis
    +---+

The faces of two classes are added up in small patches of the volume, across each axis.
The square of a flat area is the sum of those of its three shadows (de Gua's theorem);
that holds for both sides of a thin layer, too. A patch is about three times as wide as
a voxel is long: steps even out, and few surfaces bend much. It has an odd number of
voxels each way, so that no regular staircase looks alike in all patches.
"""

import math

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Spacing, per_axis, round_up

EDGES = (3, 4)  # of a voxel, the longest ones: how wide a patch is; the first with
LEAST_VOXELS = 64  # so many voxels
FINE = 2.0**-16  # of a face: areas are whole numbers of these, so that sums are exact
IDS = 256


def patch_shape(spacing_nm: Spacing) -> Shape:
    """Voxels (z, y, x) of a patch.

    Examples
    --------
    >>> patch_shape(Spacing(40, 10, 10)), patch_shape(Spacing(10, 10, 10))
    ((3, 13, 13), (5, 5, 5))
    """
    for edges in EDGES:
        patch = per_axis(
            lambda size, edges=edges: round(edges * max(spacing_nm) / size) | 1,
            spacing_nm,
        )
        if math.prod(patch) >= LEAST_VOXELS:
            break
    return patch


def patches_of(core: Box, patch: Shape) -> Box:
    """Box of all patches that begin in a block; may end behind it."""
    return Box(
        per_axis(round_up, core.start, patch), per_axis(round_up, core.stop, patch)
    )


def contact_units(
    labels: NDArray[np.uint8], inside: Shape, spacing_nm: Spacing
) -> NDArray[np.int64]:
    """Areas at which classes meet: (256, 256) by class id, in `unit_um2`.

    Parameters
    ----------
    labels
        (Z, Y, X) class ids of whole patches, beginning with one; they end early only
        where the volume does. May reach one voxel further than `inside` at each far
        end: faces there count, to be counted once.
    inside
        Voxels (z, y, x) whose far faces are counted.
    spacing_nm
        Voxel size (z, y, x).
    """
    patch = patch_shape(spacing_nm)
    rows = per_axis(lambda size, step: -(-size // step), inside, patch)
    found = [_faces(labels, inside, axis) for axis in range(3)]
    pairs = np.concatenate([pair for pair, _ in found])
    areas = np.zeros((IDS, IDS), np.int64)
    if not len(pairs):
        return areas
    met = np.flatnonzero(np.bincount(pairs))
    column = np.zeros(IDS**2, np.int64)
    column[met] = np.arange(len(met))
    square = np.zeros(math.prod(rows) * len(met))
    for (pair, place), area in zip(found, _face_areas(spacing_nm), strict=True):
        z, y, x = per_axis(lambda voxels, step: voxels // step, place, patch)
        cell = ((z * rows[1] + y) * rows[2] + x) * len(met) + column[pair]
        shadow = np.bincount(cell, minlength=len(square)) * area
        square += shadow * shadow
    units = np.rint(np.sqrt(square) / _unit(spacing_nm)).astype(np.int64)
    areas[np.divmod(met, IDS)] = units.reshape(-1, len(met)).sum(axis=0)
    return areas + areas.T


def unit_um2(spacing_nm: Spacing) -> float:
    """Area that `contact_units` counts in."""
    return _unit(spacing_nm) * 1e-6


def _faces(
    labels: NDArray[np.uint8], inside: Shape, axis: int
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...]]:
    """Faces across an axis: pairs of ids, lower first, and where they are."""
    ends = [*per_axis(min, inside, labels.shape)]
    ends[axis] = min(inside[axis], max(0, labels.shape[axis] - 1))
    near = labels[: ends[0], : ends[1], : ends[2]]
    step = [int(a == axis) for a in range(3)]
    far = labels[step[0] :, step[1] :, step[2] :][: ends[0], : ends[1], : ends[2]]
    place = np.unravel_index(np.flatnonzero(near != far), near.shape)
    a, b = near[place].astype(np.int64), far[place].astype(np.int64)
    return np.minimum(a, b) * IDS + np.maximum(a, b), place


def _face_areas(spacing_nm: Spacing) -> tuple[float, float, float]:
    """Areas of a voxel's faces across (z, y, x), in nm2."""
    z, y, x = spacing_nm
    return y * x, z * x, z * y


def _unit(spacing_nm: Spacing) -> float:
    return max(_face_areas(spacing_nm)) * FINE
