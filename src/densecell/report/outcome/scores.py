"""How far labels agree with truth, class by class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from densecell.errors import VolumeError
from densecell.evaluation import scores_from_confusion, volumes_confusion
from densecell.geometry import Box
from densecell.report.outcome.object_scores import object_score_parts
from densecell.report.page import Picture, Section, Table
from densecell.report.pictures.charts import confusion_picture, score_bars
from densecell.report.words import format_score
from densecell.result import Result
from densecell.volume import CroppedVolume, Volume, open_volume

Plain = Mapping[str, Any]  # Scores.as_json()


def scores_section(result: Result, truth: Volume | None) -> Section | None:
    """Score against the truth that was given, else show what `evaluate` kept."""
    parts: list[Table | Picture]
    if truth is not None:
        ensemble = _score(result, truth, result.classes)
        members = {n: _score(result, truth, v) for n, v in result.members.items()}
        voxels = f"{ensemble['voxels']:,} voxels"
        words = f"Overlap (IoU) of each class with truth, over {voxels}."
        columns = {**members, "ensemble": ensemble}
        parts = [_table(columns), *_pictures(columns, ensemble)]
        words += _gain(ensemble, members)
        return Section("Scores", words, [*parts, *object_score_parts(result)])
    if not result.scores:
        return None
    parts = []
    for name, scores in result.scores.items():
        column = {f"against {name}{_part(result, scores)}": scores}
        parts += [_table(column), *_pictures(column, scores)]
    words = (
        "Overlap (IoU) of each class with truth, as `densecell evaluate` counted it. "
        "With `--truth LABELS` this page also shows truth and errors in the slices."
    )
    return Section("Scores", words, [*parts, *object_score_parts(result)])


def open_truth(path: Path, result: Result) -> Volume:
    """Open the true class ids of the voxels of a result.

    Parameters
    ----------
    path
        Labels of these voxels, or of the whole volume that was segmented.

    Raises
    ------
    VolumeError
        If they are of another shape.
    """
    labels = open_volume(path, labels=True)
    if labels.shape == result.shape:
        return labels
    if result.run is None or labels.shape != result.run.volume.shape:
        raise VolumeError(
            f"{path}: has {labels.shape} voxels (z, y, x), the result {result.shape}; "
            "give the true labels of the volume that was segmented"
        )
    return CroppedVolume(labels, result.box)


def _part(result: Result, scores: Plain) -> str:
    """Say which part of the result was scored; nothing where all of it was."""
    words = ""
    box = scores.get("box")
    if box is not None and box != [list(corner) for corner in result.box]:
        start, stop = (", ".join(map(str, corner)) for corner in box)
        words = f", only voxels {start} to {stop}"
    if scores.get("where_labelled"):
        words += ", only where truth > 0"
    return words


def _score(result: Result, truth: Volume, labels: Volume) -> Plain:
    whole = Box.whole(result.shape)
    confusion = volumes_confusion(truth, labels, result.scheme, box=whole)
    return scores_from_confusion(confusion, result.scheme).as_json()


def _gain(ensemble: Plain, members: Mapping[str, Plain]) -> str:
    """Say what voting gained."""
    known = [m["miou_org"] for m in members.values() if m["miou_org"] is not None]
    if not known or ensemble["miou_org"] is None:
        return ""
    return (
        f" MIoU(org), the mean over the organelles: {ensemble['miou_org']:.3f} for the "
        f"ensemble; for its members alone {np.mean(known):.3f} on average, "
        f"{max(known):.3f} at best."
    )


def _table(columns: Mapping[str, Plain]) -> Table:
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


def _pictures(columns: Mapping[str, Plain], shown: Plain) -> list[Picture]:
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
