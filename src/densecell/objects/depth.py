"""Depth of each voxel in the object that it belongs to."""

import numpy as np
from bioimage_cpp.distance import distance_transform
from numpy.typing import NDArray


def depth_nm(
    mask: NDArray[np.bool_], spacing_nm: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Distance from the middle of each voxel to that of the nearest outside the mask.

    Parameters
    ----------
    mask
        (Z, Y, X). What lies outside the array is unknown: it is no surface.
    spacing_nm
        Voxel size (z, y, x).

    Returns
    -------
    (Z, Y, X) in nm; 0 outside the mask, infinite where the mask fills the array.

    Notes
    -----
    Exact, and other threads run meanwhile.
    """
    if mask.all():
        return np.full(mask.shape, np.inf, np.float32)
    found: NDArray[np.float32] = distance_transform(mask, sampling=spacing_nm)
    return found
