"""A block cut into pieces: voxels of one kind that are joined by faces.

All layers are made of whole pieces. So what touches what is found once, and all that
follows handles some thousand pieces instead of millions of voxels.

::

    row          aaaabbbbbbcc        of the rows behind a row four can touch it; there,
    row behind   ddeeeeeeefff        b touches d by an edge, e and f by faces

Runs fill their rows, so that those that a run touches are consecutive.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape
from densecell.objects.ids import joint_keys, united, unjoint
from densecell.objects.runs.encoding import Runs, ranges

BEHIND = ((0, 1), (1, -1), (1, 0), (1, 1))  # (z, y) of the rows that a row can touch


class Pieces(NamedTuple):
    """The pieces 0..P-1 of a block, and which of them touch."""

    of_run: NDArray[np.int64]  # (R,)
    run: NDArray[np.int64]  # (P,) the first run of each
    first: NDArray[np.int64]  # (N,) of two that touch
    second: NDArray[np.int64]  # (N,)
    by_face: NDArray[np.bool_]  # (N,) not by an edge or a corner alone


class Touching(NamedTuple):
    """Pairs of runs that touch."""

    first: NDArray[np.int64]  # (N,) number of a run
    second: NDArray[np.int64]  # (N,) of a later one
    by_face: NDArray[np.bool_]  # (N,) not by an edge or a corner alone


def pieces_of(runs: Runs, kinds: Sequence[NDArray[np.integer]], shape: Shape) -> Pieces:
    """Join the runs of a block by faces where they are of one kind.

    Parameters
    ----------
    runs
        Runs of the block.
    kinds
        (R,) each: runs are of one kind where none of these differs.
    shape
        Shape of the block.

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


def touching_runs(runs: Runs, shape: Shape) -> Iterator[Touching]:
    """All pairs of runs of a box that touch, each once.

    Examples
    --------
    >>> from densecell.objects.runs.encoding import runs_of
    >>> box = np.array([[[1, 2, 2], [3, 3, 4]]])
    >>> inside, across = list(touching_runs(runs_of([box]), box.shape))[:2]
    >>> list(zip(across.first.tolist(), across.second.tolist(), across.by_face))
    [(0, 2, np.True_), (1, 2, np.True_), (1, 3, np.True_)]
    """
    later = np.flatnonzero(runs.x > 0)
    yield Touching(later - 1, later, np.ones(len(later), bool))
    for z, y in BEHIND:
        if z < shape[0] and abs(y) < shape[1]:
            yield _in_row(runs, shape, z, y)


def _of_one_kind(
    pairs: Touching, kinds: Sequence[NDArray[np.integer]]
) -> NDArray[np.int64]:
    """Pairs (N, 2) of runs of one kind that share a face."""
    same = pairs.by_face
    for kind in kinds:
        same = same & (kind[pairs.first] == kind[pairs.second])
    return np.stack([pairs.first[same], pairs.second[same]], axis=1)


def _differing(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Keys of the different pairs of two pieces, the lower first."""
    differ = first != second
    first, second = first[differ], second[differ]
    keys = joint_keys(np.minimum(first, second), np.maximum(first, second))
    return np.unique(keys)


def _in_row(runs: Runs, shape: Shape, z: int, y: int) -> Touching:
    """Pairs of every run with those that it touches in the row (z, y) behind it."""
    depth, rows, width = shape
    row = runs.y + y
    mine = np.flatnonzero((runs.z < depth - z) & (row >= 0) & (row < rows))
    x, length = runs.x[mine], runs.length[mine]
    moved = runs.start[mine] + (z * rows + y) * width
    left, right = moved - (x > 0), moved + length - (x + length == width)
    low = np.searchsorted(runs.start, left, side="right") - 1
    count = np.searchsorted(runs.start, right, side="right") - low
    second, which = ranges(low, count)
    first = mine[which]
    if z and y:
        return Touching(first, second, np.zeros(len(first), bool))
    begin, other = runs.x[first], runs.x[second]
    by_face = (other < begin + runs.length[first]) & (
        begin < other + runs.length[second]
    )
    return Touching(first, second, by_face)
