"""A block cut into pieces: voxels of one kind that are joined by faces.

All layers are made of whole pieces, so that what touches what is looked for once, and
all that follows has to do with some thousand pieces instead of millions of voxels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from densecell.geometry import Shape
from densecell.objects.ids import joint_keys, unjoint
from densecell.objects.runs.encoding import Runs
from densecell.objects.runs.touching import Touching, touching_runs


class Pieces(NamedTuple):
    """The pieces 0..P-1 of a block, and which of them touch."""

    of_run: NDArray[np.int64]  # (R,)
    run: NDArray[np.int64]  # (P,) the first run of each
    first: NDArray[np.int64]  # (N,) of two that touch
    second: NDArray[np.int64]  # (N,)
    by_face: NDArray[np.bool_]  # (N,) not by an edge or a corner alone


def pieces_of(runs: Runs, kinds: Sequence[NDArray[np.integer]], shape: Shape) -> Pieces:
    """Join the runs of a block by faces where they are of one kind.

    Parameters
    ----------
    runs
        Of the block.
    kinds
        (R,) each: runs are of one kind where none of these differs.
    shape
        Of the block.

    Notes
    -----
    About 300 bytes for each run.
    """
    pairs = list(touching_runs(runs, shape))
    same = np.concatenate([_of_one_kind(p, kinds) for p in pairs])
    count, of_run = united(same, len(runs.start))
    run = np.zeros(count, np.int64)
    run[of_run[::-1]] = np.arange(len(of_run))[::-1]  # the last assignment stays
    met = [_differing(of_run[p.first], of_run[p.second]) for p in pairs]
    by_face = [
        _differing(of_run[p.first[p.by_face]], of_run[p.second[p.by_face]])
        for p in pairs
    ]
    keys = np.unique(np.concatenate(met))
    return Pieces(of_run, run, *unjoint(keys), np.isin(keys, np.concatenate(by_face)))


def united(pairs: NDArray[np.integer], count: int) -> tuple[int, NDArray[np.int64]]:
    """Join 0..count-1 by pairs (N, 2): how many groups there are, and whose is which.

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


def _of_one_kind(
    pairs: Touching, kinds: Sequence[NDArray[np.integer]]
) -> NDArray[np.int64]:
    """Keep the pairs (N, 2) of runs that a face joins."""
    same = pairs.by_face
    for kind in kinds:
        same = same & (kind[pairs.first] == kind[pairs.second])
    return np.stack([pairs.first[same], pairs.second[same]], axis=1)


def _differing(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Give the different pairs of two pieces, the lower first, as joint keys."""
    differ = first != second
    first, second = first[differ], second[differ]
    keys = joint_keys(np.minimum(first, second), np.maximum(first, second))
    return np.unique(keys)
