"""Basins of a watershed: how large and how deep each is, and where two of them meet."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from densecell.objects.keys import joint_keys, unjoint
from densecell.objects.runs import runs_of
from densecell.objects.sums import sum_objects

UNKNOWN = 255  # a class that `sum_objects` counts for none


class Basin(NamedTuple):
    """One basin, or several that were joined; lengths in voxels, exact."""

    peak: float  # its largest depth
    voxels: int
    position: tuple[int, ...]  # (3,) sum of coordinates
    square: tuple[int, ...]  # (6,) sums of their products, in the order of MOMENTS

    def joined(self, other: Self) -> Self:
        """Give what both are together."""
        return type(self)(
            max(self.peak, other.peak),
            self.voxels + other.voxels,
            tuple(a + b for a, b in zip(self.position, other.position, strict=True)),
            tuple(a + b for a, b in zip(self.square, other.square, strict=True)),
        )


class Face(NamedTuple):
    """Where two basins meet; a pair of voxels is as deep as the shallower one."""

    saddle: float  # the deepest pair
    depths: float  # sum over the pairs
    pairs: int  # those that have a depth

    def joined(self, other: Self) -> Self:
        """Give the face of two basins that were joined with a third one."""
        return type(self)(
            max(self.saddle, other.saddle),
            self.depths + other.depths,
            self.pairs + other.pairs,
        )


Faces = dict[tuple[int, int], Face]  # by the two ids, the lower first


def basins_of(
    basins: NDArray[np.uint32], depth: NDArray[np.float32]
) -> dict[int, Basin]:
    """Describe every basin by its id.

    Parameters
    ----------
    basins
        (Z, Y, X) ids, 0 outside.
    depth
        (Z, Y, X). What has no depth belongs to a basin, but not to its shape.
    """
    count = int(basins.max())
    thick = np.where(depth > 0, basins, 0)
    runs = runs_of([thick])
    ids = runs.of(thick)
    sums = sum_objects(
        runs,
        ids,
        count=count,
        channels=np.full(len(ids), UNKNOWN, np.uint8),
        classes=1,
        confidence=None,
    )
    peak = np.zeros(count + 1, np.float32)
    np.maximum.at(peak, ids, np.maximum.reduceat(depth.reshape(-1), runs.start))
    rows = zip(
        peak[1:].tolist(),
        sums.voxels.tolist(),
        map(tuple, sums.position.tolist()),
        map(tuple, sums.square.tolist()),
        strict=True,
    )
    return {number: Basin(*row) for number, row in enumerate(rows, 1)}


def faces_of(basins: NDArray[np.uint32], depth: NDArray[np.float32]) -> Faces:
    """Find where two basins share a face, an edge or a corner of voxels."""
    keys, depths = [], []
    for near, far in _neighbours(basins.shape):
        a, b = basins[near], basins[far]
        met = np.nonzero((a != b) & (a > 0) & (b > 0))
        a, b = a[met], b[met]
        keys.append(joint_keys(np.minimum(a, b), np.maximum(a, b)))
        depths.append(np.minimum(depth[near][met], depth[far][met]))
    pairs, index = np.unique(np.concatenate(keys), return_inverse=True)
    values = np.concatenate(depths)
    saddle = np.zeros(len(pairs), np.float32)
    np.maximum.at(saddle, index, values)
    total = np.bincount(index, weights=values, minlength=len(pairs))
    count = np.bincount(index[values > 0], minlength=len(pairs))
    rows = zip(saddle.tolist(), total.tolist(), count.tolist(), strict=True)
    first, second = unjoint(pairs)
    ids = zip(first.tolist(), second.tolist(), strict=True)
    return {two: Face(*row) for two, row in zip(ids, rows, strict=True)}


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
