"""Features of voxels for a sketch: filters of one slice at several scales.

.. [1] Berg et al. 2019, ilastik: interactive machine learning for (bio)image analysis,
       Nature Methods 16:1226, doi:10.1038/s41592-019-0582-9.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIGMAS = (0.7, 1.6, 3.5, 7.0)  # voxels
REACH = 24  # voxels around a part that its features depend on
COUNT = 5 * len(SIGMAS)


def slice_features(picture: NDArray[np.number]) -> NDArray[np.float16]:
    """Brightness, edges, lines and texture of each voxel at each scale [1]_.

    Parameters
    ----------
    picture
        (rows, columns) normalised grey values.

    Returns
    -------
    (rows, columns, COUNT).
    """
    image = picture.astype(np.float32)
    square = image * image
    found = []
    for sigma in SIGMAS:
        smooth = ndimage.gaussian_filter(image, sigma, truncate=3)
        rows, columns = np.gradient(smooth)
        rr, rc = np.gradient(rows)
        cc = np.gradient(columns, axis=1)
        half = np.sqrt(((rr - cc) / 2) ** 2 + rc**2)
        mean = (rr + cc) / 2
        spread = ndimage.gaussian_filter(square, sigma, truncate=3) - smooth**2
        found += [
            smooth,
            np.hypot(rows, columns) * sigma,
            (mean + half) * sigma**2,  # larger and smaller eigenvalue of the Hessian
            (mean - half) * sigma**2,
            np.sqrt(np.maximum(spread, 0)),
        ]
    return np.stack(found, axis=-1).astype(np.float16)
