"""How far the members of an ensemble differ in counts and volume fractions.

Each member whose labels were kept is measured like the ensemble. Its organelles are
counted in the ensemble's cells.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.job import Job
from densecell.objects.blocks.merge_rules import LayerObjects
from densecell.objects.blocks.stage_3_merge import (
    best_cells,
    cells_by_class,
    total_voxels,
)
from densecell.objects.tables.table_input import Range, fractions_in_cells
from densecell.result import CELLS

What = tuple[str, int]  # count, fraction, cell_count or cell_fraction; class id
Values = NDArray[np.float64]


def ranges_of(found: Sequence[dict[What, Values]]) -> dict[What, Range]:
    """Least and most of every value over the members."""
    if not found:
        return {}
    return {
        what: Range(
            np.min([f[what] for f in found], axis=0),
            np.max([f[what] for f in found], axis=0),
        )
        for what in found[0]
    }


def values_of(
    job: Job, found: LayerObjects, cell_voxels: NDArray[np.int64] | None
) -> dict[What, Values]:
    """Counts and volume fractions of one member.

    Parameters
    ----------
    job, found
        Blocks of the member, and its objects.
    cell_voxels
        (N,) size of the ensemble's cells; none: the scheme has no cells.
    """
    scheme = job.measurement.classes
    voxels = total_voxels(job)
    values: dict[What, Values] = {
        ("fraction", i): np.array(voxels[k] / max(1, voxels.sum()))
        for k, i in enumerate(scheme.ids)
    }
    for name, layer in job.layers.items():
        for number, group in enumerate(layer.groups, 1):
            here = found[name].group == number
            values["count", group.class_id] = np.array(float(here.sum()))
    if cell_voxels is None:
        return values
    by_class = cells_by_class(job, len(cell_voxels))
    for name, layer in job.layers.items():
        if name == CELLS:
            continue
        best = best_cells(job, name, found[name])
        for number, group in enumerate(layer.groups, 1):
            inside = best[found[name].group == number]
            counts = np.bincount(inside, minlength=len(cell_voxels) + 1)[1:]
            values["cell_count", group.class_id] = counts.astype(np.float64)
            values["cell_fraction", group.class_id] = fractions_in_cells(
                by_class, cell_voxels, scheme, group.class_id
            )
    return values
