"""Numbers and settings as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any


def by(numbers: Sequence[float]) -> str:
    """Write lengths along axes.

    Examples
    --------
    >>> by((50, 4.6, 4.6))
    '50 x 4.6 x 4.6'
    """
    return " x ".join(f"{n:g}" for n in numbers)


def flat(values: Mapping[str, Any], *, above: str = "") -> str:
    """Write nested settings as `name value`, with dots between levels.

    Examples
    --------
    >>> flat({"steps": 9, "loss": {"dice": 1.0, "weights": None}, "window": [5, 96]})
    'steps 9, loss.dice 1.0, loss.weights none, window 5 96'
    """
    written = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            written.append(flat(value, above=f"{above}{name}."))
        elif isinstance(value, list):
            written.append(f"{above}{name} {' '.join(map(str, value)) or 'none'}")
        else:
            written.append(f"{above}{name} {'none' if value is None else value}")
    return ", ".join(part for part in written if part)
