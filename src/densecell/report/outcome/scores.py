"""How far labels agree with truth, class by class."""

from typing import Any

import numpy as np

from densecell.evaluation import Scores, scores_from_confusion
from densecell.evaluation.blockwise import volumes_confusion
from densecell.geometry import Box
from densecell.report.found import Found
from densecell.report.page import Picture, Section, Table
from densecell.report.pictures.charts import confusion_picture, score_bars
from densecell.report.words import format_score
from densecell.volume import Volume

Plain = dict[str, Any]  # Scores.as_json()


def scores_section(found: Found) -> Section | None:
    """Score against the truth that was given, else show what `evaluate` kept."""
    parts: list[Table | Picture]
    if found.truth is not None:
        ensemble = _score(found, found.classes)
        members = {name: _score(found, v) for name, v in found.members.items()}
        voxels = f"{ensemble['voxels']:,} voxels"
        words = f"Overlap (IoU) of each class with truth, over {voxels}."
        columns = {**members, "all together": ensemble}
        parts = [_table(columns), *_pictures(columns, ensemble)]
        return Section("Scores", words + _gain(ensemble, members), parts)
    if not found.scores:
        return None
    parts = []
    for name, scores in found.scores.items():
        column = {f"against {name}{_part(found, scores)}": scores}
        parts += [_table(column), *_pictures(column, scores)]
    words = (
        "Overlap (IoU) of each class with truth, as `densecell evaluate` counted it. "
        "With `--truth LABELS` this page also shows truth and errors in the slices."
    )
    return Section("Scores", words, parts)


def _part(found: Found, scores: Plain) -> str:
    """Say which part of the result was scored; nothing where all of it was."""
    words = ""
    whole = Box.whole(found.shape).shifted(found.origin)
    box = scores.get("box")
    if box is not None and box != [list(corner) for corner in whole]:
        start, stop = (", ".join(map(str, corner)) for corner in box)
        words = f", only voxels {start} to {stop}"
    if scores.get("where_labelled"):
        words += ", only where truth > 0"
    return words


def _score(found: Found, labels: Volume) -> Plain:
    if found.truth is None:
        return {}
    confusion = volumes_confusion(
        found.truth, labels, found.scheme, box=Box.whole(found.shape)
    )
    return _plain(scores_from_confusion(confusion, found.scheme))


def _plain(scores: Scores) -> Plain:
    return scores.as_json()


def _gain(ensemble: Plain, members: dict[str, Plain]) -> str:
    """Say what voting gained."""
    known = [m["miou_org"] for m in members.values() if m["miou_org"] is not None]
    if not known or ensemble["miou_org"] is None:
        return ""
    return (
        f" MIoU(org), the mean over the organelles: {ensemble['miou_org']:.3f} for all "
        f"together; the members alone: mean {np.mean(known):.3f}, "
        f"best {max(known):.3f}."
    )


def _table(columns: dict[str, Plain]) -> Table:
    first = next(iter(columns.values()))
    rows = [
        [name, *(format_score(s["iou"].get(name)) for s in columns.values())]
        for name in first["classes"]
    ]
    for words, key in (
        ("mean, all classes: MIoU(all)", "miou_all"),
        ("mean, organelles: MIoU(org)", "miou_org"),
        ("share of voxels that are right", "accuracy"),
        ("adjusted Rand index", "adjusted_rand"),
    ):
        rows.append([words, *(format_score(s[key]) for s in columns.values())])
    return Table(["class", *columns], rows)


def _pictures(columns: dict[str, Plain], shown: Plain) -> list[Picture]:
    matrix = confusion_picture(np.array(shown["confusion"]), shown["classes"])
    return [
        Picture(
            score_bars({name: s["iou"] for name, s in columns.items()}),
            "IoU by class.",
        ),
        Picture(
            matrix, "Which class was found where which is true; blank: under 0.05 %."
        ),
    ]
