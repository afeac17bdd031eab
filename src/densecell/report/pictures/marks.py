"""Classes and cells over grey values: tints, lines between them, and their numbers.

The colours of cells are those of Okabe and Ito, which colour-blind readers tell apart
as well [1]_, and a few more between them. Ids go by place, so that neighbours seldom
share one.

.. [1] Wong 2011, Points of view: Color blindness, Nature Methods 8:441,
       doi:10.1038/nmeth.1618.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy import ndimage

from densecell.classes import PALETTE, ClassScheme

COLOURS = (
    *PALETTE,
    (153, 214, 186),
    (138, 110, 190),
    (250, 200, 160),
    (110, 140, 60),
)
CLASS_TINT = 0.55  # weight of the colours over the grey values
CELL_TINT = 0.5
OUTLINE = 0.5  # weight of the dark line between classes over what lies under it
NUMBERED_REGIONS = 6  # of each class that get its number
LEAST_RADIUS = 5.0  # pixels around the number that are of the class
NUMBERED_CELLS = 40  # that get their id, the largest in the slice


def stretched(
    intensities: NDArray[np.number], *, ends: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """Map grey values to 0..1 between two ends, or the half percents at either end."""
    low, high = ends or np.percentile(intensities, [0.5, 99.5])
    scaled = (intensities.astype(np.float32) - low) / max(high - low, 1e-6)
    return np.clip(scaled, 0, 1).astype(np.float32)


def overlay(
    grey: NDArray[np.float32], ids: NDArray[np.integer], scheme: ClassScheme
) -> NDArray[np.float32]:
    """Tint grey values (Y, X) with the classes' colours; background stays grey."""
    colours = scheme.colour_table()[ids] / 255  # (Y, X, 3)
    share = np.full(ids.shape, CLASS_TINT, np.float32)
    share[np.isin(ids, [*scheme.with_role("background"), scheme.ignore])] = 0
    tinted = grey[..., None] * (1 - share[..., None]) + colours * share[..., None]
    return tinted.astype(np.float32)


def outlined_overlay(
    grey: NDArray[np.float32], ids: NDArray[np.generic], scheme: ClassScheme
) -> NDArray[np.float32]:
    """Tint grey values (Y, X) by class, with a dark line between two classes."""
    classes = np.asarray(ids, np.uint8)
    tinted = overlay(grey, classes, scheme)
    tinted[_changes(classes)] *= 1 - OUTLINE
    return tinted


def cells_overlay(
    grey: NDArray[np.float32], ids: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Tint grey values (Y, X) by cell, with a white line between two; 0 stays grey."""
    shown = np.repeat(grey[..., None], 3, axis=2)
    inside = ids > 0
    shown[inside] = (1 - CELL_TINT) * shown[inside]
    shown[inside] += CELL_TINT * cell_colours(ids[inside])
    shown[_changes(ids, between=inside)] = 1
    return shown


def cell_colours(ids: NDArray[np.integer]) -> NDArray[np.float32]:
    """Colour of each id, (..., 3) shares of 1.

    Examples
    --------
    >>> np.rint(255 * cell_colours(np.array([1, 12]))).astype(int).tolist()
    [[86, 180, 233], [86, 180, 233]]
    """
    table = np.array(COLOURS, np.float32) / 255
    return table[np.asarray(ids) % len(COLOURS)]


def _changes(
    ids: NDArray[np.integer], *, between: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Pixels (Y, X) whose id is not that of the one above or to the left.

    With `between`, only where both lie in this mask. A line is one pixel wide;
    scikit-image's `find_boundaries` would mark both sides, and hide thin organelles.
    """
    changes = np.zeros(ids.shape, bool)
    for axis in (0, 1):
        one, marked = np.moveaxis(ids, axis, 0), np.moveaxis(changes, axis, 0)
        differs = one[1:] != one[:-1]
        if between is not None:
            mask = np.moveaxis(between, axis, 0)
            differs &= mask[1:] & mask[:-1]
        marked[1:] |= differs
    return changes


def write_classes(
    axis: Axes, ids: NDArray[np.generic], scheme: ClassScheme, *, size: float = 7
) -> None:
    """Write each class's number into the widest of its regions."""
    for class_id in scheme.ids:
        if scheme.classes[class_id].role == "background":
            continue
        for y, x in number_places(ids == class_id):
            _write(axis, x, y, class_id, size=size)


def write_cells(axis: Axes, ids: NDArray[np.integer], *, size: float = 7) -> None:
    """Write its id into each of the largest cells of a slice (Y, X)."""
    numbers, areas = np.unique(ids[ids > 0], return_counts=True)
    largest = np.argsort(-areas, kind="stable")[:NUMBERED_CELLS]
    for number in numbers[largest].tolist():
        mask = ids == number
        y, x = (np.flatnonzero(mask.any(axis=1 - k)) for k in (0, 1))
        inside = mask[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
        for down, across in number_places(inside)[:1]:
            _write(axis, x[0] + across, y[0] + down, number, size=size)


def number_places(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Innermost pixel (y, x) of the widest regions of a mask.

    At most `NUMBERED_REGIONS`, widest first, and none that is too narrow for a number.

    Examples
    --------
    >>> mask = np.zeros((20, 40), bool)
    >>> mask[2:17, 20:35] = mask[0, 0] = True
    >>> number_places(mask)
    [(9, 27)]
    """
    regions, count = ndimage.label(mask)
    if count == 0:
        return []
    padded = np.pad(mask, 1)  # the border of the picture is an edge as well
    inside = ndimage.distance_transform_edt(padded)[1:-1, 1:-1]
    numbers = np.arange(1, count + 1)
    widths = np.asarray(ndimage.maximum(inside, regions, numbers))
    order = np.argsort(-widths, kind="stable")[:NUMBERED_REGIONS]
    wide = [n for n in order if widths[n] >= LEAST_RADIUS]
    places = ndimage.maximum_position(inside, regions, numbers[wide]) if wide else []
    return [(int(y), int(x)) for y, x in places]


def _write(axis: Axes, x: float, y: float, number: int, *, size: float) -> None:
    """Write a number that can be read over anything."""
    text = axis.text(x, y, str(number), color="white", fontsize=size, ha="center")
    text.set_verticalalignment("center")
    text.set_path_effects([withStroke(linewidth=1.6, foreground="black")])
