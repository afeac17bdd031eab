"""What is scored: a result folder, or any volume of labels; and where scores go."""

import json
from pathlib import Path
from typing import NamedTuple, TypeGuard

from pydantic import BaseModel, Field

from densecell.address import Address, split_choice
from densecell.classes import ClassScheme
from densecell.config import FORMAT, SchemeSetting, load_settings, write_text
from densecell.errors import VolumeError
from densecell.evaluation.kept import About, kept_path
from densecell.evaluation.scores import Scores
from densecell.geometry import Box, Shape
from densecell.volume import Volume, open_volume, refuse_choice

LABELS = "segmentation.zarr/labels/classes"  # inside a result folder


class Prediction(NamedTuple):
    """Labels to be scored, and what is known about them."""

    labels: Volume
    box: Box  # what they cover, in voxels of the whole volume
    partial: bool  # made for a box of the whole volume
    scheme: ClassScheme | None  # None: a bare volume does not say


def is_result(path: Address) -> TypeGuard[Path]:
    """Tell whether a path is a folder that `densecell segment` made."""
    return isinstance(path, Path) and (path / "run.yaml").is_file()


def open_prediction(
    path: Address, *, channel: str | None = None, time: int | None = None
) -> Prediction:
    """Open the class labels of a result folder, or of any volume.

    Parameters
    ----------
    channel, time
        Of an OME-Zarr with several; a result has none.

    Raises
    ------
    VolumeError
        If the result has no labels, or they do not fill the box it was made for.
    ConfigError
        If `run.yaml` cannot be understood.
    """
    if not is_result(path):
        labels = open_volume(path, labels=True, channel=channel, time=time)
        return Prediction(labels, Box.whole(labels.shape), False, None)
    refuse_choice(path, channel=channel, time=time)
    run = load_settings(path / "run.yaml", _Run)
    if not (path / LABELS).exists():
        raise VolumeError(
            f"{path}: no labels in {LABELS} yet; run `densecell segment` to its end"
        )
    labels = open_volume(path / LABELS, labels=True)
    box = Box.whole(labels.shape) if run.box is None else Box(*run.box)
    if box.shape != labels.shape:
        raise VolumeError(
            f"{path}: run.yaml says the labels cover {box.shape} voxels, but they have "
            f"shape {labels.shape}; segment again with --overwrite"
        )
    return Prediction(labels, box, run.box is not None, run.classes)


def save_scores(scores: Scores, result: Path, *, truth: Address, box: Box) -> Path:
    """Write `scores/<truth name>.json` into a result folder, all at once.

    Scores of the same truth, box and choice of voxels are replaced; those of others
    are kept, and the file gets another name.
    """
    record = scores_record(scores, truth=truth, box=box)
    text = json.dumps(record, indent=1)
    path = kept_path(
        result / "scores",
        truth,
        ".json",
        about=_about(record),
        read=lambda path: _read_about(path, record),
    )
    write_text(path, text)
    return path


def scores_record(scores: Scores, *, truth: Address, box: Box) -> dict[str, object]:
    """Give scores as plain values, with what they were counted on."""
    plain = split_choice(truth).address
    name = plain.name + str(truth).removeprefix(str(plain))
    where = {
        "truth": name,
        "truth_at": str(truth.resolve()),
        "box": [list(box.start), list(box.stop)],
    }
    return {"format": FORMAT} | where | scores.as_json()


def _about(record: dict[str, object]) -> About:
    parts = ("truth_at", "truth", "box", "where_labelled")
    return tuple(str(record.get(part)) for part in parts)


def _read_about(path: Path, mine: dict[str, object]) -> About | None:
    """Say what a file of scores tells of; older ones do not know the truth's folder."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    return _about({"truth_at": mine["truth_at"]} | record)


class _Run(BaseModel, frozen=True, extra="ignore"):
    """The part of `run.yaml` that scoring needs."""

    classes: SchemeSetting = Field(description="as_settings() of the scheme")
    box: tuple[Shape, Shape] | None = Field(None, description="part that was segmented")
