"""Tables to CSV, and to Parquet where pyarrow is installed."""

import csv
import importlib
import importlib.util
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from densecell.config import write_text
from densecell.disk import written_aside

DIGITS = 9


def write_table(path: Path, table: Mapping[str, Iterable[Any]]) -> None:
    """Write columns as `path`, a CSV file, and beside it as Parquet.

    Numbers have nine digits; what is unknown is an empty field.
    """
    columns = {name: [plain(v) for v in values] for name, values in table.items()}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    rows = zip(*columns.values(), strict=True)
    writer.writerows([_text(v) for v in row] for row in rows)
    write_text(path, buffer.getvalue())
    if importlib.util.find_spec("pyarrow"):
        _write_parquet(path.with_suffix(".parquet"), columns)


def plain(value: Any) -> Any:
    """Turn numpy's values into Python's; not a number becomes None."""
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
