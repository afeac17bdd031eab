"""Cut cells apart by learned affinities: small pieces are put together.

A watershed of how sure near pairs are gives pieces that seldom cross a border [2]_.
Two pieces that touch are then joined, the surest first, as long as all pairs between
them, near and far, are sure enough on average [1]_: no single pair decides.

.. [1] Bailoni et al. 2019, GASP, a generalized framework for agglomerative clustering
       of signed graphs, arXiv:1906.11713 (with mean linkage).
.. [2] Beier et al. 2017, Multicut brings automated neurite segmentation closer to
       human performance, Nature Methods 14:101, doi:10.1038/nmeth.4151.
"""

from collections.abc import Sequence
from typing import Any

import bioimage_cpp
import cc3d
import numpy as np
from bioimage_cpp.graph import agglomeration, features, region_adjacency_graph
from numpy.typing import NDArray
from scipy import ndimage
from scipy.cluster.hierarchy import DisjointSet

from densecell.geometry import FACES, Shape
from densecell.objects.cut.affinities import coarse_affinities
from densecell.objects.ids import in_raster_order, joint_keys, unjoint

HEIGHT_SIGMA = 1.0  # sigma, coarse voxels, of the watershed's heights
NEVER = -10.0  # weight of what is not to be joined


def cut_by_affinities(
    inside: NDArray[np.bool_],
    affinities: NDArray[np.uint8],
    offsets: Sequence[Shape],
    factors: Shape,
    *,
    sure: float,
    least_voxels: int,
) -> NDArray[np.uint32]:
    """Cut cells apart by how surely their voxels belong to each other.

    Parameters
    ----------
    inside
        (ceil(Z / fz), ...) coarse voxels that hold any of a cell.
    affinities
        (C, Z, Y, X) bytes, 255: surely of one cell.
    offsets
        (z, y, x) of the pairs of each channel, in voxels, the faces first.
    factors
        How many voxels along (z, y, x) are taken together.
    sure
        Pieces are of one cell from this mean affinity on, 0 to 1.
    least_voxels
        Coarse voxels; smaller cells join a neighbour.

    Returns
    -------
    The same shape, ids from 1 in raster order; every voxel inside has one.
    """
    if not inside.any():
        return np.zeros(inside.shape, np.uint32)
    coarse, steps = coarse_affinities(affinities, offsets, factors)
    pieces = _pieces(least_around(coarse[: len(FACES)]), inside)
    cells = joined_pieces(pieces, coarse, steps, sure=sure)
    return in_raster_order(without_crumbs(cells, coarse, least_voxels=least_voxels))


def joined_pieces(
    pieces: NDArray[np.uint32],
    affinities: NDArray[np.float32],
    offsets: Sequence[Shape],
    *,
    sure: float,
) -> NDArray[np.uint32]:
    """Join pieces that touch, the surest first, while they are sure on average [1]_.

    Parameters
    ----------
    pieces
        (Z, Y, X) ids, 0 for none.
    affinities
        (C, Z, Y, X), 0 to 1.
    offsets
        (z, y, x) of the pairs of each channel.
    sure
        The least mean affinity of all pairs between two pieces that are joined.
    """
    graph: Any = region_adjacency_graph(pieces, number_of_threads=1)
    if graph.number_of_edges == 0:
        return pieces
    found = features.affinity_features(
        graph, pieces, affinities, [list(o) for o in offsets], number_of_threads=1
    )
    mean, pairs = found[:, 0].astype(np.float64), found[:, 1].astype(np.float64)
    weights = np.where((graph.uv_ids() == 0).any(axis=1), NEVER, mean - sure)
    node = agglomeration.GaspClusterPolicy(linkage="mean").optimize(
        graph, weights, edge_sizes=pairs
    )
    return np.where(pieces > 0, node[pieces] + 1, 0).astype(np.uint32)


def least_around(near: NDArray[np.float32]) -> NDArray[np.float32]:
    """Least affinity of each voxel with its six neighbours.

    Channels hold only the pairs with neighbours before. Taken alone, they would draw a
    border half a voxel too far.

    Parameters
    ----------
    near
        (3, Z, Y, X) of the pairs across faces; those that leave the array do not count.

    Examples
    --------
    >>> near = np.ones((3, 1, 1, 4), np.float32)
    >>> near[2, 0, 0, 2] = 0.2
    >>> least_around(near)[0, 0]
    array([1. , 0.2, 0.2, 1. ], dtype=float32)
    """
    least = np.ones(near.shape[1:], near.dtype)
    for axis, pairs in enumerate(near):
        across, around = np.moveaxis(pairs, axis, 0)[1:], np.moveaxis(least, axis, 0)
        np.minimum(around[1:], across, out=around[1:])
        np.minimum(around[:-1], across, out=around[:-1])
    return least


def _pieces(near: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Flood from every place where near pairs are surest."""
    height = ndimage.gaussian_filter(1 - near, HEIGHT_SIGMA)
    lowest = ndimage.minimum_filter(height, size=3)
    seeds = cc3d.connected_components((height <= lowest) & inside, connectivity=26)
    flooded = bioimage_cpp.segmentation.watershed(
        height, seeds.astype(np.uint32), mask=inside
    ).astype(np.uint32)
    left = inside & (flooded == 0)  # the flood passes no corners
    more = cc3d.connected_components(left, connectivity=6).astype(np.uint32)
    return np.where(left, more + flooded.max(), flooded)


def without_crumbs(
    objects: NDArray[np.uint32], affinities: NDArray[np.float32], *, least_voxels: int
) -> NDArray[np.uint32]:
    """Join pieces of fewer voxels with the neighbour of the highest mean affinity.

    The smallest go first, of equal ones the lower id; one without a neighbour stays.

    Parameters
    ----------
    objects
        (Z, Y, X) ids, 0 for none.
    affinities
        (C, Z, Y, X); the first three are of the faces.
    """
    size = np.bincount(objects.ravel())
    size[0] = 0
    crumbs = np.flatnonzero((size > 0) & (size < least_voxels))
    if not len(crumbs):
        return objects
    neighbours = _neighbours(objects, affinities, crumbs)
    together = DisjointSet(np.flatnonzero(size).tolist())
    for crumb in crumbs[np.argsort(size[crumbs], kind="stable")].tolist():
        here = together[crumb]
        if size[here] >= least_voxels:
            continue  # something has joined it
        for _, other in sorted(neighbours.get(crumb, [])):
            there = together[other]
            if together.merge(here, there):
                size[together[here]] = size[here] + size[there]
                break
    table = np.zeros(len(size), np.uint32)
    for number in together:
        table[number] = together[number]
    return table[objects]


def _neighbours(
    objects: NDArray[np.uint32],
    affinities: NDArray[np.float32],
    crumbs: NDArray[np.integer],
) -> dict[int, list[tuple[float, int]]]:
    """(- mean affinity, neighbour) of every crumb's neighbours."""
    is_crumb = np.zeros(int(objects.max()) + 1, bool)
    is_crumb[crumbs] = True
    keys, sure = [], []
    for axis in range(3):
        moved = np.moveaxis(objects, axis, 0)
        between = np.moveaxis(affinities[axis], axis, 0)[1:]
        a, b = moved[1:], moved[:-1]
        met = (a != b) & (a > 0) & (b > 0) & (is_crumb[a] | is_crumb[b])
        for first, second in ((a[met], b[met]), (b[met], a[met])):
            keys.append(joint_keys(first, second))
            sure.append(between[met])
    pairs, index = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.bincount(index, weights=np.concatenate(sure), minlength=len(pairs))
    mean = total / np.bincount(index, minlength=len(pairs))
    found: dict[int, list[tuple[float, int]]] = {}
    for first, second, value in zip(*unjoint(pairs), mean, strict=True):
        if is_crumb[first]:
            found.setdefault(int(first), []).append((-float(value), int(second)))
    return found
