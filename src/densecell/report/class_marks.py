"""Classes told apart without their colours: outlines, and numbers on the largest."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy import ndimage

from densecell.classes import ClassScheme
from densecell.report.pictures import overlay

NUMBERED = 6  # regions of each class that get its number
LEAST_RADIUS = 5.0  # pixels around the number that are of the class
OUTLINE = 0.5  # weight of the outline over what lies under it


def numbered_overlay(
    grey: NDArray[np.float32], ids: NDArray[np.generic], scheme: ClassScheme
) -> NDArray[np.float32]:
    """Tint grey values (Y, X) with the classes' colours, with a dark line between."""
    tinted = overlay(grey, ids.astype(np.uint8), scheme)
    edge = np.zeros(ids.shape, bool)
    edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
    edge[1:] |= ids[1:] != ids[:-1]
    tinted[edge] *= 1 - OUTLINE
    return tinted


def write_numbers(
    axis: Axes, ids: NDArray[np.generic], scheme: ClassScheme, *, size: float = 7
) -> None:
    """Write each class's number into the widest of its regions."""
    for class_id in scheme.ids:
        if scheme.classes[class_id].role == "background":
            continue
        for y, x in number_places(ids == class_id):
            write_number(axis, x, y, class_id, size=size)


def write_number(axis: Axes, x: float, y: float, number: int, *, size: float) -> None:
    """Write a number that can be read over anything."""
    text = axis.text(x, y, str(number), color="white", fontsize=size, ha="center")
    text.set_verticalalignment("center")
    text.set_path_effects([withStroke(linewidth=1.6, foreground="black")])


def number_places(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give the innermost pixel (y, x) of the widest regions of a mask.

    At most `NUMBERED`, widest first, and none that is too narrow to hold a number.

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
    order = np.argsort(-widths, kind="stable")[:NUMBERED]
    wide = [n for n in order if widths[n] >= LEAST_RADIUS]
    places = ndimage.maximum_position(inside, regions, numbers[wide]) if wide else []
    return [(int(y), int(x)) for y, x in places]
