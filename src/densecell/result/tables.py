"""Tables as CSV, and beside it as Parquet where pyarrow is installed.

Numbers have nine digits, an empty field is unknown or undefined.
"""

import csv
import importlib
import importlib.util
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from densecell.disk import written_aside
from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.result.columns import SCHEMAS, TableSchema
from densecell.settings import write_text

DIGITS = 9
Row = Mapping[str, str]


def write_table(
    folder: Path, schema: TableSchema, table: Mapping[str, Iterable[Any]]
) -> None:
    """Write columns as a CSV file of a folder, and as Parquet.

    Parameters
    ----------
    folder
        Gets `<name of the schema>.csv`.
    table
        Values by column, all equally many.

    Raises
    ------
    KeyError
        If a column is not declared.
    """
    if unknown := [name for name in table if schema.column(name) is None]:
        raise KeyError(f"column {unknown[0]!r} of {schema.name} is not declared")
    columns = {name: [_plain(v) for v in values] for name, values in table.items()}
    rows = zip(*columns.values(), strict=True)
    text = csv_text(columns, ([_text(value) for value in row] for row in rows))
    path = folder / f"{schema.name}.csv"
    write_text(path, text)
    if importlib.util.find_spec("pyarrow"):
        _write_parquet(path.with_suffix(".parquet"), columns)


def write_rows(folder: Path, schema: TableSchema, rows: Sequence[Row]) -> None:
    """Write rows of text, as `read_table` gives them, as CSV and as Parquet."""
    heading = dict.fromkeys(name for row in rows for name in row)
    text = csv_text(heading, ([row.get(n, "") for n in heading] for row in rows))
    path = folder / f"{schema.name}.csv"
    write_text(path, text)
    if importlib.util.find_spec("pyarrow"):
        typed = [values(row, schema.name) for row in rows]
        columns = {name: [row.get(name) for row in typed] for name in heading}
        _write_parquet(path.with_suffix(".parquet"), columns)


def field_text(value: Any) -> str:
    """A value as a field of a table; empty for None and for what is not finite.

    Examples
    --------
    >>> [field_text(value) for value in (True, 0.1, float("nan"), "cell")]
    ['true', '0.1', '', 'cell']
    """
    return _text(_plain(value))


def csv_text(heading: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    r"""Heading and rows as text of a CSV file; values as `str` writes them.

    Examples
    --------
    >>> csv_text(["class", "voxels"], [["a, b", 7]])
    'class,voxels\n"a, b",7\n'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return buffer.getvalue()


def read_table(folder: Path, name: str) -> list[Row]:
    """Rows of a table by its name; none if it is not there.

    Every field fits its declared kind, so that `float(row["volume_um3"])` never fails
    on a field that is not empty. `values` gives typed values.

    Raises
    ------
    VolumeError
        If the file is damaged; says where.
    """
    schema, path = SCHEMAS[name], folder / f"{name}.csv"
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (ValueError, csv.Error) as error:
        raise _damaged(path, str(error), schema) from None
    kinds = _kinds(rows[0], schema) if rows else {}
    for line, row in enumerate(rows, 2):
        if wrong := _wrong(row, kinds, schema.needed):
            raise _damaged(path, f"line {line}: {wrong}", schema)
    return list(rows)


def values(row: Row, name: str) -> dict[str, Any]:
    """Typed values of a row; None for an empty field.

    Parameters
    ----------
    row
        Row of `read_table`.
    name
        Its table.

    Examples
    --------
    >>> row = {"class": "cell", "touches_border": "true", "volume_um3": ""}
    >>> values(row, "cells")
    {'class': 'cell', 'touches_border': True, 'volume_um3': None}
    """
    schema = SCHEMAS[name]
    columns = {heading: schema.column(heading) for heading in row}
    return {
        heading: column.value(row[heading]) if column else row[heading]
        for heading, column in columns.items()
    }


def box_of(row: Row) -> Box:
    """Box around an object of a table, in voxels of its layer."""
    z0, y0, x0 = (int(row[f"box_{axis}_start_voxels"]) for axis in "zyx")
    z1, y1, x1 = (int(row[f"box_{axis}_stop_voxels"]) for axis in "zyx")
    return Box((z0, y0, x0), (z1, y1, x1))


def _plain(value: Any) -> Any:
    """Python's value of one of numpy; None where it is not a finite number."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def _write_parquet(path: Path, columns: dict[str, list[Any]]) -> None:
    pyarrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    with written_aside(path, overwrite=True) as aside:
        parquet.write_table(pyarrow.table(columns), aside)


def _kinds(row: Row, schema: TableSchema) -> dict[str, type]:
    """Kind of every column; one that is not declared holds numbers."""
    columns = {heading: schema.column(heading or "") for heading in row}
    return {name: column.kind if column else float for name, column in columns.items()}


def _wrong(row: Row, kinds: Mapping[str, type], needed: Iterable[str]) -> str:
    """What is wrong with a row; empty if nothing is."""
    if None in row or None in row.values():
        return "has not as many fields as the heading"
    for heading, text in row.items():
        kind = kinds[heading]
        if kind in (int, float) and text and not _is_number(text):
            return f"{heading} is {text!r}, not a number"
        if kind is bool and text.lower() not in ("", "true", "false"):
            return f"{heading} is {text!r}, not true or false"
    lacking = [heading for heading in needed if not row.get(heading)]
    return f"has no {lacking[0]}" if lacking else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _damaged(path: Path, what: str, schema: TableSchema) -> VolumeError:
    return VolumeError(
        f"{path}: is damaged ({what}); `{schema.made_by} --overwrite` makes it again"
    )
