"""Scores as a table for people."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from densecell.evaluation import Scores
from densecell.geometry import Box


def scores_table(scores: Scores, *, title: str, box: Box) -> Group:
    """Scores as text for a rich console: a table by class, then the means."""
    table = class_table(scores, title=title, shares=("truth %", "predicted %"))
    return Group(table, *(Text(line) for line in _lines(scores, box)))


def class_table(scores: Scores, *, title: str, shares: tuple[str, str]) -> Table:
    """Table of overlap by class, with the shares of both sides under these headings."""
    table = Table(title=Text(title), title_justify="left")
    table.add_column("class")
    for heading in ("IoU", "Dice", *shares):
        table.add_column(heading, justify="right")
    for name in scores.classes:
        table.add_row(
            Text(name),
            number(scores.iou[name]),
            number(scores.dice[name]),
            f"{100 * scores.truth_share[name]:.2f}",
            f"{100 * scores.predicted_share[name]:.2f}",
        )
    return table


def number(value: float | None) -> str:
    """A score with four digits, or a dash."""
    return "-" if value is None else f"{value:.4f}"


def _lines(scores: Scores, box: Box) -> list[str]:
    where = ", where truth > 0" if scores.where_labelled else ""
    lines = [
        f"MIoU(all) {scores.miou_all:.4f}   MIoU(org) {number(scores.miou_org)}   "
        f"accuracy {scores.accuracy:.4f}   adjusted Rand {scores.adjusted_rand:.4f}",
        f"{scores.voxels:,} voxels counted in {box.start} to {box.stop}{where}",
    ]
    if scores.absent:
        lines.append(f"nowhere, so in no mean: {', '.join(scores.absent)}")
    if scores.spurious:
        lines.append(f"predicted but not there, so 0: {', '.join(scores.spurious)}")
    return lines
