"""Objects from learned affinities, by the mutex watershed.

.. [1] Wolf et al. 2020, The mutex watershed and its objective: efficient,
       parameter-free graph partitioning, IEEE TPAMI 43:3724,
       doi:10.1109/TPAMI.2020.2980827.
"""

from collections.abc import Sequence

import bioimage_cpp
import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Shape
from densecell.objects.ids import in_raster_order


def objects_from_affinities(
    affinities: NDArray[np.floating],
    offsets: Sequence[Shape],
    *,
    mask: NDArray[np.bool_] | None = None,
    attractive: int = 3,
) -> NDArray[np.uint32]:
    """Cut touching objects apart by how surely voxels belong together [1]_.

    Parameters
    ----------
    affinities
        (C, Z, Y, X), 0 to 1: how sure it is that a voxel and the one at the offset are
        of the same object. High means together in all channels, the far ones too.
    offsets
        (z, y, x) of each channel, in voxels; those that attract first, usually the
        three faces (`FACES`).
    mask
        (Z, Y, X) where objects can be; elsewhere the result is 0. None: everywhere.
    attractive
        How many of the first channels join; the others cut where they are low.

    Returns
    -------
    (Z, Y, X) ids from 1 without gaps, in the order of first voxels; 0 outside `mask`.

    Raises
    ------
    VolumeError
        If the channels do not fit the offsets, or the mask the channels.

    Notes
    -----
    The library takes far channels as strength of a cut; they are inverted here.

    Examples
    --------
    >>> from densecell.geometry import FACES
    >>> together = np.ones((3, 1, 1, 4), np.float32)
    >>> together[2, 0, 0, 2] = 0.1  # voxel 2 is not of the object of voxel 1
    >>> apart = np.array([[[[1, 1, 0, 0]]]], np.float32)  # nor are 0 and 2, 1 and 3
    >>> both = np.concatenate([together, apart])
    >>> objects_from_affinities(both, [*FACES, (0, 0, -2)])
    array([[[1, 1, 2, 2]]], dtype=uint32)
    """
    _check(affinities, offsets, mask, attractive)
    weights = affinities.astype(np.float32)  # a copy
    weights[attractive:] = 1 - weights[attractive:]
    found = bioimage_cpp.segmentation.mutex_watershed(
        weights, [list(o) for o in offsets], attractive, mask=mask
    )
    return in_raster_order(found)


def _check(
    affinities: NDArray[np.floating],
    offsets: Sequence[Shape],
    mask: NDArray[np.bool_] | None,
    attractive: int,
) -> None:
    if affinities.ndim != 4 or len(affinities) != len(offsets):
        raise VolumeError(
            f"expected affinities (C, Z, Y, X) with one channel for each of the "
            f"{len(offsets)} offsets, got shape {affinities.shape}"
        )
    if not 1 <= attractive <= len(offsets):
        raise VolumeError(
            f"attractive must be 1 to {len(offsets)}, the number of channels, got "
            f"{attractive}"
        )
    if mask is not None and mask.shape != affinities.shape[1:]:
        raise VolumeError(
            f"the mask has shape {mask.shape} and the affinities "
            f"{affinities.shape[1:]}; they must be equal"
        )
