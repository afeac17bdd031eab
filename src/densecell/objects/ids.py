"""Ids: two as one number, in raster order, and which are one.

Pairs of ids become one number each, so that they can be sorted and counted.
"""

import fastremap
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SHIFT = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


def joint_keys(
    first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.uint64]:
    """Keys of pairs of ids below 2**32, sorted by `first`, then by `second`."""
    return (first.astype(np.uint64) << SHIFT) | second.astype(np.uint64)


def unjoint(
    keys: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two ids of every key.

    Examples
    --------
    >>> unjoint(joint_keys(np.array([7]), np.array([5])))
    (array([7]), array([5]))
    """
    return (keys >> SHIFT).astype(np.int64), (keys & LOW).astype(np.int64)


def in_raster_order(objects: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Renumber objects 1..N in raster order of their first voxels; 0 stays 0.

    Such ids do not depend on who numbered first.

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


def united(pairs: NDArray[np.integer], count: int) -> tuple[int, NDArray[np.int64]]:
    """Join 0..count-1 by pairs (N, 2): the number of groups, and the group of each.

    Examples
    --------
    >>> united(np.array([[0, 2]]), 3)
    (2, array([0, 1, 0]))
    """
    if not count:
        return 0, np.zeros(0, np.int64)
    ones = np.ones(len(pairs), bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    found, group = connected_components(graph, directed=False)
    return int(found), group.astype(np.int64)
