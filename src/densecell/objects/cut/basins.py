"""Basins of a watershed: how large and how deep each is, and where two of them meet."""

from itertools import product
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from densecell.objects.ids import joint_keys, unjoint
from densecell.objects.runs.encoding import runs_of
from densecell.objects.runs.sums import sum_objects

NO_CLASS = 255  # a class that `sum_objects` counts for none
ONWARD = [  # from a voxel to half of its 26 neighbours: each pair once
    (z, y, x) for z, y, x in product((-1, 0, 1), repeat=3) if (z, y, x) > (0, 0, 0)
]


class Basin(NamedTuple):
    """One basin, or several that were joined; lengths in voxels, exact."""

    peak: float  # its largest depth
    voxels: int
    position: tuple[int, ...]  # (3,) sum of coordinates
    square: tuple[int, ...]  # (6,) sums of their products, in the order of MOMENTS

    def joined(self, other: Self) -> Self:
        """Both together."""
        return type(self)(
            max(self.peak, other.peak),
            self.voxels + other.voxels,
            tuple(a + b for a, b in zip(self.position, other.position, strict=True)),
            tuple(a + b for a, b in zip(self.square, other.square, strict=True)),
        )


class BasinFace(NamedTuple):
    """Where two basins meet; a pair of voxels is as deep as the shallower one."""

    saddle: float  # the deepest pair
    depths: float  # sum over the pairs
    pairs: int  # those that have a depth

    def joined(self, other: Self) -> Self:
        """Both faces together, of two basins that were joined, with a third."""
        return type(self)(
            max(self.saddle, other.saddle),
            self.depths + other.depths,
            self.pairs + other.pairs,
        )


BasinFaces = dict[tuple[int, int], BasinFace]  # by the two ids, the lower first


def basins_of(
    basins: NDArray[np.uint32], depth: NDArray[np.float32]
) -> dict[int, Basin]:
    """Size, position and depth of every basin, by id.

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
        channels=np.full(len(ids), NO_CLASS, np.uint8),
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


def faces_of(basins: NDArray[np.uint32], depth: NDArray[np.float32]) -> BasinFaces:
    """Faces, edges and corners of voxels where two basins meet."""
    framed = np.pad(basins, 1)  # nothing around, so that no row meets the next one
    _, rows, width = framed.shape
    flat, deep = framed.reshape(-1), np.pad(depth, 1).reshape(-1)
    inside = flat > 0
    keys, depths = [], []
    for z, y, x in ONWARD:
        step = (z * rows + y) * width + x
        two = flat[:-step] != flat[step:]
        two &= inside[:-step] & inside[step:]
        near = np.flatnonzero(two)
        a, b = flat[near], flat[near + step]
        keys.append(joint_keys(np.minimum(a, b), np.maximum(a, b)))
        depths.append(np.minimum(deep[near], deep[near + step]))
    pairs, index = np.unique(np.concatenate(keys), return_inverse=True)
    values = np.concatenate(depths)
    saddle = np.zeros(len(pairs), np.float32)
    np.maximum.at(saddle, index, values)
    total = np.bincount(index, weights=values, minlength=len(pairs))
    count = np.bincount(index[values > 0], minlength=len(pairs))
    rows = zip(saddle.tolist(), total.tolist(), count.tolist(), strict=True)
    first, second = unjoint(pairs)
    ids = zip(first.tolist(), second.tolist(), strict=True)
    return {two: BasinFace(*row) for two, row in zip(ids, rows, strict=True)}
