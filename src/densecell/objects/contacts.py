"""How large the surface is at which two classes meet.

Faces between voxels are counted along each axis. Two thirds of the area of these faces
is the area of the surface behind them, on average over all orientations (Cauchy and
Crofton's formula with three directions [1]_); a plane along an axis is counted a third
too small, one across all axes a seventh too large.

.. [1] Legland, Kiêu and Devaux 2007, Computation of Minkowski measures on 2D and 3D
       binary images, Image Analysis & Stereology 26:83, doi:10.5566/ias.v26.p83-92.
"""

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape, Spacing


def contact_faces(
    channels: NDArray[np.uint8], core: Shape, classes: int
) -> NDArray[np.int64]:
    """Count faces between voxels of different classes, (3, K, K) by axis.

    Parameters
    ----------
    channels
        (Z, Y, X) numbers of classes, 0..K-1 and 255 for unknown; may reach one voxel
        further than `core` at each far end: faces there count, to be counted once.
    core
        Voxels (z, y, x) whose far faces are counted.
    """
    counts = np.zeros((3, classes, classes), np.int64)
    for axis in range(3):
        moved = np.moveaxis(channels, axis, 0)
        others = [n for a, n in enumerate(core) if a != axis]
        near = moved[: core[axis], : others[0], : others[1]]
        far = moved[1 : core[axis] + 1, : others[0], : others[1]]
        near = near[: len(far)]
        met = near != far
        a, b = near[met].astype(np.int64), far[met].astype(np.int64)
        known = (a < classes) & (b < classes)
        keys = a[known] * classes + b[known]
        found = np.bincount(keys, minlength=classes**2).reshape(classes, classes)
        counts[axis] = found + found.T
    return counts


def contact_areas_um2(
    faces: NDArray[np.int64], spacing_nm: Spacing
) -> NDArray[np.float64]:
    """Estimate areas from faces (3, K, K): (K, K), in square micrometres."""
    z, y, x = spacing_nm
    area = np.array([y * x, z * x, z * y]) * 1e-6  # of one face, um2
    return np.tensordot(area, faces, 1) * 2 / 3
