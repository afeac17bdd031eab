"""How far the members of an ensemble differ in counts and volume fractions.

Each member whose labels were kept is measured like the ensemble, and its organelles are
held against the ensemble's cells.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.job import Job
from densecell.objects.blocks.stage_3_merge import (
    Found,
    final_overlaps,
    overlaps,
    total,
)
from densecell.objects.layers import CELLS
from densecell.objects.tables.objects_tables import Range

What = tuple[str, int]  # count, fraction, cell_count or cell_fraction; class id
Values = NDArray[np.float64]


class Cells(NamedTuple):
    """The ensemble's cells."""

    voxels: NDArray[np.int64]  # (N,)


def ranges_of(found: list[dict[What, Values]]) -> dict[What, Range]:
    """Give least and most of every value over the members."""
    if not found:
        return {}
    return {
        what: Range(
            np.min([f[what] for f in found], axis=0),
            np.max([f[what] for f in found], axis=0),
        )
        for what in found[0]
    }


def values_of(job: Job, found: Found, cells: Cells | None) -> dict[What, Values]:
    """Give the counts and volume fractions of one member.

    Parameters
    ----------
    job, found
        Of the member, resolved.
    cells
        Of the ensemble; none: the scheme has no cells.
    """
    scheme = job.record.classes
    voxels = total(job, "voxels")[: len(scheme)]
    values: dict[What, Values] = {
        ("fraction", i): np.array(voxels[k] / max(1, voxels.sum()))
        for k, i in enumerate(scheme.ids)
    }
    for name, layer in job.layers.items():
        for number, group in enumerate(layer.groups, 1):
            here = found[name].group == number
            values["count", group.class_id] = np.array(float(here.sum()))
    if cells is None:
        return values
    by_class = _by_class(job, len(cells.voxels))
    for name, layer in job.layers.items():
        if name == CELLS:
            continue
        best = _best_cells(final_overlaps(job, name, found[name]), len(found[name]))
        for number, group in enumerate(layer.groups, 1):
            inside = best[found[name].group == number]
            counts = np.bincount(inside, minlength=len(cells.voxels) + 1)[1:]
            values["cell_count", group.class_id] = counts.astype(np.float64)
            channels = [scheme.ids.index(i) for i in scheme.family(group.class_id)]
            share = by_class[:, channels].sum(axis=1) / cells.voxels
            values["cell_fraction", group.class_id] = share
    return values


def _by_class(job: Job, count: int) -> NDArray[np.int64]:
    """Count the member's voxels by cell of the ensemble and class: (N, K)."""
    rows = overlaps(job, "cells_by_class")
    classes = len(job.record.classes)
    rows = rows[(rows[:, 0] > 0) & (rows[:, 1] < classes)]
    table = np.zeros((count + 1, classes), np.int64)
    table[rows[:, 0], rows[:, 1]] = rows[:, 2]
    return table[1:]


def _best_cells(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give the cell that each object lies in most; the lowest of equals, 0 for none."""
    pairs, index = np.unique(rows[:, :2], axis=0, return_inverse=True)
    voxels = np.zeros(len(pairs), np.int64)
    np.add.at(voxels, index.ravel(), rows[:, 2])
    order = np.lexsort((pairs[:, 1], -voxels, pairs[:, 0]))[::-1]
    best = np.zeros(count + 1, np.int64)
    best[pairs[order, 0]] = pairs[order, 1]
    return best[1:]
