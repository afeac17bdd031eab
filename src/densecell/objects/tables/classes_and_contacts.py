"""Tables of classes, with means over whole objects and cells only, and of contacts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.merge_rules import Objects, touches_border
from densecell.objects.layers import ClassGroup
from densecell.objects.shape.contacts import unit_um2
from densecell.objects.tables.cells_and_organelles import TableColumns
from densecell.objects.tables.table_input import (
    TableInput,
    counts_in_cells,
    fractions_in_cells,
)
from densecell.result import CELLS

ClassRow = dict[str, Any]


def classes_table(m: TableInput) -> TableColumns:
    """Columns of `classes.csv`: one row for each class.

    Objects that the volume's border cuts count in sums, but in no mean. Their number
    stands beside each mean.
    """
    known = int(m.voxels.sum())
    rows = []
    for channel, class_id in enumerate(m.measurement.classes.ids):
        about = m.measurement.classes.classes[class_id]
        voxels = int(m.voxels[channel])
        row: ClassRow = {
            "class_id": class_id,
            "class": about.name,
            "role": about.role,
            "voxels": voxels,
            "volume_um3": voxels * m.measurement.spacing.voxel_um3,
            "volume_fraction": voxels / known if known else None,
        }
        row |= _range(m, "fraction", class_id, "volume_fraction")
        rows.append(row | _of_objects(m, class_id))
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return {key: [row.get(key) for row in rows] for key in columns}


def contacts_table(m: TableInput) -> TableColumns:
    """Columns of `contacts.csv`: one row for every two classes that meet."""
    scheme = m.measurement.classes
    areas = m.contacts * unit_um2(m.measurement.spacing)
    pairs = [(a, b) for a, b in zip(*np.triu_indices(len(scheme), 1), strict=True)]
    pairs = [(a, b) for a, b in pairs if areas[a, b] > 0]
    return {
        "class_a": [scheme.names[a] for a, _ in pairs],
        "class_b": [scheme.names[b] for _, b in pairs],
        "area_um2": [areas[a, b] for a, b in pairs],
    }


def _of_objects(m: TableInput, class_id: int) -> ClassRow:
    """Counts and means of the objects of a class, if it has any."""
    for layer in m.layers:
        for number, group in enumerate(layer.groups, 1):
            if group.class_id == class_id:
                return _of_group(m, layer.name, number, group)
    return {}


def _of_group(m: TableInput, layer: str, number: int, group: ClassGroup) -> ClassRow:
    objects = m.found[layer]
    here = objects.group == number
    whole = here & ~touches_border(objects.sums, m.measurement.shape)
    volume = objects.sums.voxels[whole] * m.measurement.spacing.voxel_um3
    row: ClassRow = {"objects": int(here.sum())}
    row |= _range(m, "count", group.class_id, "objects")
    row |= {
        "whole_objects": int(whole.sum()),
        "objects_left_out": int(here.sum() - whole.sum()),
        **mean_and_sd(volume, "volume_um3"),
    }
    if layer != CELLS and CELLS in m.found:
        row |= _per_cell(m, m.found[CELLS], group.class_id)
    dropped = objects.dropped
    return row | {
        "dropped_too_small": int(dropped.too_small[number - 1]),
        "dropped_outside_parent": int(dropped.outside_parent[number - 1]),
        "dropped_without_own_voxel": int(dropped.without_own_class[number - 1]),
    }


def _per_cell(m: TableInput, cells: Objects, class_id: int) -> ClassRow:
    whole = ~touches_border(cells.sums, m.measurement.shape)
    counts = counts_in_cells(m, class_id)[whole]
    shares = fractions_in_cells(m, class_id)[whole]
    return {
        "whole_cells": int(whole.sum()),
        "cells_left_out": int((~whole).sum()),
        **mean_and_sd(counts, "count_per_cell"),
        **mean_and_sd(shares, "volume_fraction_per_cell"),
    }


def mean_and_sd(values: NDArray[Any], name: str) -> ClassRow:
    """Mean and standard deviation of the sample, by column; None of too few."""
    return {
        f"{name}_mean": float(values.mean()) if len(values) else None,
        f"{name}_sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
    }


def _range(m: TableInput, what: str, class_id: int, column: str) -> ClassRow:
    found = m.range_columns(what, class_id, column)
    return {name: float(value) for name, value in found.items()}
