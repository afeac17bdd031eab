"""Votes of the voxels of each body: its class, and how much of it is believed.

Probabilities are fair over a whole volume: of bodies with 40 % for class a and 60 % for
b, about 40 % are a. The larger share of each body would call all of them b. So where
votes are probabilities, doubtful bodies are shared out until each class has about as
much volume as its probabilities sum up to:

::

    votes      a  b       the larger share      balanced
    body 1    40 60       b                     a
    body 2    10 90       b                     b
    body 3     5 95       b                     b
    all       55 245      0 of a, 300 of b      100 of a, 200 of b

Only whole numbers are added up, so that the order of the bodies does not matter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEPS = 8  # at most, up or down, of the factor of each class
STEP = 2 ** (1 / 8)
DOUBTFUL = 2.0  # the class with most votes has at most so many times another's
FLOOR = 0.8  # of the mean probability of all bodies: what has no more is not believed


class Decision(NamedTuple):
    """The class that the voxels of each body voted for."""

    group: NDArray[np.uint8]  # (N,) from 1
    share: NDArray[np.float64]  # (N,) of the votes
    second: NDArray[np.uint8]  # (N,) the best other one; 0: nobody voted for another


def decided(votes: NDArray[np.int64], *, balanced: bool = False) -> Decision:
    """Count the votes of each body; of equals the first group wins.

    Parameters
    ----------
    votes
        (N, G) summed probability or confidence by group.
    balanced
        Share doubtful bodies out, so that each group has about the volume that its
        votes sum up to. Right for probabilities only.

    Examples
    --------
    >>> decided(np.array([[10, 30], [5, 0]]))[0].tolist()
    [2, 1]
    >>> votes = np.array([[40, 60], [10, 90], [5, 95]])
    >>> decided(votes)[0].tolist(), decided(votes, balanced=True)[0].tolist()
    ([2, 2, 2], [1, 2, 2])
    """
    count, groups = votes.shape
    rows = np.arange(count)
    winner = votes.argmax(axis=1) if groups else np.zeros(count, int)
    if balanced and groups > 1:
        doubtful = _doubtful(votes)
        winner[doubtful] = (votes * _factors(votes)).argmax(axis=1)[doubtful]
    total = votes.sum(axis=1)
    share = votes[rows, winner] / np.maximum(total, 1)
    others = votes.copy()
    others[rows, winner] = -1
    second = others.argmax(axis=1)
    has_second = others[rows, second] > 0
    return Decision(
        (winner + 1).astype(np.uint8),
        share.astype(np.float64),
        np.where(has_second, second + 1, 0).astype(np.uint8),
    )


def believed(
    votes: NDArray[np.int64], voxels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Voxels of each body that count: all if it is as probable as the mean body.

    Less count the more every voxel is in doubt, and none at `FLOOR` of that mean.

    Parameters
    ----------
    votes
        (N,) summed probability of any class of the layer.
    voxels
        (N,) size.

    Examples
    --------
    >>> believed(np.array([2000, 180]), np.array([10, 1])).round(2).tolist()
    [10.0, 0.54]
    """
    if not votes.sum():
        return voxels.astype(float)
    mean = int(votes.sum()) / int(voxels.sum())
    size = voxels.astype(float)
    rate = votes / np.maximum(size, 1) / mean
    return size * np.minimum(np.maximum(rate - FLOOR, 0) / (1 - FLOOR), 1)


def _doubtful(votes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the runner-up of each body has at least half of the most votes."""
    ordered = np.sort(votes, axis=1)
    return ordered[:, -1] <= DOUBTFUL * ordered[:, -2]


def _factors(votes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Factor of each group, (G,), that brings volumes nearest to the sums of votes.

    One group after another takes its best step, as long as that helps.
    """
    doubtful = votes[_doubtful(votes)]
    left = votes.sum(axis=0) - _volumes(votes) + _volumes(doubtful)

    def far(steps: NDArray[np.int64]) -> int:
        volumes = _volumes(doubtful, STEP ** steps.astype(float))
        return int(np.abs(volumes - left).sum())

    steps = np.zeros(votes.shape[1], np.int64)
    nearest, moved = far(steps), True
    while moved:
        moved = False
        for group in range(len(steps)):
            for step in range(-STEPS, STEPS + 1):
                tried = steps.copy()
                tried[group] = step
                if far(tried) < nearest:
                    nearest, steps, moved = far(tried), tried, True
    factors: NDArray[np.float64] = STEP ** steps.astype(float)
    return factors


def _volumes(
    votes: NDArray[np.int64], factors: NDArray[np.float64] | float = 1.0
) -> NDArray[np.int64]:
    """Votes of all bodies that each group wins, (G,)."""
    volumes = np.zeros(votes.shape[1], np.int64)
    np.add.at(volumes, (votes * factors).argmax(axis=1), votes.sum(axis=1))
    return volumes
