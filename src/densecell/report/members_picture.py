"""A slice as each member labels it, and where it differs from all together."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.class_marks import numbered_overlay
from densecell.report.pictures import class_legend, jpeg, scale_bar

PANELS = 4  # beside each other
INCHES = 2.9
DIFFERENT = (0.85, 0.1, 0.1)


def members_picture(
    grey: NDArray[np.float32],
    labels: Mapping[str, NDArray[np.generic]],
    *,
    scheme: ClassScheme,
    spacing_nm: Spacing,
) -> bytes:
    """Draw the first labelling over the image, of the others where they differ from it.

    Parameters
    ----------
    grey
        (Y, X) shares of 1.
    labels
        (Y, X) class ids by the title of their panel.

    Returns
    -------
    A JPEG file.
    """
    height, width = grey.shape
    columns = min(PANELS, len(labels))
    rows = -(-len(labels) // columns)
    panel = min(2.0, max(0.3, height / width)) * INCHES + 0.3
    figure = Figure(
        figsize=(INCHES * columns, panel * rows + 0.6), layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    (_, first), *_ = labels.items()
    for axis, (title, ids) in zip(axes, labels.items(), strict=False):
        if ids is first:
            axis.imshow(numbered_overlay(grey, ids, scheme))
        else:
            shown = np.repeat((0.5 + 0.5 * grey)[..., None], 3, axis=2)
            shown[ids != first] = DIFFERENT
            axis.imshow(shown)
            title += f": {100 * float(np.mean(ids != first)):.1f} %"
        axis.set_title(title, fontsize=9)
        scale_bar(axis, width, spacing_nm)
    for axis in axes:
        axis.set_axis_off()
    class_legend(figure, scheme)
    return jpeg(figure)
