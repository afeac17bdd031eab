"""Two ids as one number, so that pairs can be sorted and counted."""

import numpy as np
from numpy.typing import NDArray

SHIFT = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


def joint_keys(
    first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.uint64]:
    """Join two arrays of ids below 2**32 into one of keys; `first` sorts first."""
    return (first.astype(np.uint64) << SHIFT) | second.astype(np.uint64)


def unjoint(
    keys: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give back the two ids of every key.

    Examples
    --------
    >>> unjoint(joint_keys(np.array([7]), np.array([5])))
    (array([7]), array([5]))
    """
    return (keys >> SHIFT).astype(np.int64), (keys & LOW).astype(np.int64)
