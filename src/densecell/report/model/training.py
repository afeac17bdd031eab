"""How a training goes: pictures in the model's folder, and TensorBoard events."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from densecell.classes import ClassScheme
from densecell.disk import written_aside
from densecell.ensemble import EnsembleFile
from densecell.errors import MissingExtraError
from densecell.report.pictures.charts import LINES, draw_grid, learning_curves
from densecell.report.pictures.figures import DPI, png
from densecell.report.pictures.marks import overlay, stretched
from densecell.report.pictures.slices import slice_picture
from densecell.training import Example, MemberSettings, read_history

CURVES = "curves.png"
EXAMPLE = "example.png"
SCORES = "scores.png"
EVENTS = "events"


def draw_training(
    member: Path,
    settings: MemberSettings,
    example: Example,
    *,
    also: Callable[[Path, MemberSettings, Example], None] | None = None,
) -> None:
    """Draw the curves and the example slice of a member anew, after a validation.

    Parameters
    ----------
    member
        Its folder: `curves.png` and `example.png` are written there.
    settings
        That made it.
    example
        A slice as it labels it now.
    also
        Is called with the same.
    """
    curves = learning_curves({member.name: read_history(member)})
    _write(member / CURVES, curves)
    picture = slice_picture(
        example.intensities,
        {"truth": example.truth, "prediction": example.predicted},
        scheme=settings.classes,
        spacing_nm=example.spacing_nm,
    )
    _write(member / EXAMPLE, picture)
    if also is not None:
        also(member, settings, example)


def draw_scores(model: Path, ensemble: EnsembleFile) -> None:
    """Draw how the members' scores are spread into `scores.png` of the model."""
    _write(model / SCORES, score_spread(ensemble))


def score_spread(ensemble: EnsembleFile) -> bytes:
    """Draw the best MIoU(all) of every member as a dot, those that vote filled.

    The paper compares networks by this spread over seeds. A PNG file.
    """
    scored = [m for m in ensemble.members if m.outcome.miou_all is not None]
    figure = Figure(
        figsize=(7, 0.9 + 0.22 * len(scored)), dpi=DPI, layout="constrained"
    )
    axis = figure.subplots()
    for row, member in enumerate(reversed(scored)):
        face = LINES[0] if member.used else "white"
        axis.plot(
            member.outcome.miou_all or 0.0,
            row,
            "o",
            color=LINES[0],
            markerfacecolor=face,
        )
    axis.set_yticks(range(len(scored)), [m.folder for m in reversed(scored)])
    axis.set(xlabel="best MIoU(all) of the eval volume; filled: votes")
    axis.set_ylim(-0.6, len(scored) - 0.4)
    draw_grid(axis, "x")
    return png(figure)


def require_tensorboard() -> Any:
    """Import the writer of event files.

    Raises
    ------
    MissingExtraError
        If TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingExtraError(
            "--tensorboard needs tensorboard, which is not installed; "
            "pip install 'densecell[train]'"
        ) from None
    return SummaryWriter


def write_events(member: Path, settings: MemberSettings, example: Example) -> None:
    """Add the last validation of a member to its event files, in `events`.

    What was written of later steps, before a kill, is dropped from sight.
    """
    last = read_history(member)[-1]
    step = last["step"]
    with require_tensorboard()(member / EVENTS, purge_step=step) as writer:
        writer.add_scalar("loss", last["loss"], step)
        writer.add_scalar("MIoU/all", last["miou_all"], step)
        if last["miou_org"] is not None:
            writer.add_scalar("MIoU/org", last["miou_org"], step)
        for name, iou in last["iou"].items():
            if iou is not None:
                writer.add_scalar(f"IoU/{name}", iou, step)
        writer.add_image(
            "example", _side_by_side(example, settings.classes), step, dataformats="HWC"
        )


def _side_by_side(example: Example, scheme: ClassScheme) -> np.ndarray:
    """Truth and prediction over the image, as (Y, 2 X, 3) shares of 1."""
    grey = stretched(example.intensities)
    both = [overlay(grey, ids, scheme) for ids in (example.truth, example.predicted)]
    return np.concatenate(both, axis=1)


def _write(path: Path, picture: bytes) -> None:
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(picture)
