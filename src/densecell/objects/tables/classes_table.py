"""`classes.csv`: one row for each class; means over whole objects and cells only."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.merge_rules import Objects, touches_border
from densecell.objects.layers import CELLS, Group
from densecell.objects.tables.objects_tables import (
    Measured,
    Table,
    counts_in_cells,
    fractions_in_cells,
)

Row = dict[str, Any]


def classes_table(m: Measured) -> Table:
    """Make `classes.csv`.

    What the volume's border cuts counts in sums, but in no mean; how many objects were
    left out of a mean stands beside it.
    """
    known = int(m.voxels.sum())
    rows = []
    for channel, class_id in enumerate(m.record.classes.ids):
        about = m.record.classes.classes[class_id]
        voxels = int(m.voxels[channel])
        row: Row = {
            "class_id": class_id,
            "class": about.name,
            "role": about.role,
            "voxels": voxels,
            "volume_um3": voxels * m.record.spacing.voxel_um3,
            "volume_fraction": voxels / known if known else None,
        }
        row |= _range(m, "fraction", class_id, "volume_fraction")
        rows.append(row | _of_objects(m, class_id))
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return {key: [row.get(key) for row in rows] for key in columns}


def _of_objects(m: Measured, class_id: int) -> Row:
    """Give what is known of the objects of a class, if it has any."""
    for layer in m.record.layers:
        for number, group in enumerate(layer.groups, 1):
            if group.class_id == class_id:
                return _of_group(m, layer.name, number, group)
    return {}


def _of_group(m: Measured, layer: str, number: int, group: Group) -> Row:
    objects = m.found[layer]
    here = objects.group == number
    whole = here & ~touches_border(objects.sums, m.record.shape)
    volume = objects.sums.voxels[whole] * m.record.spacing.voxel_um3
    row: Row = {"objects": int(here.sum())}
    row |= _range(m, "count", group.class_id, "objects")
    row |= {
        "whole_objects": int(whole.sum()),
        "objects_left_out": int(here.sum() - whole.sum()),
        **_mean(volume, "volume_um3"),
    }
    if layer != CELLS and CELLS in m.found:
        row |= _per_cell(m, m.found[CELLS], group.class_id)
    dropped = objects.dropped
    return row | {
        "dropped_too_small": int(dropped.too_small[number - 1]),
        "dropped_outside_parent": int(dropped.outside_parent[number - 1]),
        "dropped_without_own_voxel": int(dropped.without_own_class[number - 1]),
    }


def _per_cell(m: Measured, cells: Objects, class_id: int) -> Row:
    whole = ~touches_border(cells.sums, m.record.shape)
    counts = counts_in_cells(m.found, m.record.layers, class_id)[whole]
    shares = fractions_in_cells(
        cells.sums.classes, cells.sums.voxels, m.record.classes, class_id
    )[whole]
    return {
        "whole_cells": int(whole.sum()),
        "cells_left_out": int((~whole).sum()),
        **_mean(counts, "count_per_cell"),
        **_mean(shares, "volume_fraction_per_cell"),
    }


def _mean(values: NDArray[Any], name: str) -> Row:
    """Give mean and standard deviation, of the sample; none of too few."""
    return {
        f"{name}_mean": float(values.mean()) if len(values) else None,
        f"{name}_sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
    }


def _range(m: Measured, what: str, class_id: int, column: str) -> Row:
    found = m.ranges.get((what, class_id))
    if found is None:
        return {}
    return {f"{column}_min": float(found.low), f"{column}_max": float(found.high)}
