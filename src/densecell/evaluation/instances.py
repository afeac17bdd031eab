"""How far objects agree with true objects: matches, and distances of partitions.

All follow from the voxels that every two objects share, counted block by block.

.. [1] Meila 2007, Comparing clusterings, an information based distance, Journal of
       Multivariate Analysis 98:873, doi:10.1016/j.jmva.2006.11.013.
.. [2] Arganda-Carreras et al. 2015, Crowdsourcing the creation of image segmentation
       algorithms for connectomics, Frontiers in Neuroanatomy 9:142,
       doi:10.3389/fnana.2015.00142.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from densecell.errors import VolumeError

Ids = NDArray[np.unsignedinteger] | NDArray[np.signedinteger]


class Overlaps(NamedTuple):
    """Voxels that a true and a predicted object share; id 0 is the background."""

    truth: NDArray[np.uint64]  # (N,) ids
    predicted: NDArray[np.uint64]  # (N,)
    voxels: NDArray[np.int64]  # (N,)


class Matches(NamedTuple):
    """Pairs of objects that overlap enough, one to one.

    None stands for "undefined": nothing was predicted, or nothing is there.
    """

    pairs: NDArray[np.uint64]  # (M, 2) true and predicted ids, by true id
    iou: NDArray[np.float64]  # (M,)
    truth: int  # objects
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


class Variation(NamedTuple):
    """Variation of information in bits: 0 for equal partitions [1]_."""

    split: float  # H(predicted | truth): true objects that fell apart
    merge: float  # H(truth | predicted): predicted ones that hold several

    @property
    def total(self) -> float:
        """The sum of both."""
        return self.split + self.merge


def count_overlaps(truth: Ids, predicted: Ids) -> Overlaps:
    """Count the voxels of every two objects that overlap, background included.

    Parameters
    ----------
    truth, predicted
        Ids of one shape; 0 is the background.

    Raises
    ------
    VolumeError
        If the shapes differ.

    Examples
    --------
    >>> found = count_overlaps(np.array([0, 1, 1, 2]), np.array([0, 5, 5, 5]))
    >>> found.voxels
    array([1, 2, 1])
    """
    if truth.shape != predicted.shape:
        raise VolumeError(
            f"true objects have shape {truth.shape} and predicted ones "
            f"{predicted.shape}; they must be equal"
        )
    truth, predicted, length = _runs(truth.ravel(), predicted.ravel())
    a, first = np.unique(truth, return_inverse=True)
    b, second = np.unique(predicted, return_inverse=True)
    joint, index = np.unique(first * len(b) + second, return_inverse=True)
    voxels = np.zeros(len(joint), np.int64)
    np.add.at(voxels, index, length)
    return Overlaps(
        a[joint // max(1, len(b))].astype(np.uint64),
        b[joint % max(1, len(b))].astype(np.uint64),
        voxels,
    )


def _runs(first: Ids, second: Ids) -> tuple[Ids, Ids, NDArray[np.intp]]:
    """Both ids and the length of each run of equal pairs: far fewer than voxels."""
    if not len(first):
        return first, second, np.zeros(0, np.intp)
    changes = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    start = np.flatnonzero(np.append(True, changes))
    return first[start], second[start], np.diff(start, append=len(first))


def add_overlaps(parts: Iterable[Overlaps]) -> Overlaps:
    """Add up the counts of the blocks of a volume."""
    truth, predicted, voxels = (
        np.concatenate(field) for field in zip(*parts, strict=True)
    )
    order = np.lexsort((predicted, truth))
    truth, predicted, voxels = truth[order], predicted[order], voxels[order]
    if not len(truth):
        return Overlaps(truth, predicted, voxels)
    changes = (truth[1:] != truth[:-1]) | (predicted[1:] != predicted[:-1])
    starts = np.flatnonzero(np.append(True, changes))
    return Overlaps(truth[starts], predicted[starts], np.add.reduceat(voxels, starts))


def match_objects(overlaps: Overlaps, *, threshold: float = 0.5) -> Matches:
    """Match objects one to one where they overlap enough.

    The matching with the largest sum of overlaps is taken (Hungarian method); from a
    threshold of 0.5 on there is only one.

    Parameters
    ----------
    threshold
        Intersection over union above which two objects match, 0 to below 1. At 0.5
        itself they do not: an object could match both of its halves.

    Raises
    ------
    VolumeError
        If the threshold is not in 0 to below 1.

    Examples
    --------
    >>> found = count_overlaps(np.array([1, 1, 1, 2]), np.array([7, 7, 7, 0]))
    >>> match_objects(found).f1
    0.6666666666666666
    """
    if not 0 <= threshold < 1:
        raise VolumeError(f"the threshold must be 0 to below 1, got {threshold}")
    truth, size_truth = _sizes(overlaps.truth, overlaps.voxels)
    predicted, size_predicted = _sizes(overlaps.predicted, overlaps.voxels)
    there = (overlaps.truth > 0) & (overlaps.predicted > 0)
    row = np.searchsorted(truth, overlaps.truth[there])
    column = np.searchsorted(predicted, overlaps.predicted[there])
    shared = overlaps.voxels[there]
    iou = shared / (size_truth[row] + size_predicted[column] - shared)
    enough = iou > threshold
    row, column, iou = row[enough], column[enough], iou[enough]
    chosen = _assigned(row, column, iou, (len(truth), len(predicted)))
    row, column, iou = row[chosen], column[chosen], iou[chosen]
    order = np.argsort(row)
    n, p, hits = int((truth > 0).sum()), int((predicted > 0).sum()), len(row)
    return Matches(
        np.stack([truth[row], predicted[column]], axis=1)[order],
        iou[order],
        n,
        p,
        hits / p if p else None,
        hits / n if n else None,
        2 * hits / (n + p) if n + p else None,
    )


def variation_of_information(overlaps: Overlaps) -> Variation | None:
    """Information that one partition lacks about the other, in bits [1]_.

    Voxels of the true background do not count; a predicted background counts as one
    object. None where no voxel counts.
    """
    joint, truth, predicted = _shares(overlaps)
    if not len(joint):
        return None
    return Variation(
        split=float(-(joint * np.log2(joint / truth)).sum()) + 0.0,
        merge=float(-(joint * np.log2(joint / predicted)).sum()) + 0.0,
    )


def adapted_rand_error(overlaps: Overlaps) -> float | None:
    """1 - F1 of the pairs of voxels that lie in one object, 0 to 1 [2]_.

    Voxels of the true background do not count; a predicted background counts as one
    object. None where no voxel counts.
    """
    joint = _shares(overlaps)[0]
    if not len(joint):
        return None
    both = float((joint**2).sum())
    of_truth = _squares(overlaps.truth[overlaps.truth > 0], joint)
    of_predicted = _squares(overlaps.predicted[overlaps.truth > 0], joint)
    return 1 - 2 * both / (of_truth + of_predicted)


def _shares(overlaps: Overlaps) -> tuple[NDArray[np.float64], ...]:
    """p(truth, predicted), and p(truth), p(predicted) of each pair."""
    there = overlaps.truth > 0
    counted = overlaps.voxels[there].astype(np.float64)
    voxels: NDArray[np.float64] = counted / max(1.0, counted.sum())
    sums: list[NDArray[np.float64]] = []
    for ids in (overlaps.truth[there], overlaps.predicted[there]):
        _, index = np.unique(ids, return_inverse=True)
        total = np.bincount(index, weights=voxels).astype(np.float64)
        sums.append(total[index])
    return voxels, sums[0], sums[1]


def _squares(ids: NDArray[np.uint64], share: NDArray[np.float64]) -> float:
    _, index = np.unique(ids, return_inverse=True)
    return float((np.bincount(index, weights=share) ** 2).sum())


def _sizes(
    ids: NDArray[np.uint64], voxels: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    found, index = np.unique(ids, return_inverse=True)
    sizes = np.zeros(len(found), np.int64)
    np.add.at(sizes, index, voxels)
    return found, sizes


def _assigned(
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    iou: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.intp]:
    """Choose pairs one to one, for each group of objects that overlap."""
    n = sum(shape)
    graph = coo_array((np.ones(len(row)), (row, column + shape[0])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    group = label[row]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(group[order]) != 0))
    chosen = []
    for part in np.split(order, starts[1:]) if len(order) else []:
        if len(part) == 1:
            chosen.append(part)
            continue
        rows, r = np.unique(row[part], return_inverse=True)
        columns, c = np.unique(column[part], return_inverse=True)
        table = np.zeros((len(rows), len(columns)))
        table[r, c] = iou[part]
        pairs = {*zip(*linear_sum_assignment(table, maximize=True), strict=True)}
        kept = [k for k, pair in enumerate(zip(r, c, strict=True)) if pair in pairs]
        chosen.append(part[kept])
    return np.concatenate(chosen) if chosen else np.zeros(0, np.intp)
