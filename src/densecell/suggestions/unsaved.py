"""Painted suggestions that no project holds yet: they must not be lost."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from densecell.datasets.crop import (
    IMAGE,
    LABELS,
    RECORD,
    STORE,
    PaintedCrop,
    read_painted_crops,
)
from densecell.datasets.labelled import LabelledBox
from densecell.errors import DensecellError, OutputError

BY_SYSTEMS = ("Thumbs.db", "desktop.ini")  # besides those that begin with a dot


def refuse_to_lose(
    folder: Path, known: Sequence[LabelledBox], *, beside: Collection[str]
) -> None:
    """Refuse to replace suggestions that hold work of which there is no copy.

    Parameters
    ----------
    folder
        Folder of suggestions; need not exist.
    known
        What the project has labelled of their volume.
    beside
        Names of the files that are written beside the crops.

    Raises
    ------
    OutputError
        If a crop was painted in and the project does not hold the same, if that cannot
        be found out, or if a file of the user's own lies there.
    """
    for path in _foreign(folder, beside):
        raise OutputError(
            f"{path}: was not written by densecell and would be lost; move it out of "
            f"{folder}, then run the same command again"
        )
    for crop in sorted(record.parent for record in folder.glob(f"*/{RECORD}")):
        try:
            painted, _ = read_painted_crops([crop])
        except DensecellError as error:
            raise OutputError(
                f"{error}; nothing was dropped, because somebody may have painted "
                f"there: move {crop} away if it is not needed"
            ) from None
        if not all(_is_held(labelled, known) for labelled in painted):
            raise OutputError(
                f"{crop}: somebody painted in it, and the project does not hold that; "
                "take it in by `densecell add-labels` (--project says which project "
                "it is), or move it away"
            )


def _foreign(folder: Path, beside: Collection[str]) -> Iterator[Path]:
    """List files that are neither ours nor made by an operating system."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith(".") or path.name in BY_SYSTEMS:
            continue
        first, *rest = path.relative_to(folder).parts
        ours = (RECORD, IMAGE, LABELS) if len(rest) == 1 else (STORE,)
        if (rest[0] not in ours) if rest else (first not in beside):
            yield path


def _is_held(crop: PaintedCrop, known: Sequence[LabelledBox]) -> bool:
    """Whether the project has the same label in every voxel that a crop labels."""
    box, ignore = crop.record.extent, crop.record.classes.ignore
    held = np.full(box.shape, ignore, crop.labels.dtype)
    for part in known:
        common = part.box.intersection(box)
        if common.voxels:
            labels = part.labels.read(common)
            there = held[common.relative_to(box.start).slices]
            np.copyto(there, labels, where=labels != part.ignore, casting="unsafe")
    return bool(((held == crop.labels) | (crop.labels == ignore)).all())
