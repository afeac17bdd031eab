"""Which boxes to label next: unsure, rich in rare classes, unlike each other.

Uncertainty alone picks the same difficulty again and again [1]_. So it also counts how
much a box differs from those that are labelled or were picked before it.

.. [1] Sener & Savarese 2018, Active learning for convolutional neural networks: a
       core-set approach, ICLR, arXiv:1708.00489.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from densecell.geometry import Spacing
from densecell.suggestions.candidates import Candidates

ALIKE = 0.15  # share of the boxes left that count less: those most like known ones
REACH = 1.0  # longest edges of a box, within which two boxes show much the same
COMPARED = 256  # labelled boxes that others are compared with


class Pick(NamedTuple):
    """A box to label, and why.

    Parameters
    ----------
    number
        Its row in the candidates.
    unsure
        Share of all boxes that are less unsure.
    rare
        Share of all boxes that are poorer in rare classes.
    unlike
        0 for the box that is most like one that is labelled or was picked before; it
        rises to 1 over the 15 % that are most alike; 1 for all others.
    """

    number: int
    unsure: float
    rare: float
    unlike: float

    @property
    def score(self) -> float:
        """Mean of the three, by which it was picked, 0 to 1."""
        return (self.unsure + self.rare + self.unlike) / 3


def rank(
    candidates: Candidates, count: int, *, spacing_nm: Spacing, members: int
) -> list[Pick]:
    """Pick boxes greedily, the best first; fewer where no more are left.

    No two overlap, and none holds a labelled voxel. Ties go to the first in raster
    order.

    Parameters
    ----------
    candidates
        All boxes.
    count
        Boxes to pick.
    spacing_nm
        Voxel size (z, y, x).
    members
        Networks in the ensemble. A single one cannot disagree: its doubt counts then.
    """
    unsure = ranks(candidates.disagreement if members > 1 else candidates.doubt)
    rare = ranks(rarity(candidates.shares))
    features, places = _features(candidates), _places(candidates, spacing_nm)
    unlike = np.ones(len(candidates.boxes))
    known = np.flatnonzero(candidates.labelled)
    for n in known[:: max(1, -(-len(known) // COMPARED))]:
        unlike = np.minimum(unlike, _unlike(features, places, n))
    free = ~candidates.labelled
    picks: list[Pick] = []
    while free.any() and len(picks) < count:
        new = np.zeros(len(free))
        new[free] = np.minimum(1, ranks(unlike[free]) / ALIKE)
        n = int(np.argmax(np.where(free, unsure + rare + new, -1.0)))
        picks.append(Pick(n, float(unsure[n]), float(rare[n]), float(new[n])))
        unlike = np.minimum(unlike, _unlike(features, places, n))
        free &= [
            b.intersection(candidates.boxes[n]).voxels == 0 for b in candidates.boxes
        ]
    return picks


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the other values that are lower, ties in the middle.

    Examples
    --------
    >>> ranks(np.array([0.1, 7.0, 0.1]))
    array([0.25, 1.  , 0.25])
    """
    return (rankdata(values) - 1) / max(1, len(values) - 1)


def rarity(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """How rich boxes are in rare classes.

    Parameters
    ----------
    shares
        (N, K) share of each class in each box.

    Returns
    -------
    (N,) mean over the classes of the root of how many times the mean share is there:
    a class of one voxel in a thousand counts as much as one of half of them, and ten
    times as much of it about three times.
    """
    mean = shares.mean(axis=0)
    there = mean > 0
    return np.sqrt(shares[:, there] / mean[there]).mean(axis=1)


def _features(candidates: Candidates) -> NDArray[np.float64]:
    """Features (N, K + 3) of the boxes; two at random lie about 1 apart."""
    parts = []
    for part in (np.sqrt(candidates.shares), candidates.grey):
        spread = part.std(axis=0)
        part = part[:, spread > 0] / spread[spread > 0]
        parts.append(part / np.sqrt(4 * max(1, part.shape[1])))
    return np.concatenate(parts, axis=1)


def _places(candidates: Candidates, spacing_nm: Spacing) -> NDArray[np.float64]:
    """Places (N, 3) of the boxes, in lengths within which they show the same."""
    starts = np.array([box.start for box in candidates.boxes], np.float64)
    edges = np.multiply(candidates.boxes[0].shape, spacing_nm)
    return starts * np.array(spacing_nm) / (REACH * edges.max())


def _unlike(
    features: NDArray[np.float64], places: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """How much every box differs from box `n`: 0 the same, 1 far and different."""
    apart = [((each - each[n]) ** 2).sum(axis=1) for each in (features, places)]
    return 1 - np.exp(-np.minimum(*apart))
