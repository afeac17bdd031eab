"""Pictures in a model's folder that show how its training goes."""

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from densecell.disk import written_aside
from densecell.ensemble import EnsembleFile
from densecell.report.curves import LINES, learning_curves
from densecell.report.pictures import DPI, png, slice_picture
from densecell.training import Example, MemberSettings, read_history

CURVES = "curves.png"
EXAMPLE = "example.png"
SCORES = "scores.png"


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
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    return png(figure)


def _write(path: Path, picture: bytes) -> None:
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(picture)
