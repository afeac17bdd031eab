"""A table of cells, each with a picture of the slice that shows most of it."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.report.page import Cell, Legend, LongTable, Picture, Section
from densecell.report.pictures import stretched
from densecell.report.pictures.cell import cell_picture
from densecell.report.words import is_whole, number_in
from densecell.result import Result, Row, columns_of
from densecell.volume import Volume

PICTURED = 200  # cells; of more only the largest
FIELDS = 500_000  # of the table: about 3.5 MB of the page
PAGE_ROWS = 20
SAMPLE = 1024  # voxels of a side, of the slice that grey values are scaled by
SLICES = 5  # of a cell that are looked at for the one to show
LARGEST = 2048  # voxels of a side of a cell's slice; of larger ones the middle is shown


def cells_section(result: Result) -> Section | None:
    """List the cells, the largest first."""
    rows = sorted(result.table("cells"), key=lambda row: -float(row["volume_um3"]))
    if not rows:
        return None
    ids = result.layer("labels/cells")
    greys = _ends(result.image)
    columns = {
        name: column
        for name, column in columns_of(result.scheme).items()
        if f"{column}_count" in rows[0]
    }
    header = ["cell", "slice", "volume, µm³", "surface, µm²", "sphericity"]
    header += ["confidence", "at border"]
    for name in columns:
        header += [name, f"{name}, %"]
    listed = rows[: FIELDS // len(header)]
    pictured = listed[:PICTURED] if ids else []
    table = []
    for n, row in enumerate(listed):
        picture: Cell = ""
        if ids and n < len(pictured):
            picture = _picture(result, ids, row, greys)
        table.append([row["cell_id"], picture, *_values(row, columns.values())])
    return Section(
        "Cells",
        f"{_told_apart(result)}{_words(rows, listed, pictured)}",
        [
            Legend(result.scheme),
            LongTable(header, table, PAGE_ROWS),
        ],
    )


def _told_apart(result: Result) -> str:
    """Say what became of cells that touch."""
    if result.measurement is None:
        return ""
    if result.measurement.affinities:
        return (
            "Cells that touch are told apart by what the networks saw between them "
            "(learned affinities). "
        )
    if result.measurement.objects.cells.split:
        return "Cells that touch are cut where they are thin. "
    return "Cells that touch count as one. "


def _words(rows: Sequence[Row], listed: Sequence[Row], pictured: Sequence[Row]) -> str:
    text = (
        "A click on a heading sorts; the largest come first. Each picture is the "
        f"slice, of {SLICES} through the cell, that shows most of it, outlined in "
        "white; of each organelle there are a count and its share of the cell's volume."
    )
    if len(listed) < len(rows):
        text += (
            f" There are {len(rows):,} cells: the {len(listed):,} largest are listed "
            "here, all of them in tables/cells.csv."
        )
    if not pictured:
        text += " The cells' voxels (labels/cells) are not there, so no pictures."
    elif len(pictured) < len(listed):
        text += f" The {len(pictured):,} largest have a picture."
    return text


def _values(row: Row, organelles: Iterable[str]) -> list[Cell]:
    reliable = row["surface_reliable"] == "true"
    values: list[Cell] = [
        _shown(number_in(row, "volume_um3")),
        _shown(number_in(row, "surface_um2") if reliable else None),
        _shown(number_in(row, "sphericity") if reliable else None),
        _shown(number_in(row, "confidence")),
        "no" if is_whole(row) else "yes",
    ]
    for name in organelles:
        values.append(row[f"{name}_count"] or "-")
        share = number_in(row, f"{name}_volume_fraction")
        values.append(_shown(None if share is None else 100 * share))
    return values


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:#.3g}".rstrip(".")  # 0.600 as well as 0.601


def _ends(image: Volume | None) -> tuple[float, float] | None:
    """Grey values that are shown as black and white, the same for all cells."""
    if image is None:
        return None
    middle = [max(0, (n - SAMPLE) // 2) for n in image.shape]
    box = Box(
        (image.shape[0] // 2, middle[1], middle[2]),
        (image.shape[0] // 2 + 1, middle[1] + SAMPLE, middle[2] + SAMPLE),
    ).clipped(image.shape)
    low, high = np.percentile(image.read(box), [0.5, 99.5])
    return float(low), float(high)


def _picture(
    result: Result, ids: Volume, row: Row, ends: tuple[float, float] | None
) -> Picture:
    box, cell = _telling_slice(ids, row)
    labels = result.classes.read(box)[0]
    grey = np.full(labels.shape, 0.75, np.float32)
    if result.image is not None and ends is not None:
        grey = stretched(result.image.read(box)[0], ends=ends)
    drawn = cell_picture(
        grey,
        labels,
        cell,
        scheme=result.scheme,
        spacing_nm=result.spacing_nm,
    )
    z = box.start[0] + result.box.start[0]
    return Picture(drawn, f"cell {row['cell_id']}, slice z = {z}")


def _telling_slice(ids: Volume, row: Row) -> tuple[Box, NDArray[np.bool_]]:
    """Choose, of a few slices through a cell, the one that shows most of it.

    Returns
    -------
    The slice, and where in it the cell is, (Y, X).
    """
    low, high = (
        [int(row[f"box_{axis}_{end}_voxels"]) for axis in "zyx"]
        for end in ("start", "stop")
    )
    size = [min(b - a, LARGEST) for a, b in zip(low, high, strict=True)]
    _, y, x = ((a + b - n) // 2 for a, b, n in zip(low, high, size, strict=True))
    odd = range(1, 2 * SLICES, 2)  # the middle of each part
    places = {low[0] + n * (high[0] - low[0]) // (2 * SLICES) for n in odd}
    middle = (low[0] + high[0]) // 2
    boxes = [
        Box((z, y, x), (z + 1, y + size[1], x + size[2]))
        for z in sorted(places, key=lambda z: abs(z - middle))
    ]
    masks = [ids.read(box)[0] == int(row["cell_id"]) for box in boxes]
    best = int(np.argmax([mask.sum() for mask in masks]))
    return boxes[best], masks[best]
