"""Coarse voxels: a cut needs no more detail than a neck has.

Voxels are joined by powers of two along each axis, so that they become about as wide as
they are deep; a halo of two micrometres is then a few dozen voxels.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Spacing, per_axis

Counts = NDArray[np.uint16] | NDArray[np.uint32]


def factors_of(spacing_nm: Spacing, voxel_nm: float) -> Shape:
    """Voxels along (z, y, x) that become one of at most `voxel_nm`.

    Examples
    --------
    >>> factors_of(Spacing(40, 10, 9), 40)
    (1, 4, 4)
    """
    return per_axis(
        lambda size: int(2 ** max(0, math.floor(math.log2(voxel_nm / size) + 1e-9))),
        spacing_nm,
    )


def occupancy(mask: NDArray[np.bool_], factors: Shape) -> Counts:
    """Voxels of a mask in every coarse voxel.

    Parameters
    ----------
    mask
        (Z, Y, X); at the far ends its last voxels are repeated to fill a coarse one.
    factors
        Powers of two.

    Returns
    -------
    (ceil(Z / fz), ceil(Y / fy), ceil(X / fx)) counts.

    Examples
    --------
    >>> occupancy(np.array([[[True, True, False, True, True]]]), (1, 1, 2))
    array([[[2, 1, 2]]], dtype=uint16)
    """
    padded = filled_up(mask, factors)
    # Up to eight voxels of a row are one word, whose set bits are counted at once.
    word = min(factors[2], 8)
    words = np.ascontiguousarray(padded).view(f"u{word}")
    within = (factors[0], factors[1], factors[2] // word)
    sizes = per_axis(int.__floordiv__, words.shape, within)
    many = math.prod(factors) > np.iinfo(np.uint16).max
    counts: Counts = np.zeros(sizes, np.uint16)
    if many:
        counts = counts.astype(np.uint32)
    for z, y, x in np.ndindex(within):
        counts += np.bitwise_count(
            words[z :: within[0], y :: within[1], x :: within[2]]
        )
    return counts


def filled_up(array: NDArray[Any], factors: Shape) -> NDArray[Any]:
    """Repeat the last voxels of an array, so that they fill coarse voxels."""
    odd = per_axis(lambda size, factor: (0, -size % factor), array.shape, factors)
    return np.pad(array, odd, mode="edge") if np.any(odd) else array


def refined(objects: NDArray[np.uint32], factors: Shape) -> NDArray[np.uint32]:
    """Repeat every coarse voxel: (Z, Y, X) to (fz Z, fy Y, fx X)."""
    for axis, factor in enumerate(factors):
        if factor > 1:
            objects = objects.repeat(factor, axis)
    return objects


def thinned(objects: NDArray[np.uint32], steps: Shape) -> NDArray[np.uint32]:
    """Every n-th voxel; where it is empty, the highest id of those it stands for.

    So objects thinner than a step stay visible.

    Examples
    --------
    >>> thinned(np.array([[[1, 2, 0, 3, 0, 0, 4]]], np.uint32), (1, 1, 2))
    array([[[1, 3, 0, 4]]], dtype=uint32)
    """
    z, y, x = steps
    some = objects[::z, ::y, ::x]
    if steps == (1, 1, 1):
        return some
    highest = objects
    for axis, step in enumerate(steps):
        begins = np.arange(0, highest.shape[axis], step)
        highest = np.maximum.reduceat(highest, begins, axis=axis)
    return np.where(some > 0, some, highest)


def with_halo(core: Box, halo_nm: float, shape: Shape, spacing_nm: Spacing) -> Box:
    """Block and a halo of a physical size around it, inside the volume."""
    margin = per_axis(lambda size: math.ceil(halo_nm / size), spacing_nm)
    return core.grown(margin).clipped(shape)


def aligned(box: Box, factors: Shape, shape: Shape) -> Box:
    """Smallest box of whole coarse voxels around a box, inside the volume."""
    return box.coarsened(factors).refined(factors).clipped(shape)
