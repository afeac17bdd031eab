"""The journal of corrections beside a result: `edits.jsonl`, one line for each.

It only grows. Undoing a correction is a line too.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from densecell.errors import VolumeError
from densecell.result.layout import EDITS

Kind = Literal["merge", "split", "reclassify", "delete", "grow-into", "undo"]


class Edit(BaseModel, frozen=True, extra="forbid"):
    """One correction: what was done to which objects, when, and why."""

    format: Literal[1] = 1
    number: int = Field(ge=1)
    when: str = Field(description="time in UTC, ISO 8601")
    kind: Kind
    layer: str = ""
    ids: tuple[int, ...] = Field((), description="objects that were named")
    made: tuple[int, ...] = Field((), description="new ids")
    changed: tuple[tuple[str, int], ...] = Field(
        (), description="layer and id of each object whose voxels or class changed"
    )
    class_name: str | None = None
    seeds: tuple[tuple[int, int, int], ...] = Field(
        (), description="voxels (z, y, x) that a body was split from"
    )
    distance_nm: float | None = None
    within: tuple[str, ...] = Field((), description="classes that it grew into")
    points: tuple[tuple[int, int, int], ...] = Field(
        (), description="a voxel (z, y, x) of each named object, before"
    )
    undoes: int | None = None
    why: str = ""


def read_journal(result: Path) -> list[Edit]:
    """All corrections of a result, in order; none if it was never corrected.

    Raises
    ------
    VolumeError
        If a line is damaged, or written by a newer version.
    """
    path = result / EDITS
    return read_lines(path) if path.is_file() else []


def read_lines(path: Path) -> list[Edit]:
    """Corrections of a journal, wherever it is.

    Raises
    ------
    VolumeError
        If it cannot be read, or a line is damaged or written by a newer version.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise VolumeError(f"{path}: cannot be read ({error.strerror})") from None
    edits: list[Edit] = []
    for line, text in enumerate(lines, 1):
        try:
            edit = Edit.model_validate_json(text)
        except ValidationError as error:
            raise VolumeError(
                f"{path}: line {line} is damaged ({_first(error)}). Put the file back "
                "from a copy. Without it no correction can be undone"
            ) from None
        if edit.number != len(edits) + 1:
            raise VolumeError(
                f"{path}: line {line} is correction {edit.number}, but "
                f"{len(edits) + 1} should follow. Put the file back from a copy"
            )
        edits.append(edit)
    return edits


def journal_text(edits: list[Edit]) -> str:
    """Corrections as the text of a journal."""
    return "".join(f"{edit.model_dump_json(exclude_defaults=True)}\n" for edit in edits)


def standing(edits: list[Edit]) -> list[Edit]:
    """Corrections that were not undone, in order."""
    undone = {edit.undoes for edit in edits}
    return [e for e in edits if e.kind != "undo" and e.number not in undone]


def edits_in_words(edits: list[Edit]) -> str:
    """How many corrections stand, in a sentence; empty if there is none."""
    stand = standing(edits)
    if not stand:
        return ""
    one = len(stand) == 1
    touched = len({each for edit in stand for each in edit.changed})
    return (
        f"{len(stand)} correction{' was' if one else 's were'} made by hand; "
        f"{touched} object{' was' if touched == 1 else 's were'} changed."
    )


def highest_id(edits: list[Edit], layer: str) -> int:
    """Highest id that a correction of a layer named or made; it is never used again."""
    mine = (edit for edit in edits if edit.layer == layer)
    return max((n for edit in mine for n in (*edit.ids, *edit.made)), default=0)


def _first(error: ValidationError) -> str:
    about = error.errors()[0]
    place = ".".join(map(str, about["loc"]))
    return f"{place}: {about['msg']}" if place else str(about["msg"])
