"""Plots of a training and of scores."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from matplotlib.figure import Figure

from densecell.report.pictures import DPI, plain, png

# Okabe and Ito's colours without yellow, told apart by colour-blind readers.
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def learning_curves(histories: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Draw loss and eval MIoU over steps, one line per member; a PNG file."""
    figure = Figure(figsize=(10, 3.4), dpi=DPI, layout="constrained")
    loss, score = figure.subplots(1, 2)
    for colour, (name, history) in zip(_cycled(), histories.items(), strict=False):
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
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    score.legend(frameon=False, fontsize=9)
    return png(figure)


def score_bars(scores: Mapping[str, Mapping[str, float | None]]) -> bytes:
    """Draw IoU per class, one bar per labelling (members, ensemble); a PNG file."""
    classes = list(next(iter(scores.values())))
    figure = Figure(figsize=(6.4, 4.6), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    width = 0.8 / len(scores)
    for n, (colour, (name, iou)) in enumerate(
        zip(_cycled(), scores.items(), strict=False)
    ):
        at = [k + (n - (len(scores) - 1) / 2) * width for k in range(len(classes))]
        values = [iou[c] or 0.0 for c in classes]
        axis.bar(at, values, width * 0.92, color=colour, label=name)
    axis.set(ylabel="IoU", ylim=(0, 1))
    names = [plain(name) for name in classes]
    axis.set_xticks(range(len(classes)), names, rotation=30, ha="right")
    axis.grid(axis="y", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(
        frameon=False, fontsize=9, ncols=min(4, len(scores)), loc="outside upper left"
    )
    return png(figure)


def _cycled() -> Sequence[str]:
    return LINES * 20
