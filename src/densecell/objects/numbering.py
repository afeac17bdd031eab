"""Ids that do not depend on who numbered first: in raster order of first voxels."""

import fastremap
import numpy as np
from numpy.typing import NDArray


def in_raster_order(objects: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Renumber objects 1..N in raster order of each one's first voxel; 0 stays.

    Parameters
    ----------
    objects
        (Z, Y, X) ids, with or without gaps. Not modified.

    Examples
    --------
    >>> in_raster_order(np.array([[[0, 9, 9, 4]]]))
    array([[[0, 1, 1, 2]]], dtype=uint32)
    """
    found, _ = fastremap.renumber(np.ascontiguousarray(objects), preserve_zero=True)
    return found.astype(np.uint32, copy=False)
