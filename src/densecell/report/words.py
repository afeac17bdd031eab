"""Numbers, settings and rows of tables as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from densecell.result import Row


def is_whole(row: Row) -> bool:
    """Whether an object lies inside the volume, not cut by its border."""
    return row["touches_border"] == "false"


def number_in(row: Row, column: str) -> float | None:
    """Number of a table; none where it is empty or there is no such column."""
    text = row.get(column, "")
    return float(text) if text else None


def format_score(score: float | None) -> str:
    """Write a score, or that there is none.

    Examples
    --------
    >>> format_score(0.25), format_score(None)
    ('0.250', '-')
    """
    return "-" if score is None else f"{score:.3f}"


def format_count(count: int, thing: str) -> str:
    """Write how many things there are.

    Examples
    --------
    >>> format_count(1, "cell"), format_count(1200, "cell")
    ('1 cell', '1,200 cells')
    """
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def format_axes(numbers: Sequence[float]) -> str:
    """Write lengths along axes.

    Examples
    --------
    >>> format_axes((50, 4.6, 4.6))
    '50 x 4.6 x 4.6'
    """
    return " x ".join(f"{n:.10g}" for n in numbers)


def format_settings(values: Mapping[str, Any], *, above: str = "") -> str:
    """Write nested settings as `name value`, with dots between levels.

    Examples
    --------
    >>> settings = {"steps": 9, "loss": {"dice": 1.0, "weights": None}}
    >>> format_settings(settings | {"window": [5, 96]})
    'steps 9, loss.dice 1.0, loss.weights none, window 5 96'
    """
    written = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            written.append(format_settings(value, above=f"{above}{name}."))
        elif isinstance(value, list):
            written.append(f"{above}{name} {' '.join(map(str, value)) or 'none'}")
        else:
            written.append(f"{above}{name} {'none' if value is None else value}")
    return ", ".join(part for part in written if part)
