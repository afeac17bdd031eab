"""Arrays of ids as runs along x: what is summed is summed over runs, not voxels.

::

    cells    1 1 1 1 2 2      runs: (z, y, x0, length), within which nothing changes;
    classes  1 1 5 5 1 1      here 0-2, 2-4, 4-6

Tissue has few borders: a few per cent as many runs as voxels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Runs(NamedTuple):
    """Runs of a box in raster order, none longer than a row."""

    start: NDArray[np.int64]  # (R,) index into the flat box
    length: NDArray[np.int64]  # (R,)
    z: NDArray[np.int64]
    y: NDArray[np.int64]
    x: NDArray[np.int64]  # of the first voxel

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Give the value of an array in every run."""
        return array.reshape(-1)[self.start]

    def sums(self, array: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Add up an array that changes inside the runs."""
        return np.add.reduceat(array.reshape(-1), self.start, dtype=np.int64)


def runs_of(arrays: Sequence[NDArray[np.generic]]) -> Runs:
    """Find the runs in which none of some arrays changes.

    Parameters
    ----------
    arrays
        (Z, Y, X) each, of one shape, in C order.

    Examples
    --------
    >>> runs_of([np.array([[[1, 1, 2], [2, 2, 2]]])]).length
    array([2, 1, 3])
    """
    _, rows, width = arrays[0].shape
    begins = np.zeros(arrays[0].size, bool)
    begins[::width] = True
    for array in arrays:
        flat = np.ascontiguousarray(array).reshape(-1)
        begins[1:] |= flat[1:] != flat[:-1]
    start = np.flatnonzero(begins)
    length = np.diff(start, append=begins.size)
    row, x = np.divmod(start, width)
    z, y = np.divmod(row, rows)
    return Runs(start, length, z, y, x)
