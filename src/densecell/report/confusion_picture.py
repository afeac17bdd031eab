"""A confusion matrix as a picture: shares of each true class, counted in words."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from densecell.report.pictures import DPI, plain, png

DARK = 0.55  # share from which on writing is white
SMALLEST = 0.0005  # shares that are written


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
    shown = [plain(name) for name in names]
    axis.set_xticks(range(len(names)), shown, rotation=40, ha="right", fontsize=8)
    axis.set_yticks(range(len(names)), shown, fontsize=8)
    axis.set_xlabel("found (% of the voxels of the row)", fontsize=9)
    axis.set_ylabel("true class", fontsize=9)
    axis.set_xticks(np.arange(len(names)) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(names)) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=1)
    axis.tick_params(which="minor", length=0)
    return png(figure)
