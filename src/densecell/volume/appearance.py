"""How the grey values of a volume are spread, and how noisy they are.

Both are measured on normalised grey values, so that volumes can be compared.

.. [1] Nyúl, Udupa, Zhang 2000, New variants of a method of MRI scale standardization,
       doi:10.1109/42.836373: landmarks of the histogram.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (1.0, 25.0, 50.0, 75.0, 99.0)
LIMIT = 12.0  # deviations from the mean; values beyond count as this
BINS = 9600  # of the histogram: 0.0025 deviations wide
MAD = 1.4826  # deviations of a normal distribution per median absolute one


class Appearance(NamedTuple):
    """Spread of the grey values of a volume and their noise, in deviations.

    Parameters
    ----------
    landmarks
        1st, 25th, 50th, 75th and 99th percentile [1]_.
    noise
        Deviation of a pixel from the mean of its four neighbours in plane, as of a
        normal distribution: robust against edges.
    """

    landmarks: tuple[float, ...]
    noise: float


def appearance_of(blocks: Iterable[NDArray[np.float32]]) -> Appearance:
    """Measure the appearance of normalised (Z, Y, X) blocks, one in memory at a time.

    Notes
    -----
    From histograms with bins of 0.0025 deviations, so that blocks can be counted one
    by one.

    Examples
    --------
    >>> ramp = np.linspace(-1, 1, 101, dtype=np.float32).reshape(1, 1, 101)
    >>> [round(mark, 2) for mark in appearance_of([ramp.repeat(9, axis=1)]).landmarks]
    [-0.98, -0.5, 0.0, 0.5, 0.98]
    """
    grey, rough = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for block in blocks:
        grey += _counted(block)
        rough += _counted(np.abs(_roughness(block)))
    return Appearance(
        landmarks=tuple(_percentile(grey, p) for p in PERCENTILES),
        noise=MAD * max(0.0, _percentile(rough, 50.0)),
    )


def _roughness(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Difference of each pixel from the mean of its neighbours in plane."""
    if min(block.shape[1:]) < 3:
        return np.zeros(1, np.float32)
    around = block[:, :-2, 1:-1] + block[:, 2:, 1:-1]
    around += block[:, 1:-1, :-2] + block[:, 1:-1, 2:]
    return block[:, 1:-1, 1:-1] - around * np.float32(0.25)


def _counted(values: NDArray[np.float32]) -> NDArray[np.int64]:
    inside = values.clip(-LIMIT, LIMIT)
    counts, _ = np.histogram(inside, BINS, (-LIMIT, LIMIT))
    return counts.astype(np.int64)


def _percentile(counts: NDArray[np.int64], percent: float) -> float:
    """Middle of the bin in which a percentile lies."""
    total = np.cumsum(counts)
    place = int(np.searchsorted(total, percent / 100 * total[-1]))
    return round(-LIMIT + (place + 0.5) * 2 * LIMIT / BINS, 6)
