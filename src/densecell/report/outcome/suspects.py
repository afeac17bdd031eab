"""What looks wrong in the tables of objects, with the ids of those to look at first."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks
from scipy.stats import gaussian_kde

from densecell.report.words import is_whole, number_in
from densecell.result import Result, Row

DOUBTFUL = (
    0.6  # share of the votes for a body's class; below, another is nearly as good
)
OFTEN = 0.1  # of a class's bodies in doubt, to be worth a sentence
MOST = 0.5  # of a class's volume in one object
SEVERAL = 5  # objects of a class, so that one of them may stand out
MANY = 20  # objects of a class, so that sizes have a distribution
APART = 4.0  # times the volume of the lower peak, at least, at the upper
DEEP = 0.5  # of the lower peak, at most, in the valley between
EACH_SIDE = 0.15  # of the objects, at least, on either side of the valley
SPREAD = 0.5  # of the count: networks that differ by more disagree
NAMED = 5  # ids


def suspect_remarks(result: Result) -> list[str]:
    """Sentences on objects that are probably wrong; none on a clean result."""
    organelles, cells = result.table("organelles"), result.table("cells")
    return [
        *doubtful_bodies(organelles),
        *giants(organelles, "organelle_id"),
        *two_sizes(organelles, "organelle_id"),
        *disputed_counts(cells),
    ]


def doubtful_bodies(rows: Sequence[Row]) -> Iterator[str]:
    """Classes of which many bodies are nearly as much of another class."""
    for name, objects in _by_class(rows):
        shares = [number_in(row, "class_share") for row in objects]
        doubtful = [
            (share, row)
            for share, row in zip(shares, objects, strict=True)
            if share is not None and share < DOUBTFUL
        ]
        if len(objects) >= SEVERAL and len(doubtful) > OFTEN * len(objects):
            worst = [row for _, row in sorted(doubtful, key=lambda pair: pair[0])]
            yield (
                f"{name}: of {len(objects):,} objects {len(doubtful):,} are nearly as "
                f"much of another class (class_share below {DOUBTFUL:g}). Look first "
                f"at {_ids(worst, 'organelle_id')}."
            )


def giants(rows: Sequence[Row], column: str) -> Iterator[str]:
    """Objects that hold more than half of the volume of their class."""
    for name, objects in _by_class(rows):
        volumes = _volumes(objects)
        if len(objects) >= SEVERAL and volumes.max() > MOST * volumes.sum():
            largest = objects[int(volumes.argmax())]
            share = volumes.max() / volumes.sum()
            yield (
                f"{name}: {_ids([largest], column)} holds {100 * share:.0f} % of the "
                "volume of the class. Several objects may have been joined."
            )


def two_sizes(rows: Sequence[Row], column: str) -> Iterator[str]:
    """Classes whose whole objects are of two sizes: the small ones may be pieces."""
    for name, objects in _by_class([row for row in rows if is_whole(row)]):
        volumes = _volumes(objects)
        if len(objects) < MANY or (found := _peaks(np.log10(volumes))) is None:
            continue
        low, valley, high = 10.0 ** np.array(found)
        small = [o for o, v in zip(objects, volumes, strict=True) if v < valley]
        yield (
            f"{name}: sizes have two peaks, near {low:.2g} and {high:.2g} um3. The "
            f"{len(small):,} smaller objects may be pieces; look at "
            f"{_ids(small, column)}."
        )


def disputed_counts(cells: Sequence[Row]) -> Iterator[str]:
    """Organelles that single networks count very differently inside cells."""
    ends = ("", "_min", "_max")
    for column in (c for c in (cells[0] if cells else ()) if c.endswith("_count")):
        counts = np.array(
            [[number_in(row, f"{column}{end}") or 0 for end in ends] for row in cells]
        )
        count, least, most = counts.sum(axis=0)
        if count < SEVERAL or f"{column}_max" not in cells[0]:
            continue
        if most - least > SPREAD * count:
            order = np.argsort(counts[:, 1] - counts[:, 2], kind="stable")
            name = column.removesuffix("_count").replace("_", " ")
            yield (
                f"{name}: single networks count from {least:.0f} to {most:.0f} inside "
                f"the cells, all together {count:.0f}. They differ most in "
                f"{_ids([cells[n] for n in order], 'cell_id')}."
            )


def _peaks(sizes: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Place of two peaks and of the valley between; none where there is one peak."""
    if sizes.std() == 0:
        return None
    places = np.linspace(sizes.min() - 0.5, sizes.max() + 0.5, 400)
    density = gaussian_kde(sizes)(places)
    peaks, _ = find_peaks(density)
    if len(peaks) < 2:
        return None
    first, second = sorted(sorted(peaks, key=lambda p: -density[p])[:2])
    valley = first + int(density[first : second + 1].argmin())
    below = float((sizes < places[valley]).mean())
    apart = places[second] - places[first] >= np.log10(APART)
    deep = density[valley] <= DEEP * min(density[first], density[second])
    if not (apart and deep and EACH_SIDE <= below <= 1 - EACH_SIDE):
        return None
    return float(places[first]), float(places[valley]), float(places[second])


def _by_class(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Objects of each class, in the order in which classes occur."""
    for name in dict.fromkeys(row["class"] for row in rows if "class" in row):
        yield name, [row for row in rows if row["class"] == name]


def _volumes(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([number_in(row, "volume_um3") or 0.0 for row in rows])


def _ids(rows: Sequence[Row], column: str) -> str:
    """Ids of the first few rows, in words."""
    ids = [row[column] for row in rows[:NAMED]]
    of_part = rows[0].get("layer") == "parts"
    what = "part" if of_part else column.removesuffix("_id")
    more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
    return f"{what} {', '.join(ids)}{more}"
