"""How much of each class there is, and how large its objects are."""

from collections.abc import Sequence

from densecell.report.outcome.members import has_one_network
from densecell.report.page import Picture, Section, Table
from densecell.report.pictures.charts import (
    DotRow,
    fraction_picture,
    size_picture,
)
from densecell.report.words import is_whole, number_in
from densecell.result import Result, Row, column_name, columns_of

ROUNDING = 1e-9  # of a mean; a deviation below is none
GREY = (128, 128, 128)  # of a class that another scheme was measured with


def organelles_section(result: Result) -> Section | None:
    """Show volume fractions and sizes; what the border cuts is left out of both."""
    classes = result.table("classes")
    if not classes:
        return None
    cells, organelles = result.table("cells"), result.table("organelles")
    whole = [row for row in cells if is_whole(row)]
    columns = columns_of(result.scheme)
    colours = {c.name: c.colour for c in result.scheme.classes.values()}
    parts: list[Table | Picture] = [
        _table(classes, members=result.run is not None and not has_one_network(result))
    ]
    fractions = [
        DotRow(
            row["class"],
            colours.get(row["class"], GREY),
            _fractions(whole, columns.get(row["class"], column_name(row["class"]))),
        )
        for row in classes
        if row["role"] == "organelle"
    ]
    if any(group.values for group in fractions):
        parts.append(
            Picture(
                fraction_picture(fractions),
                "Share of a cell's volume, one dot for each whole cell; the bar is "
                "their median.",
            )
        )
    sizes, words = _sizes(cells, organelles, colours)
    if any(group.values for group in sizes):
        parts.append(Picture(size_picture(sizes), words))
    return Section("Volumes and sizes", _words(cells, whole), parts)


def _words(cells: Sequence[Row], whole: Sequence[Row]) -> str:
    if not cells:
        return "What the volume's border cuts counts in no mean."
    left_out = len(cells) - len(whole)
    if not left_out:
        return f"None of the {len(cells):,} cells touches the border of the volume."
    text = (
        f"Means are over whole cells: {left_out:,} of {len(cells):,} cells touch the "
        "border of the volume and are left out."
    )
    return text if whole else text + " None is left, so that means per cell are empty."


def _fractions(cells: Sequence[Row], column: str) -> list[float]:
    found = (number_in(row, f"{column}_volume_fraction") for row in cells)
    return [100 * value for value in found if value is not None]


def _sizes(
    cells: Sequence[Row],
    organelles: Sequence[Row],
    colours: dict[str, tuple[int, int, int]],
) -> tuple[list[DotRow], str]:
    """Volumes of whole organelles in whole cells; in all if no cell is whole."""
    whole = {row["cell_id"] for row in cells if is_whole(row)}
    inside = [row for row in organelles if row["cell_id"] in whole] or organelles
    kept = [row for row in inside if is_whole(row)]
    groups = [
        DotRow(
            name,
            colour,
            [float(row["volume_um3"]) for row in kept if row["class"] == name],
        )
        for name, colour in colours.items()
        if any(row["class"] == name for row in kept)
    ]
    which = (
        "in whole cells" if whole or not cells else "in any cell, as no cell is whole"
    )
    left_out = len(organelles) - len(kept)
    words = (
        f"Volume of {len(kept):,} whole organelles {which}; {left_out:,} others are "
        "left out. The bar is the median. Large ones are cut by the border more often."
    )
    return groups, words


def _table(classes: Sequence[Row], *, members: bool) -> Table:
    rows = [
        [
            row["class"],
            _percent(number_in(row, "volume_fraction")),
            *([_range(row)] if members else []),
            _counted(row, "objects"),
            _counted(row, "objects_left_out"),
            _with_sd(row, "volume_um3"),
            _with_sd(row, "count_per_cell"),
            _with_sd(row, "volume_fraction_per_cell", times=100),
        ]
        for row in classes
    ]
    header = [
        "class",
        "% of volume",
        *(["over members"] if members else []),
        "objects",
        "cut by border",
        "volume, µm³",
        "per whole cell",
        "% of whole cells",
    ]
    caption = "Means ± standard deviation, over whole objects and whole cells only."
    return Table(header, rows, caption)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _range(row: Row) -> str:
    low, high = (number_in(row, f"volume_fraction_{end}") for end in ("min", "max"))
    if low is None or high is None:
        return "-"
    return f"{100 * low:.2f} to {100 * high:.2f}"


def _counted(row: Row, column: str) -> str:
    count = number_in(row, column)
    return "-" if count is None else f"{count:,.0f}"


def _with_sd(row: Row, column: str, *, times: float = 1) -> str:
    mean, sd = number_in(row, f"{column}_mean"), number_in(row, f"{column}_sd")
    if mean is None:
        return "-"
    if sd is not None and sd < ROUNDING * abs(mean):
        sd = 0.0
    return f"{times * mean:.3g}" + ("" if sd is None else f" ± {times * sd:.2g}")
