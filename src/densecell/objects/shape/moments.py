"""Positions and proportions of objects, from exact sums over their voxels.

Every number follows from sums over whole objects, so that blocks do not matter.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from densecell.geometry import Spacing
from densecell.objects.runs.sums import MOMENTS, Sums


def centroids_nm(sums: Sums, spacing_nm: Spacing) -> NDArray[np.float64]:
    """Middle of each object, (N, 3) in nm from the volume's corner."""
    return (sums.position / sums.voxels[:, None] + 0.5) * np.array(spacing_nm)


def elongations(sums: Sums, spacing_nm: Spacing) -> NDArray[np.float64]:
    """Longest over shortest axis of the ellipsoid of equal moments, (N,)."""
    n = len(sums.voxels)
    covariance = np.zeros((n, 3, 3))
    voxels, position = sums.voxels.astype(object), sums.position.astype(object)
    for k, (i, j) in enumerate(MOMENTS):  # in whole numbers: nothing cancels
        exact = voxels * sums.square[:, k] - position[:, i] * position[:, j]
        shared = (exact / voxels**2).astype(np.float64) if n else np.zeros(0)
        scaled = shared * spacing_nm[i] * spacing_nm[j]
        covariance[:, i, j] = covariance[:, j, i] = scaled
    covariance += np.diag(np.square(spacing_nm)) / 12  # a voxel is no point
    values = np.linalg.eigvalsh(covariance)
    return np.sqrt(values[:, 2] / values[:, 0])


def nearest_nm(
    centre_nm: NDArray[np.float64], group: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Distance between centroids to the nearest object of the same group, (N,)."""
    nearest = np.full(len(group), np.nan)
    for number in np.unique(group):
        here = np.flatnonzero(group == number)
        if len(here) > 1:
            found, _ = cKDTree(centre_nm[here]).query(centre_nm[here], k=2)
            nearest[here] = np.asarray(found)[:, 1]
    return nearest
