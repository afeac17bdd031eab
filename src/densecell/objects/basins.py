"""Basins of a watershed, and which of them are one object after all."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.objects.keys import joint_keys, unjoint


class Edges(NamedTuple):
    """Pairs of basins that touch, and the deepest point where they do."""

    first: NDArray[np.int64]  # (N,) the lower id
    second: NDArray[np.int64]  # (N,)
    saddle: NDArray[np.float32]  # (N,)


def basin_edges(basins: NDArray[np.uint32], depth: NDArray[np.float32]) -> Edges:
    """Find the neck of every two basins that share a face, an edge or a corner.

    Parameters
    ----------
    basins
        (Z, Y, X) ids, 0 outside.
    depth
        (Z, Y, X). The saddle of two voxels is the shallower one's depth, that of two
        basins the largest of all pairs of voxels.
    """
    keys, saddles = [], []
    for near, far in _neighbours(basins.shape):
        a, b = basins[near], basins[far]
        met = (a != b) & (a > 0) & (b > 0)
        low, high = np.minimum(a[met], b[met]), np.maximum(a[met], b[met])
        keys.append(joint_keys(low, high))
        saddles.append(np.minimum(depth[near][met], depth[far][met]))
    key, saddle = np.concatenate(keys), np.concatenate(saddles)
    pairs, index = np.unique(key, return_inverse=True)
    most = np.zeros(len(pairs), np.float32)
    np.maximum.at(most, index, saddle)
    return Edges(*unjoint(pairs), most)


def joined_basins(
    basins: NDArray[np.uint32],
    depth: NDArray[np.float32],
    edges: Edges,
    *,
    neck: float,
) -> NDArray[np.uint32]:
    """Join basins, the deepest necks first, where these are no necks.

    Two parts become one when the saddle between them is at least `neck` times the
    depth of the shallower part; the part that they become is as deep as the deeper one.
    """
    peak = np.zeros(int(basins.max()) + 1, np.float32)
    np.maximum.at(peak, basins.ravel(), depth.ravel())
    parent = list(range(len(peak)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    order = np.lexsort((edges.second, edges.first, -edges.saddle))
    for edge in order.tolist():
        a, b = root(int(edges.first[edge])), root(int(edges.second[edge]))
        if a != b and edges.saddle[edge] >= neck * min(peak[a], peak[b]):
            low, high = min(a, b), max(a, b)
            parent[high] = low
            peak[low] = max(peak[low], peak[high])
    return np.array([root(n) for n in range(len(parent))], np.uint32)[basins]


def _neighbours(
    shape: tuple[int, ...],
) -> list[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Give 13 pairs of views; voxel i of one touches voxel i of the other."""
    pairs = []
    for step in np.ndindex(3, 3, 3):
        offset = [n - 1 for n in step]
        if tuple(offset) <= (0, 0, 0):
            continue
        near = tuple(
            slice(max(0, -o), n - max(0, o)) for o, n in zip(offset, shape, strict=True)
        )
        far = tuple(
            slice(max(0, o), n - max(0, -o)) for o, n in zip(offset, shape, strict=True)
        )
        pairs.append((near, far))
    return pairs
