"""Cells told apart where all are of one class: a colour each, lines between, their ids.

The colours of Okabe and Ito, which colour-blind readers tell apart as well [1]_, and a
few more between them. Ids go by place, so that neighbours seldom share one.

.. [1] Wong 2011, Points of view: Color blindness, Nature Methods 8:441,
       doi:10.1038/nmeth.1618.
"""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from densecell.classes import PALETTE
from densecell.report.class_marks import number_places, write_number

COLOURS = (
    *PALETTE,
    (153, 214, 186),
    (138, 110, 190),
    (250, 200, 160),
    (110, 140, 60),
)
TINT = 0.5  # weight of the colours over the grey values
NUMBERED = 40  # cells that get their id, the largest in the slice


def cell_colours(ids: NDArray[np.integer]) -> NDArray[np.float32]:
    """Give the colour of each id, (..., 3) shares of 1.

    Examples
    --------
    >>> np.rint(255 * cell_colours(np.array([1, 12]))).astype(int).tolist()
    [[86, 180, 233], [86, 180, 233]]
    """
    table = np.array(COLOURS, np.float32) / 255
    return table[np.asarray(ids) % len(COLOURS)]


def cells_overlay(
    grey: NDArray[np.float32], ids: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Tint grey values (Y, X) by cell, with a white line between two; 0 stays grey."""
    shown = np.repeat(grey[..., None], 3, axis=2)
    inside = ids > 0
    shown[inside] = (1 - TINT) * shown[inside] + TINT * cell_colours(ids[inside])
    for axis in (0, 1):
        one, two = (np.moveaxis(a, axis, 0) for a in (ids, shown))
        met = (one[1:] != one[:-1]) & (one[1:] > 0) & (one[:-1] > 0)
        two[1:][met] = 1
    return shown


def write_ids(axis: Axes, ids: NDArray[np.integer], *, size: float = 7) -> None:
    """Write its id into each of the largest cells of a slice (Y, X)."""
    numbers, areas = np.unique(ids[ids > 0], return_counts=True)
    for number in numbers[np.argsort(-areas, kind="stable")[:NUMBERED]].tolist():
        mask = ids == number
        y, x = (np.flatnonzero(mask.any(axis=1 - k)) for k in (0, 1))
        inside = mask[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
        for down, across in number_places(inside)[:1]:
            write_number(axis, x[0] + across, y[0] + down, number, size=size)
