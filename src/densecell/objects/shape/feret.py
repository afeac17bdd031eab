"""The largest distance between two points: the largest Feret diameter."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

DIRECTIONS = 256  # over a half sphere: none is farther than 8 degrees from any line
TOGETHER = 16  # directions, so that memory stays small


def largest_distance(points: NDArray[np.floating]) -> float:
    """Largest distance between two of many points; not a number for none.

    The points that lie outermost in 256 directions are compared with each other, then
    those that lie outermost along the line between the farthest two, until nothing
    changes. At worst one percent too short.

    Parameters
    ----------
    points
        (N, 3).

    Examples
    --------
    >>> largest_distance(np.array([[0, 0, 0], [3, 0, 4], [1, 0, 1]], float))
    5.0
    """
    if not len(points):
        return math.nan
    outer = _outermost(points, _directions())
    apart = cdist(outer, outer)
    first, second = np.unravel_index(int(apart.argmax()), apart.shape)
    found, line = float(apart.max()), outer[second] - outer[first]
    while found > 0:
        ends = _outermost(points, (line / found)[None])
        further = float(np.linalg.norm(ends[-1] - ends[0]))
        if further <= found:
            break
        found, line = further, ends[-1] - ends[0]
    return found


def _outermost(
    points: NDArray[np.floating], directions: NDArray[np.float64]
) -> NDArray[np.floating]:
    """Points that lie first or last along any of the directions."""
    columns = np.ascontiguousarray(points.T)
    ends = []
    for n in range(0, len(directions), TOGETHER):
        along = directions[n : n + TOGETHER] @ columns  # (D, N)
        ends += [along.argmin(axis=1), along.argmax(axis=1)]
    outer: NDArray[np.floating] = points[np.unique(np.concatenate(ends))]
    return outer


def _directions() -> NDArray[np.float64]:
    """Unit vectors spread evenly over a half sphere, on a spiral, (D, 3)."""
    numbers = np.arange(DIRECTIONS) + 0.5
    height = numbers / DIRECTIONS
    turn = np.pi * (1 + math.sqrt(5)) * numbers
    across = np.sqrt(1 - height**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)
