"""Sums over the voxels of objects: exact, so that no cut into blocks matters.

All sums are whole numbers. Those of one block fit into 53 bits; where blocks are added
up, the second moments are Python's unbounded integers.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape
from densecell.objects.runs.encoding import Runs

MOMENTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
FAR = np.iinfo(np.int64).max
NO_PROBABILITIES: Mapping[int, NDArray[np.int64]] = {}


class Sums(NamedTuple):
    """Sums over each of N objects; lengths and positions in voxels (z, y, x)."""

    voxels: NDArray[np.int64]  # (N,)
    first: NDArray[np.int64]  # (N,) raster index of the first voxel
    low: NDArray[np.int64]  # (N, 3) bounding box
    high: NDArray[np.int64]  # (N, 3) its end, not included
    position: NDArray[np.int64]  # (N, 3) sum of coordinates
    square: NDArray[np.object_]  # (N, 6) sums of the products in MOMENTS
    classes: NDArray[np.int64]  # (N, K) voxels by class, in the order of the scheme
    confidence: NDArray[np.int64]  # (N,) sum of bytes
    votes: NDArray[np.int64]  # (N, K) summed confidence or probability by class

    def taken(self, which: NDArray[np.integer]) -> Self:
        """Some of the objects, or all in another order."""
        return type(self)(*(field[which] for field in self))

    def shifted(self, block: Box, shape: Shape) -> Self:
        """Sums of a block, in voxels of the volume that it lies in."""
        origin = np.array(block.start, np.int64)
        place = np.stack(np.unravel_index(self.first, block.shape), axis=1) + origin
        first = np.ravel_multi_index(tuple(place.T), shape)
        square = self.square.astype(object)
        position, voxels = self.position.astype(object), self.voxels.astype(object)
        for k, (i, j) in enumerate(MOMENTS):
            a, b = int(origin[i]), int(origin[j])
            square[:, k] += a * position[:, j] + b * position[:, i] + a * b * voxels
        return self._replace(
            first=first.astype(np.int64),
            low=self.low + origin,
            high=self.high + origin,
            position=self.position + self.voxels[:, None] * origin,
            square=square,
        )

    def added(self, into: NDArray[np.integer], count: int) -> Self:
        """Sums of wholes, each of objects that belong together.

        Parameters
        ----------
        into
            (N,) number of the whole that each belongs to; all of 0..count-1 occur.
        """
        order = np.argsort(into, kind="stable")
        starts = np.searchsorted(into[order], np.arange(count))
        how = {"first": np.minimum, "low": np.minimum, "high": np.maximum}
        if not count:
            return self.taken(np.zeros(0, np.intp))
        return type(self)(
            *(
                how.get(name, np.add).reduceat(field[order], starts, axis=0)
                for name, field in self._asdict().items()
            )
        )


def sum_objects(
    runs: Runs,
    ids: NDArray[np.integer],
    *,
    count: int,
    channels: NDArray[np.uint8],
    classes: int,
    confidence: NDArray[np.int64] | None,
    probabilities: Mapping[int, NDArray[np.int64]] = NO_PROBABILITIES,
) -> Sums:
    """Sum over the objects 1..count of a block.

    Parameters
    ----------
    runs
        Runs of the block.
    ids
        (R,) object of each run; 0 counts for none.
    channels
        (R,) number of the class of each run, 0..classes-1; others count for none.
    confidence
        (R,) sum of the confidence of each run, if there is one.
    probabilities
        (R,) sum of the probability of each run, by number of the class. They are the
        votes where they are known; else each run votes with its confidence.
    """
    n, x, length = ids.astype(np.int64), runs.x, runs.length
    last = x + length - 1
    sum_x = (x + last) * length // 2
    sum_xx = _squares(last) - _squares(x - 1)
    zyx = (runs.z, runs.y, x)

    def total(weights: NDArray[np.int64]) -> NDArray[np.int64]:
        # float64 holds whole numbers below 2**53, more than a block can have
        found = np.bincount(n, weights=weights, minlength=count + 1)
        return found[1:].astype(np.int64)

    low, high = np.full((count + 1, 3), FAR), np.zeros((count + 1, 3), np.int64)
    for axis, ends in enumerate((runs.z, runs.y, last)):
        np.minimum.at(low[:, axis], n, zyx[axis])
        np.maximum.at(high[:, axis], n, ends + 1)
    first = np.full(count + 1, FAR)
    first[n[::-1]] = runs.start[::-1]  # the last assignment stays: the first voxel
    z, y = runs.z, runs.y
    products = (
        z * z * length,
        y * y * length,
        sum_xx,
        z * y * length,
        z * sum_x,
        y * sum_x,
    )
    sure = np.zeros(len(n), np.int64) if confidence is None else confidence
    votes = np.zeros((count, classes), np.int64)
    if confidence is not None:
        votes = _by_class(n, channels, confidence, count, classes)
    for channel, share in probabilities.items():
        votes[:, channel] = total(share)
    return Sums(
        voxels=total(length),
        first=first[1:],
        low=low[1:],
        high=high[1:],
        position=np.stack([total(z * length), total(y * length), total(sum_x)], 1),
        square=np.stack([total(p) for p in products], 1),
        classes=_by_class(n, channels, length, count, classes),
        confidence=total(sure),
        votes=votes,
    )


def _by_class(
    n: NDArray[np.int64],
    channels: NDArray[np.uint8],
    weights: NDArray[np.int64],
    count: int,
    classes: int,
) -> NDArray[np.int64]:
    known = channels < classes
    cells = n[known] * classes + channels[known]
    found = np.bincount(
        cells, weights=weights[known], minlength=(count + 1) * classes
    ).reshape(count + 1, classes)
    return found[1:].astype(np.int64)


def _squares(n: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of the squares of 0..n; 0 for n = -1."""
    return n * (n + 1) * (2 * n + 1) // 6
