"""The order of slices by the numbers in their names, and which numbers are missing.

Numbers are whole by default: 2 comes before 10. Whether a point or a sign belongs to a
number is decided by all names together::

    z_0.5 z_1.0 z_1.25     decimals
    run.1.9 run.1.10       counters: no decimal is written 1.10 beside 1.9
    z_-2 z_-1 z_0          signs
    z-2 z-1 z0             signs: the same name goes on without one
    z-01 z-02 z-03         hyphens
"""

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from natsort import natsorted, ns

NUMBER = re.compile(r"(?<![-+.\d])\d+")
SIGN = re.compile(r"[-+](?=\d)")
DECIMAL = re.compile(r"(?<![\d.])\d+\.(\d+)(?![\d.])")
LISTED = 5  # missing numbers that a note names


class Ordered(NamedTuple):
    """Slices from first to last, and what the user should know about their order."""

    files: list[Path]
    notes: tuple[str, ...]


def order_slices(files: Sequence[Path]) -> Ordered:
    """Order files by the numbers in their names.

    Examples
    --------
    >>> order_slices([Path("z_10.png"), Path("z_2.png"), Path("z_4.png")])
    Ordered(files=[PosixPath('z_2.png'), PosixPath('z_4.png'), PosixPath('z_10.png')], \
notes=('no slices 6, 8 between z_2.png and z_10.png',))
    """
    stems = [file.stem for file in files]
    signed, decimals = _are_signed(stems), _are_decimals(stems)
    kind = (ns.FLOAT | ns.NOEXP if decimals else ns.INT) | (ns.SIGNED if signed else 0)
    by_name = sorted(files, key=lambda file: file.name)  # equal numbers: by name
    ordered = natsorted(by_name, key=lambda file: file.stem, alg=kind | ns.IGNORECASE)
    first, last = ordered[0].name, ordered[-1].name
    notes = []
    if decimals and not _are_padded(stems):
        notes.append(f"points in names are taken for decimals: {first} to {last}")
    if signed:
        notes.append(f"hyphens in names are taken for signs: {first} to {last}")
    number = ("[-+]?" if signed else "") + r"\d+" + (r"(?:\.\d+)?" if decimals else "")
    notes += _gaps([file.stem for file in ordered], number, first, last)
    return Ordered(ordered, tuple(notes))


def _are_signed(stems: list[str]) -> bool:
    """Whether a hyphen or plus before a number is its sign."""
    unsigned = {stem[: n.start()] for stem in stems for n in NUMBER.finditer(stem)}
    before = {stem[: sign.start()] for stem in stems for sign in SIGN.finditer(stem)}
    return any(
        not text[-1:].isalnum() or (text[-1].isalpha() and text in unsigned)
        for text in before
    )


def _are_decimals(stems: list[str]) -> bool:
    """Whether a point between digits belongs to a number."""
    fractions = [found for stem in stems for found in DECIMAL.findall(stem)]
    lengths = set(map(len, fractions))
    counters = len(lengths) > 1 and any(f[-1] == "0" and len(f) > 1 for f in fractions)
    return bool(fractions) and not counters


def _are_padded(stems: list[str]) -> bool:
    """Whether all fractions have as many digits, so that the order is certain."""
    return len({len(f) for stem in stems for f in DECIMAL.findall(stem)}) <= 1


def _gaps(stems: list[str], number: str, first: str, last: str) -> list[str]:
    """Say which numbers are missing, or that names are not numbered alike."""
    if len(stems) < 2:
        return []
    texts = {tuple(re.split(number, stem.lower())) for stem in stems}
    columns = zip(*(re.findall(number, stem) for stem in stems), strict=False)
    varying = [column for column in columns if len(set(column)) > 1]
    values = [Decimal(n) for n in varying[0]] if varying else []
    if len(texts) > 1 or not values or len(set(values)) < len(values):
        return [f"names are not numbered alike; ordered from {first} to {last}"]
    steps = [b - a for a, b in itertools.pairwise(values)]
    step = min(steps)
    missing = [
        f"{a + n * step}"
        for a, gap in zip(values, steps, strict=False)
        for n in range(1, min(int(gap / step), LISTED + 2))
    ]
    if not missing:
        return []
    count = sum(int(gap / step) - 1 for gap in steps if gap > step)
    listed = ", ".join(missing[:LISTED])
    more = f" and {count - LISTED} more" if count > LISTED else ""
    return [f"no slices {listed}{more} between {first} and {last}"]
