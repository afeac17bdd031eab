"""What TensorBoard shows of a training."""

from pathlib import Path
from typing import Any

import numpy as np

from densecell.classes import ClassScheme
from densecell.errors import MissingExtraError
from densecell.report.pictures import overlay, stretched
from densecell.training import Example, MemberSettings, read_history

EVENTS = "events"


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
    """Give truth and prediction over the image, as (Y, 2 X, 3) shares."""
    grey = stretched(example.intensities)
    both = [overlay(grey, ids, scheme) for ids in (example.truth, example.predicted)]
    return np.concatenate(both, axis=1)
