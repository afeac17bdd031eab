"""A picture of the boxes to label: image, what was predicted, where members differ."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densecell.geometry import Box
from densecell.report.pictures import (
    DPI,
    class_legend,
    overlay,
    png,
    scale_bar,
    stretched,
)
from densecell.suggestions.material import Material

MOST = 20  # boxes that are drawn; the table has all
INCHES = 1.7  # edge of a panel
COLUMNS = 2  # boxes beside each other


class Shown(NamedTuple):
    """A box with its name, in voxels of the result."""

    name: str
    box: Box


def draw_boxes(material: Material, shown: Sequence[Shown]) -> bytes:
    """Draw the middle slice of each box three times: a PNG file.

    Dark is where all members agree; of a single member its doubt is shown.
    """
    drawn = shown[:MOST]
    rows = -(-len(drawn) // COLUMNS)
    _, height, width = drawn[0].box.shape
    across = COLUMNS if len(drawn) > 1 else 1
    figure = Figure(
        figsize=(
            3 * INCHES * across,
            (INCHES * height / width + 0.25) * rows + 0.7,
        ),
        dpi=DPI,
        layout="constrained",
    )
    axes = figure.subplots(rows, 3 * across, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for n, (name, box) in enumerate(drawn):
        row, column = divmod(n, across)
        _draw(list(axes[row, 3 * column : 3 * column + 3]), name, box, material)
    class_legend(figure, material.scheme, background=True)
    return png(figure)


def _draw(axes: Sequence[Axes], name: str, box: Box, material: Material) -> None:
    """Draw one box."""
    z = box.start[0] + box.shape[0] // 2
    plane = Box((z, *box.start[1:]), (z + 1, *box.stop[1:]))
    grey = stretched(material.image.read(plane)[0])
    predicted = overlay(grey, material.classes.read(plane)[0], material.scheme)
    unsure = material.disagreement.read(plane)[0]
    title = "disagreement"
    if len(material.run.model.members) == 1:
        unsure, title = 255 - material.confidence.read(plane)[0], "doubt"
    axes[0].imshow(grey, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes[1].imshow(predicted, interpolation="nearest")
    axes[2].imshow(unsure, cmap="magma", vmin=0, vmax=255, interpolation="nearest")
    scale_bar(axes[0], material.spacing_nm.x)
    there = z + material.origin[0]
    titles = (f"{name}, z {there}", "predicted", title)
    for axis, text in zip(axes, titles, strict=True):
        axis.set_title(text, fontsize=8)
