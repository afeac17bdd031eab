"""What tables say about all objects together, derived anew from their rows.

Counts and volumes follow from whole numbers of voxels, so that what did not change
keeps its digits.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from densecell.edits.correction import Correction, TableRow
from densecell.objects.shape.moments import nearest_nm
from densecell.objects.tables.classes_and_contacts import mean_and_sd
from densecell.result import CELLS, columns_of, write_table
from densecell.result.columns import (
    CELLS_TABLE,
    CLASSES_TABLE,
    ORGANELLES_TABLE,
    TableSchema,
)
from densecell.result.layout import TABLES
from densecell.result.tables import field_text, write_rows

SAME = 1e-7  # relative: distances of centroids with nine digits


def derive(correction: Correction, classes: Iterable[str]) -> None:
    """Bring neighbours, counts in cells and `classes.csv` up to date; stage all tables.

    Parameters
    ----------
    classes
        Names of the classes whose objects came, went or moved.
    """
    for name in set(classes):
        for layer in correction.rows.values():
            _neighbours([row for row in layer.values() if row["class"] == name])
    _counts_in_cells(correction)
    summary = [dict(row) for row in correction.result.table("classes")]
    for row in summary:
        _summarise(correction, row)
    _stage(correction, CLASSES_TABLE, summary)
    inner = [n for n in correction.rows if n != CELLS]
    if CELLS in correction.rows:
        _stage(correction, CELLS_TABLE, _sorted(correction.rows[CELLS]))
    if inner:
        rows = [row for n in inner for row in _sorted(correction.rows[n])]
        _stage(correction, ORGANELLES_TABLE, rows)


def _stage(correction: Correction, schema: TableSchema, rows: list[TableRow]) -> None:
    """Write a table aside if it changed."""
    if any("edits" in row for row in rows):
        rows = [row | {"edits": row.get("edits") or "0"} for row in rows]
    before = correction.result.table(schema.name)
    if rows == [dict(row) for row in before]:
        return
    folder = correction.transaction.staged(f"{TABLES}/{schema.name}.csv").parent
    if rows:
        write_rows(folder, schema, rows)
    else:
        write_table(folder, schema, {name: [] for name in before[0]})


def _sorted(rows: Mapping[int, TableRow]) -> list[TableRow]:
    return [rows[number] for number in sorted(rows)]


def _neighbours(rows: list[TableRow]) -> None:
    """Distance to the nearest object of the same class; unchanged ones keep digits."""
    if not rows:
        return
    axes = [f"centroid_{axis}_nm" for axis in "zyx"]
    centres = np.array([[float(row[axis]) for axis in axes] for row in rows])
    found = nearest_nm(centres, np.zeros(len(rows), int))
    for row, nm in zip(rows, found.tolist(), strict=True):
        was = row["nearest_neighbour_nm"]
        if not (was and abs(float(was) - nm) <= SAME * nm):
            row["nearest_neighbour_nm"] = field_text(nm)


def _counts_in_cells(correction: Correction) -> None:
    """Number and volume of the organelles of each class in each cell."""
    if CELLS not in correction.rows:
        return
    cells = correction.rows[CELLS]
    for name, column in columns_of(correction.measurement.classes).items():
        numbers, voxels = _inside(correction, name)
        most = max(cells, default=0) + 1
        counts = np.bincount(numbers, minlength=most)
        volume = np.bincount(numbers, weights=voxels, minlength=most)
        for number, row in cells.items():
            if f"{column}_count" in row or f"{column}_volume_fraction" in row:
                share = volume[number] / int(row["voxels"])
                row[f"{column}_count"] = field_text(counts[number])
                row[f"{column}_volume_fraction"] = field_text(share)
                _widen(row, f"{column}_count", float(counts[number]))
                _widen(row, f"{column}_volume_fraction", float(share))


def _inside(
    correction: Correction, name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell and size of each organelle of a class."""
    rows = [
        row
        for layer, rows in correction.rows.items()
        if layer != CELLS
        for row in _sorted(rows)
        if row["class"] == name
    ]
    numbers = np.array([int(row["cell_id"]) for row in rows], np.int64)
    return numbers, np.array([int(row["voxels"]) for row in rows], np.int64)


def _summarise(correction: Correction, row: TableRow) -> None:
    """Row of a class: how many objects, how large, how many in a cell."""
    name = row["class"]
    layer = next(
        (
            layer
            for layer, known in correction.layers.items()
            if correction.class_id(name) in (g.class_id for g in known.groups)
        ),
        None,
    )
    if layer is None or not row["objects"]:
        return
    objects = [r for r in _sorted(correction.rows[layer]) if r["class"] == name]
    whole = [r for r in objects if r["touches_border"] == "false"]
    size = correction.measurement.spacing.voxel_um3
    volume = np.array([int(r["voxels"]) for r in whole], np.int64) * size
    new = {
        "objects": len(objects),
        "whole_objects": len(whole),
        "objects_left_out": len(objects) - len(whole),
        **mean_and_sd(volume, "volume_um3"),
    }
    if layer != CELLS and CELLS in correction.rows:
        cells = [
            r for r in _sorted(correction.rows[CELLS]) if r["touches_border"] == "false"
        ]
        new |= {"whole_cells": len(cells)}
        new |= {"cells_left_out": len(correction.rows[CELLS]) - len(cells)}
        numbers, voxels = _inside(correction, name)
        most = max(correction.rows[CELLS], default=0) + 1
        ids = [int(r["cell_id"]) for r in cells]
        sizes = np.array([int(r["voxels"]) for r in cells], np.int64)
        counts = np.bincount(numbers, minlength=most)[ids]
        shares = np.bincount(numbers, weights=voxels, minlength=most)[ids] / sizes
        new |= mean_and_sd(counts, "count_per_cell")
        new |= mean_and_sd(shares, "volume_fraction_per_cell")
    row |= {key: field_text(value) for key, value in new.items()}
    _widen(row, "objects", float(len(objects)))


def _widen(row: TableRow, column: str, value: float) -> None:
    """Let a range over networks hold the value that it is the range of."""
    for end, better in (("min", min), ("max", max)):
        text = row.get(f"{column}_{end}")
        if text:
            row[f"{column}_{end}"] = field_text(better(float(text), value))
