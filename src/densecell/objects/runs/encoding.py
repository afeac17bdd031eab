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

from densecell.geometry import Box, Shape


class Runs(NamedTuple):
    """Runs of a box in raster order, none longer than a row."""

    start: NDArray[np.int64]  # (R,) index into the flat box
    length: NDArray[np.int64]  # (R,)
    z: NDArray[np.int64]
    y: NDArray[np.int64]
    x: NDArray[np.int64]  # of the first voxel

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Value of an array in every run."""
        return array.reshape(-1)[self.start]

    def sums(self, array: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Sum over every run of an array that changes inside the runs."""
        return np.add.reduceat(array.reshape(-1), self.start, dtype=np.int64)


def runs_of(arrays: Sequence[NDArray[np.generic]]) -> Runs:
    """Runs in which none of some arrays changes.

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


def spread(
    values: NDArray[Any], start: NDArray[np.integer], shape: Shape, box: Box
) -> NDArray[Any]:
    """Value of every voxel of a box, given the values of runs.

    Parameters
    ----------
    values
        (R,) one for each run.
    start
        (R,) index of each run's first voxel into the flat block.
    shape
        Shape of the block.
    box
        Inside the block, counted from its corner.

    Examples
    --------
    >>> start = np.array([0, 2, 3])  # 0 0 1 / 2 2 2
    >>> spread(np.array([5, 6, 7]), start, (1, 2, 3), Box((0, 0, 1), (1, 2, 3)))
    array([[[5, 6],
            [7, 7]]])
    """
    z, y, _ = map(np.arange, box.start, box.stop)
    begin = ((z[:, None] * shape[1] + y) * shape[2]).ravel() + box.start[2]
    width = box.shape[2]
    low = np.searchsorted(start, begin, side="right") - 1
    count = np.searchsorted(start, begin + width, side="left") - low
    run, row = ranges(low, count)
    left = np.maximum(start[run], begin[row])
    ends = np.append(left[1:], 0)
    ends[np.cumsum(count) - 1] = begin + width  # the last run of a row ends with it
    return np.repeat(values[run], ends - left).reshape(box.shape)


def ranges(
    low: NDArray[np.integer], count: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers from each `low` on, `count` of them, and the index of that `low`.

    Examples
    --------
    >>> ranges(np.array([7, 3]), np.array([1, 2]))
    (array([7, 3, 4]), array([0, 1, 1]))
    """
    which = np.repeat(np.arange(len(low)), count)
    ends = np.cumsum(count)
    return np.arange(len(which)) + (low + count - ends)[which], which
