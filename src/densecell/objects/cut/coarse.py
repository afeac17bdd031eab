"""Fine voxels taken together: splitting needs no more detail than a neck has.

Voxels are joined by powers of two along each axis, so that they become about as wide as
they are deep; a halo of two micrometres is then a few dozen voxels.
"""

import math

import numpy as np
from numpy.typing import NDArray

from densecell.config import SplitConfig
from densecell.geometry import Box, Shape, Spacing, round_up
from densecell.objects.cut.by_distance import split_touching

Counts = NDArray[np.uint16] | NDArray[np.uint32]
FULL = 0.85  # share of a coarse voxel; a gap through 4 x 4 voxels leaves 0.75


def factors_of(spacing_nm: Spacing, voxel_nm: float) -> Shape:
    """Choose how many voxels along (z, y, x) become one of at most `voxel_nm`.

    Examples
    --------
    >>> factors_of(Spacing(40, 10, 9), 40)
    (1, 4, 4)
    """
    z, y, x = (
        2 ** max(0, math.floor(math.log2(voxel_nm / s) + 1e-9)) for s in spacing_nm
    )
    return (z, y, x)


def occupancy(mask: NDArray[np.bool_], factors: Shape) -> Counts:
    """Count the voxels of a mask in every coarse voxel.

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
    odd = [(0, -n % f) for n, f in zip(mask.shape, factors, strict=True)]
    padded = np.pad(mask, odd, mode="edge") if any(b for _, b in odd) else mask
    # Up to eight voxels of a row are one word, whose set bits are counted at once.
    word = min(factors[2], 8)
    words = np.ascontiguousarray(padded).view(f"u{word}")
    within = (factors[0], factors[1], factors[2] // word)
    sizes = [n // f for n, f in zip(words.shape, within, strict=True)]
    many = math.prod(factors) > np.iinfo(np.uint16).max
    counts: Counts = np.zeros(sizes, np.uint16)
    if many:
        counts = counts.astype(np.uint32)
    for z, y, x in np.ndindex(within):
        counts += np.bitwise_count(
            words[z :: within[0], y :: within[1], x :: within[2]]
        )
    return counts


def refined(objects: NDArray[np.uint32], factors: Shape) -> NDArray[np.uint32]:
    """Repeat every coarse voxel: (Z, Y, X) to (fz Z, fy Y, fx X)."""
    for axis, factor in enumerate(factors):
        if factor > 1:
            objects = objects.repeat(factor, axis)
    return objects


def thinned(objects: NDArray[np.uint32], steps: Shape) -> NDArray[np.uint32]:
    """Give every n-th voxel; where it is empty, the highest id of those it stands for.

    So what is thinner than a step is there too.

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
    """Widen a block by a halo of a physical size, inside the volume."""
    z, y, x = (math.ceil(halo_nm / s) for s in spacing_nm)
    return core.grown((z, y, x)).clipped(shape)


def aligned(box: Box, factors: Shape, shape: Shape) -> Box:
    """Widen a box to whole coarse voxels, inside the volume."""
    start = [a // f * f for a, f in zip(box.start, factors, strict=True)]
    stop = [round_up(b, f) for b, f in zip(box.stop, factors, strict=True)]
    (z0, y0, x0), (z1, y1, x1) = start, stop
    return Box((z0, y0, x0), (z1, y1, x1)).clipped(shape)


def coarse_box(box: Box, factors: Shape) -> Box:
    """Give an aligned box in coarse voxels."""
    z0, y0, x0 = (a // f for a, f in zip(box.start, factors, strict=True))
    z1, y1, x1 = (-(-b // f) for b, f in zip(box.stop, factors, strict=True))
    return Box((z0, y0, x0), (z1, y1, x1))


def split_coarse(
    counts: Counts,
    factors: Shape,
    *,
    spacing_nm: Spacing,
    split: SplitConfig,
) -> NDArray[np.uint32]:
    """Split what fine voxels fill of coarse ones; each with any of them has an id.

    How thick an object is counts voxels that are nearly full, so that a gap of one fine
    voxel between two objects is seen, but a stray voxel inside one is not. What is
    thinner joins the object that it hangs on.

    Parameters
    ----------
    counts
        What `occupancy` gave, with the same `factors`.
    spacing_nm
        Of the fine voxels.
    """
    z, y, x = (s * f for s, f in zip(spacing_nm, factors, strict=True))
    return split_touching(
        counts >= FULL * math.prod(factors),
        spacing_nm=Spacing(z, y, x),
        neck=split.neck,
        smoothing_nm=split.smoothing_nm,
        within=counts > 0,
    )
