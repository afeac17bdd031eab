"""Plots: learning curves, scores, a confusion matrix, how values are spread."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from math import isfinite
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from densecell.report.pictures.figures import DPI, escape_math, png, share_of_one

# Okabe and Ito's colours without yellow, told apart by colour-blind readers.
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DARK = 0.55  # share of a row of the confusion matrix from which on writing is white
SMALLEST = 0.0005  # shares that are written
WIDE, ROW, FRAME = 7.0, 0.5, 0.7  # inches
MOST = 1000  # dots of a class
EDGE = 0.02  # of a decade that is left free beside the outermost dots


class DotRow(NamedTuple):
    """The values of a class, for a row of dots."""

    name: str
    colour: tuple[int, int, int]
    values: Sequence[float]


def learning_curves(histories: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Draw loss and eval MIoU over steps, one line per member; a PNG file."""
    figure = Figure(figsize=(10, 3.4), dpi=DPI, layout="constrained")
    loss, score = figure.subplots(1, 2)
    for colour, (name, history) in zip(cycle(LINES), histories.items(), strict=False):
        steps = [line["step"] for line in history]
        style = {"color": colour, "marker": "o", "markersize": 3, "label": name}
        loss.plot(steps, [line["loss"] for line in history], **style)
        score.plot(steps, [line["miou_all"] for line in history], **style)
    loss.set(xlabel="step", ylabel="training loss")
    losses = [line["loss"] for history in histories.values() for line in history]
    highest = max(filter(isfinite, losses), default=0)
    loss.set_ylim(0, 1.05 * highest or 1)  # else a level line lies on the frame
    score.set(xlabel="step", ylabel="MIoU(all) of the eval volume", ylim=(0, 1))
    for axis in (loss, score):
        axis.set_xlim(left=0)
        draw_grid(axis)
    score.legend(frameon=False, fontsize=9)
    return png(figure)


def score_bars(scores: Mapping[str, Mapping[str, float | None]]) -> bytes:
    """Draw IoU per class, one bar per labelling (members, ensemble); a PNG file."""
    classes = list(next(iter(scores.values())))
    figure = Figure(figsize=(6.4, 4.6), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    width = 0.8 / len(scores)
    for n, (name, iou) in enumerate(scores.items()):
        at = [k + (n - (len(scores) - 1) / 2) * width for k in range(len(classes))]
        values = [iou[c] or 0.0 for c in classes]
        axis.bar(at, values, width * 0.92, color=LINES[n % len(LINES)], label=name)
    axis.set(ylabel="IoU", ylim=(0, 1))
    names = [escape_math(name) for name in classes]
    axis.set_xticks(range(len(classes)), names, rotation=30, ha="right")
    draw_grid(axis, "y")
    figure.legend(
        frameon=False, fontsize=9, ncols=min(4, len(scores)), loc="outside upper left"
    )
    return png(figure)


def confusion_picture(
    confusion: NDArray[np.integer], names: tuple[str, ...] | list[str]
) -> bytes:
    """Draw (K, K) voxels, rows true classes, as shares of each row; a PNG file."""
    counts = np.asarray(confusion, np.float64)
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros_like(counts), where=sums > 0)
    side = 1.9 + 0.55 * len(names)
    figure = Figure(figsize=(side + 0.6, side), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(shares >= SMALLEST), strict=True):
        share = shares[row, column]
        axis.text(
            column,
            row,
            f"{100 * share:.1f}" if share < 0.995 else f"{100 * share:.0f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share > DARK else "black",
        )
    shown = [escape_math(name) for name in names]
    axis.set_xticks(range(len(names)), shown, rotation=40, ha="right", fontsize=8)
    axis.set_yticks(range(len(names)), shown, fontsize=8)
    axis.set_xlabel("found (% of the voxels of the row)", fontsize=9)
    axis.set_ylabel("true class", fontsize=9)
    axis.set_xticks(np.arange(len(names)) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(names)) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=1)
    axis.tick_params(which="minor", length=0)
    return png(figure)


def fraction_picture(groups: Sequence[DotRow]) -> bytes:
    """Draw shares of cells in percent; a PNG file."""
    return _dots(groups, "% of the cell", log=False)


def size_picture(groups: Sequence[DotRow]) -> bytes:
    """Draw volumes in cubic micrometres on a logarithmic axis; a PNG file."""
    return _dots(groups, "volume (µm³)", log=True)


def _dots(groups: Sequence[DotRow], unit: str, *, log: bool) -> bytes:
    figure = Figure(
        figsize=(WIDE, FRAME + ROW * len(groups)), dpi=DPI, layout="constrained"
    )
    axis = figure.subplots()
    for row, group in enumerate(groups):
        _row(axis, row, group)
    names = [f"{escape_math(g.name)} ({len(g.values)})" for g in groups]
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
    draw_grid(axis, "x")
    return png(figure)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Powers of ten around all values.

    Examples
    --------
    >>> _decades([0.02, 0.5])
    (0.01, 1.0)
    """
    exponents = np.log10(values)
    low = np.floor(exponents.min() - EDGE)
    return float(10**low), float(10 ** np.ceil(exponents.max() + EDGE))


def _row(axis: Axes, row: int, group: DotRow) -> None:
    """Draw dots, scattered up and down so that they hide each other less."""
    values = np.array(group.values)
    if values.size == 0:
        return
    rng = np.random.default_rng(row)
    shown = rng.permutation(values)[:MOST]
    apart = rng.uniform(-0.28, 0.28, shown.size)
    axis.scatter(
        shown,
        row + apart,
        s=16,
        color=share_of_one(group.colour),
        edgecolors="black",
        linewidths=0.4,
        alpha=0.75,
    )
    middle = float(np.median(values))
    axis.plot([middle, middle], [row - 0.38, row + 0.38], color="black", linewidth=2)


def draw_grid(axis: Axes, which: Literal["x", "y", "both"] = "both") -> None:
    """Draw light lines across a plot, and no frame above and to the right of it."""
    axis.grid(axis=which, alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
