"""How values are spread, a row for each class: every object is a dot."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from densecell.report.pictures import DPI, plain, png

WIDE, ROW, FRAME = 7.0, 0.5, 0.7  # inches
MOST = 1000  # dots of a class
EDGE = 0.02  # of a decade that is left free beside the outermost dots


class Group(NamedTuple):
    """The values of a class."""

    name: str
    colour: tuple[int, int, int]
    values: Sequence[float]


def fraction_picture(groups: Sequence[Group]) -> bytes:
    """Draw shares of cells in percent; a PNG file."""
    return _dots(groups, "% of the cell", log=False)


def size_picture(groups: Sequence[Group]) -> bytes:
    """Draw volumes in cubic micrometres on a logarithmic axis; a PNG file."""
    return _dots(groups, "volume (µm³)", log=True)


def _dots(groups: Sequence[Group], unit: str, *, log: bool) -> bytes:
    figure = Figure(
        figsize=(WIDE, FRAME + ROW * len(groups)), dpi=DPI, layout="constrained"
    )
    axis = figure.subplots()
    for row, group in enumerate(groups):
        _row(axis, row, group)
    names = [f"{plain(g.name)} ({len(g.values)})" for g in groups]
    axis.set_yticks(range(len(groups)), names, fontsize=9)
    axis.set_ylim(len(groups) - 0.5, -0.5)
    axis.set_xlabel(unit, fontsize=9)
    if log:
        axis.set_xscale("log")
        axis.set_xlim(_decades([v for g in groups for v in g.values]))
        axis.xaxis.set_minor_formatter(NullFormatter())
    else:
        axis.set_xlim(left=0)
    axis.tick_params(labelsize=8)
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    return png(figure)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Give the powers of ten around all values.

    Examples
    --------
    >>> _decades([0.02, 0.5])
    (0.01, 1.0)
    """
    exponents = np.log10(values)
    low = np.floor(exponents.min() - EDGE)
    return float(10**low), float(10 ** np.ceil(exponents.max() + EDGE))


def _row(axis: Axes, row: int, group: Group) -> None:
    """Draw dots, scattered up and down so that they hide each other less."""
    values = np.array(group.values)
    if values.size == 0:
        return
    rng = np.random.default_rng(row)
    shown = rng.permutation(values)[:MOST]
    apart = rng.uniform(-0.28, 0.28, shown.size)
    red, green, blue = (part / 255 for part in group.colour)
    axis.scatter(
        shown,
        row + apart,
        s=16,
        color=(red, green, blue),
        edgecolors="black",
        linewidths=0.4,
        alpha=0.75,
    )
    middle = float(np.median(values))
    axis.plot([middle, middle], [row - 0.38, row + 0.38], color="black", linewidth=2)
