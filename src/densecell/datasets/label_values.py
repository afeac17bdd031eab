"""What the values of a label file mean: classes, or voxels that nobody looked at."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from densecell.classes import IGNORE
from densecell.datasets.scheme import ids_by_slice
from densecell.datasets.split import format_slices
from densecell.errors import UnclearLabelsError
from densecell.volume import ChangedIds, Volume

Unlabelled = Literal["0", "slices", "none"]
MASK = {0, IGNORE}
GAP = 3  # a value above this many times the count of values is a grey value


class LabelReading(NamedTuple):
    """Labels as class ids, and where somebody looked."""

    labels: Volume  # with other ids in place of some values
    ids: dict[int, int]  # value in the file: class id
    labelled: tuple[int, ...]  # slices
    found: tuple[int, ...]  # class ids, and 255 for not annotated
    notes: tuple[str, ...]


def read_meaning(
    labels: Volume,
    *,
    ids: Mapping[int, int],
    unlabelled: Unlabelled | None,
    named: bool,
    counted: Sequence[int],
) -> LabelReading:
    """Find out what the values of labels mean; ask where that is not certain.

    Parameters
    ----------
    labels
        Values as stored.
    ids
        What the user said of single values.
    unlabelled
        What 0 means in slices that hold nothing else. "0": not looked at, there and
        everywhere. "slices": not looked at there. "none": class 0.
    named
        Whether the user gave a class list, so that values are class ids.
    counted
        Slices that are used; others are not asked about.

    Raises
    ------
    UnclearLabelsError
        If values look like grey values, or some slices hold only 0.
    """
    stored = ids_by_slice(labels)
    changes, notes = _changes(labels, set().union(*stored), dict(ids), named)
    if unlabelled == "0":
        changes[0] = IGNORE
        notes.append(f"{labels.path}: 0 is taken for not annotated")
    slices = [{changes.get(i, i) for i in found} for found in stored]
    empty = [z for z in counted if slices[z] == {0}]
    painted = any(slices[z] - {0, IGNORE} for z in counted)
    if empty and painted and unlabelled is None:
        raise UnclearLabelsError(
            f"{labels.path}: slices {format_slices(empty)} hold only 0, others more. "
            "Did nobody label them? Give --unlabelled slices: skip these slices; "
            "--unlabelled 0: skip every voxel of 0; or --unlabelled none: 0 is a class "
            "there too",
            option="--unlabelled",
            answers=("slices", "0", "none"),
        )
    skipped = set(empty) if painted and unlabelled == "slices" else set()
    if skipped:
        notes.append(
            f"{labels.path}: slices {format_slices(empty)} hold only 0 and are skipped"
        )
    labelled = [z for z, f in enumerate(slices) if f != {IGNORE} and z not in skipped]
    return LabelReading(
        ChangedIds(labels, changes) if changes else labels,
        changes,
        tuple(labelled),
        tuple(sorted(set().union(*slices))),
        tuple(notes),
    )


def _changes(
    labels: Volume, values: set[int], ids: dict[int, int], named: bool
) -> tuple[dict[int, int], list[str]]:
    """Class ids by value, and what to say of it."""
    if ids:
        return ids, []
    if values == MASK:
        return {IGNORE: 1}, [
            f"{labels.path}: a mask of 0 and 255; 255 is taken for class 1 (for not "
            "annotated instead: --id 255=255)"
        ]
    others = sorted(values - {IGNORE})
    if not named and IGNORE in values and others[-1] > GAP * len(values):
        listed = ", ".join(map(str, sorted(values)))
        new = {value: n for n, value in enumerate(sorted(values)) if value != n}
        asked = " ".join(f"--id {value}={n}" for value, n in new.items())
        raise UnclearLabelsError(
            f"{labels.path}: values {listed} look like grey values of a mask. Which "
            f"class is each? For example: {asked} (255=255: not annotated)",
            option="--id",
            answers=(" ".join(f"{value}={n}" for value, n in new.items()),),
        )
    return {}, []
