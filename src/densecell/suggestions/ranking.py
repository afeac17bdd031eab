"""Which boxes to label next: unsure, rich in rare classes, unlike each other.

Uncertainty alone picks the same difficulty again and again [1]_, so that it counts too
how much a box differs from those that are labelled or were picked before it.

.. [1] Sener & Savarese 2018, Active learning for convolutional neural networks: a
       core-set approach, ICLR, arXiv:1708.00489.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from densecell.geometry import Spacing
from densecell.suggestions.looks import Looks

ALIKE = 0.15  # share of the boxes left, those most like what is known, that count less
REACH = 1.0  # longest edges of a box, within which two boxes show much the same
COMPARED = 256  # labelled boxes that others are compared with


class Pick(NamedTuple):
    """A box to label, and why.

    Parameters
    ----------
    number
        Its row in the looks.
    unsure, rare
        Share of all boxes that are less unsure; poorer in rare classes.
    unlike
        0 for the box left that is most like one that is labelled or was picked before,
        rising to 1 over the 15 % that are most like; 1 for all others.
    """

    number: int
    unsure: float
    rare: float
    unlike: float

    @property
    def score(self) -> float:
        """What it was picked by, 0 to 1."""
        return (self.unsure + self.rare + self.unlike) / 3


def rank(looks: Looks, count: int, *, spacing_nm: Spacing, members: int) -> list[Pick]:
    """Pick boxes greedily, the best first; fewer where no more are left.

    No two overlap, and none holds a labelled voxel. Ties go to the first in raster
    order.

    Parameters
    ----------
    looks
        Of all boxes.
    count
        How many to pick.
    spacing_nm
        Voxel size (z, y, x).
    members
        Of the ensemble: a single one cannot disagree, its doubt stands in.
    """
    unsure = ranks(looks.disagreement if members > 1 else looks.doubt)
    rare = ranks(rarity(looks.shares))
    features, places = _features(looks), _places(looks, spacing_nm)
    unlike = np.ones(len(looks.boxes))
    known = np.flatnonzero(looks.labelled)
    for n in known[:: max(1, -(-len(known) // COMPARED))]:
        unlike = np.minimum(unlike, _unlike(features, places, n))
    free = ~looks.labelled
    picks: list[Pick] = []
    while free.any() and len(picks) < count:
        new = np.zeros(len(free))
        new[free] = np.minimum(1, ranks(unlike[free]) / ALIKE)
        n = int(np.argmax(np.where(free, unsure + rare + new, -1.0)))
        picks.append(Pick(n, float(unsure[n]), float(rare[n]), float(new[n])))
        unlike = np.minimum(unlike, _unlike(features, places, n))
        free &= [b.intersection(looks.boxes[n]).voxels == 0 for b in looks.boxes]
    return picks


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the share of the others that are lower, ties in the middle.

    Examples
    --------
    >>> ranks(np.array([0.1, 7.0, 0.1]))
    array([0.25, 1.  , 0.25])
    """
    return (rankdata(values) - 1) / max(1, len(values) - 1)


def rarity(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how rich boxes are in rare classes.

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


def _features(looks: Looks) -> NDArray[np.float64]:
    """Give what boxes look like, two at random about 1 apart: (N, K + 3)."""
    parts = []
    for part in (np.sqrt(looks.shares), looks.grey):
        spread = part.std(axis=0)
        part = part[:, spread > 0] / spread[spread > 0]
        parts.append(part / np.sqrt(4 * max(1, part.shape[1])))
    return np.concatenate(parts, axis=1)


def _places(looks: Looks, spacing_nm: Spacing) -> NDArray[np.float64]:
    """Give where boxes are, in lengths within which they show the same: (N, 3)."""
    starts = np.array([box.start for box in looks.boxes], np.float64)
    edges = [n * s for n, s in zip(looks.boxes[0].shape, spacing_nm, strict=True)]
    return starts * np.array(spacing_nm) / (REACH * max(edges))


def _unlike(
    features: NDArray[np.float64], places: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Say how much every box differs from one: 0 the same, 1 far away and different."""
    apart = [((each - each[n]) ** 2).sum(axis=1) for each in (features, places)]
    return 1 - np.exp(-np.minimum(*apart))
