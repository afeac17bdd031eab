"""Read the tables of objects, of their classes and of their surfaces."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from densecell.errors import VolumeError

Row = Mapping[str, str]
ABOUT_CELLS = ("cell_id", "class", "voxels", "volume_um3", "touches_border")
ABOUT_ORGANELLES = ("layer", "organelle_id", *ABOUT_CELLS)
ABOUT_CLASSES = ("class", "role")
BOX = tuple(f"box_{axis}_{end}_voxels" for axis in "zyx" for end in ("start", "stop"))
CENTROID = tuple(f"centroid_{axis}_nm" for axis in "zyx")
NEEDED = {
    "cells": (*ABOUT_CELLS, "surface_reliable", *BOX, *CENTROID),
    "organelles": ABOUT_ORGANELLES,
    "classes": ABOUT_CLASSES,
    "contacts": ("class_a", "class_b"),
}
WORDS = {
    "layer",
    "object",
    "class",
    "class_a",
    "class_b",
    "role",
    "touches_border",
    "surface_reliable",
    "reliable",
}  # all other columns hold numbers


def read_result_table(folder: Path, name: str) -> list[Row]:
    """Read a table of a result by its name; it has no rows if it is not there.

    Raises
    ------
    VolumeError
        If it is damaged; says where.
    """
    return read_table(folder / f"{name}.csv", NEEDED[name], made_by="densecell measure")


def read_table(path: Path, needed: Sequence[str], *, made_by: str) -> list[Row]:
    """Read a CSV file whose every number is known to be one.

    Parameters
    ----------
    path
        Of the file. One that is not there, or holds nothing, has no rows.
    needed
        Columns that no row may lack; others may be empty or not there.
    made_by
        Command that makes it again, for errors.

    Raises
    ------
    VolumeError
        If it is damaged; says where.
    """
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (ValueError, csv.Error) as error:
        raise _damaged(path, str(error), made_by) from None
    for line, row in enumerate(rows, 2):
        if wrong := _wrong(row, needed):
            raise _damaged(path, f"line {line}: {wrong}", made_by)
    return list(rows)


def _wrong(row: Row, needed: Sequence[str]) -> str:
    """Say what is wrong with a row; nothing if it is as it should be."""
    if None in row or None in row.values():
        return "has not as many fields as the heading"
    for name, text in row.items():
        if name not in WORDS and text and not _is_number(text):
            return f"{name} is {text!r}, not a number"
    lacking = [name for name in needed if not row.get(name)]
    return f"has no {lacking[0]}" if lacking else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _damaged(path: Path, what: str, made_by: str) -> VolumeError:
    return VolumeError(
        f"{path}: is damaged ({what}); `{made_by} --overwrite` makes it again"
    )
