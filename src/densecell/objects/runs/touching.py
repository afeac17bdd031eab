"""Which runs of a block touch: by a face, an edge or a corner.

::

    row          aaaabbbbbbcc        of the rows behind a row four can touch it; there,
    row behind   ddeeeeeeefff        b touches d by an edge, e and f by faces

Runs fill their rows, so that those that a run touches are consecutive.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape
from densecell.objects.runs.encoding import Runs, ranges

BEHIND = ((0, 1), (1, -1), (1, 0), (1, 1))  # (z, y) of the rows that a row can touch


class Touching(NamedTuple):
    """Pairs of runs that touch."""

    first: NDArray[np.int64]  # (N,) number of a run
    second: NDArray[np.int64]  # (N,) of a later one
    by_face: NDArray[np.bool_]  # (N,) not by an edge or a corner alone


def touching_runs(runs: Runs, shape: Shape) -> Iterator[Touching]:
    """Find all pairs of runs of a box that touch, each once.

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


def _in_row(runs: Runs, shape: Shape, z: int, y: int) -> Touching:
    """Pair every run with those that it touches in the row (z, y) behind it."""
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
