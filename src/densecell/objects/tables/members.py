"""How far the networks of an ensemble differ in counts and volume fractions.

Each network whose labels were kept is measured like the ensemble. Its organelles are
counted in the ensemble's cells. The ensemble's own value counts too, so that a range
always holds the value that it is the range of.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.job import Job
from densecell.objects.blocks.merge_rules import LayerObjects, cell_of
from densecell.objects.blocks.stage_3_merge import best_cells, total_voxels
from densecell.objects.tables.table_input import MemberRange
from densecell.result import CELLS

What = tuple[str, int]  # count, fraction, cell_count or cell_fraction; class id
MemberValues = NDArray[np.float64]


def ranges_of(found: Sequence[dict[What, MemberValues]]) -> dict[What, MemberRange]:
    """Least and most of every value over the networks and their ensemble."""
    if not found:
        return {}
    return {
        what: MemberRange(
            np.min([f[what] for f in found], axis=0),
            np.max([f[what] for f in found], axis=0),
        )
        for what in found[0]
    }


def values_of_member(
    job: Job, found: LayerObjects, cell_voxels: NDArray[np.int64] | None
) -> dict[What, MemberValues]:
    """Counts and volume fractions of one network.

    Parameters
    ----------
    job, found
        Blocks of the network, and its objects.
    cell_voxels
        (N,) size of the ensemble's cells; none: the scheme has no cells.
    """
    cells: dict[str, NDArray[np.int64]] = {}
    if cell_voxels is not None:
        cells = {n: best_cells(job, n, found[n]) for n in found if n != CELLS}
    return _values(job, found, cells, cell_voxels)


def values_of_ensemble(job: Job, found: LayerObjects) -> dict[What, MemberValues]:
    """Counts and volume fractions of the ensemble."""
    if CELLS not in found:
        return _values(job, found, {}, None)
    cells = {name: cell_of(found, name) for name in found if name != CELLS}
    return _values(job, found, cells, found[CELLS].sums.voxels)


def _values(
    job: Job,
    found: LayerObjects,
    cells: Mapping[str, NDArray[np.int64]],
    cell_voxels: NDArray[np.int64] | None,
) -> dict[What, MemberValues]:
    voxels = total_voxels(job)
    values: dict[What, MemberValues] = {
        ("fraction", i): np.array(voxels[k] / max(1, voxels.sum()))
        for k, i in enumerate(job.measurement.classes.ids)
    }
    for name, layer in job.layers.items():
        for group in layer.groups:
            here = found[name].class_id == group.class_id
            values["count", group.class_id] = np.array(float(here.sum()))
            if cell_voxels is None or name == CELLS:
                continue
            inside, size = cells[name][here], found[name].sums.voxels[here]
            most = len(cell_voxels) + 1
            count = np.bincount(inside, minlength=most)[1:]
            share = np.bincount(inside, weights=size, minlength=most)[1:] / cell_voxels
            values["cell_count", group.class_id] = count.astype(np.float64)
            values["cell_fraction", group.class_id] = share
    return values
