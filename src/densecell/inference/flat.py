"""Find tiles of empty resin, which no network needs to see."""

import numpy as np
from numpy.typing import NDArray

SIDE = 8  # pixels in plane that are averaged against noise


def is_flat(window: NDArray[np.float32], threshold: float) -> bool:
    """Whether all means of 8 x 8 pixels differ by less than `threshold`.

    Parameters
    ----------
    window
        (Z, Y, X) intensities in standard deviations of their volume.
    threshold
        Difference between the lowest and the highest mean, in the same unit.
    """
    z, y, x = window.shape
    rows, columns = y // SIDE * SIDE, x // SIDE * SIDE
    if not (rows and columns):
        return False
    cut = window[:, :rows, :columns]
    means = cut.reshape(z, rows // SIDE, SIDE, columns // SIDE, SIDE).mean((2, 4))
    return bool(means.max() - means.min() < threshold)
