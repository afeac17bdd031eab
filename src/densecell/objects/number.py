"""First stage: number the objects of a block for itself, and sum over them."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.contacts import contact_faces
from densecell.objects.job import HOST, Job
from densecell.objects.joining import surroundings
from densecell.objects.keys import joint_keys, unjoint
from densecell.objects.labelling import Numbered, number_block
from densecell.objects.layers import CELLS
from densecell.objects.npz import save_arrays
from densecell.objects.runs import Runs, runs_of
from densecell.objects.sums import sum_objects


def number_objects(job: Job, number: int) -> None:
    """Give provisional ids to the objects of a block, and sum over them."""
    record = job.record

    @lru_cache(maxsize=2)  # the groups of a layer look at the same halo
    def read(box: Box) -> NDArray[np.uint8]:
        return job.labels.read(box).astype(np.uint8, copy=False)

    core = record.blocks[number]
    wide = core.grown((1, 1, 1)).clipped(record.shape)
    wide = Box(core.start, wide.stop)  # one voxel further at the far faces
    around = job.labels.read(wide)
    record.classes.check(around, where=str(job.labels.path))
    around = around.astype(np.uint8, copy=False)
    classes = np.ascontiguousarray(around[Box.whole(core.shape).slices])
    found = {
        name: number_block(
            read,
            core,
            layer,
            shape=record.shape,
            spacing_nm=record.spacing,
            config=record.objects,
            affinities=job.affinities if name == CELLS else None,
        )
        for name, layer in job.layers.items()
    }
    arrays = _sums(job, core, classes, found)
    channels = record.classes.to_channels(around)
    arrays["voxels"] = np.bincount(
        record.classes.to_channels(classes).ravel(), minlength=256
    )
    arrays["contacts"] = contact_faces(channels, core.shape, len(record.classes))
    for name, numbered in found.items():
        job.provisional[name].write(core, numbered.ids)
        job.provisional[name].flush(core)
        arrays |= _as_arrays(name, numbered)
    save_arrays(job.mark("number", number), arrays)


def _sums(
    job: Job, core: Box, classes: NDArray[np.uint8], found: dict[str, Numbered]
) -> dict[str, NDArray[Any]]:
    """Sum over the objects of a block, and over what overlaps."""
    record = job.record
    ids = {name: numbered.ids for name, numbered in found.items()}
    cells = None if job.reference is None else job.reference.read(core)
    runs = runs_of([*ids.values(), classes, *([] if cells is None else [cells])])
    sure = None
    if job.confidence is not None:
        sure = runs.sums(job.confidence.read(core))
    channels = record.classes.to_channels(runs.of(classes))
    at = {name: runs.of(array) for name, array in ids.items()}
    arrays: dict[str, NDArray[Any]] = {}
    for name, numbered in found.items():
        sums = sum_objects(
            runs,
            at[name],
            count=numbered.highest,
            channels=channels,
            classes=len(record.classes),
            confidence=sure,
        )
        arrays |= {f"{name}.{key}": value for key, value in sums._asdict().items()}
        host = HOST.get(name)
        if host in at:
            arrays[f"{name}.host"] = _overlaps(runs, at[name], at[host])
        if cells is not None:
            arrays[f"{name}.cells"] = _overlaps(runs, at[name], runs.of(cells))
    if cells is not None:
        arrays["cells_by_class"] = _overlaps(runs, runs.of(cells), channels)
    return arrays


def _as_arrays(name: str, numbered: Numbered) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        f"{name}.group": numbered.group,
        f"{name}.around": surroundings(numbered.ids, numbered.group),
    }
    for group, seen in numbered.seen.items():
        arrays[f"{name}.seen{group}"] = seen.objects
        arrays[f"{name}.seen{group}.box"] = np.array(
            [*seen.box.start, *seen.box.stop, seen.last]
        )
    return arrays


def _overlaps(
    runs: Runs, first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Count the voxels that two objects share: rows (first, second, voxels)."""
    known = first > 0
    keys, index = np.unique(
        joint_keys(first[known], second[known]), return_inverse=True
    )
    voxels = np.bincount(index, weights=runs.length[known], minlength=len(keys))
    return np.stack([*unjoint(keys), voxels.astype(np.int64)], axis=1)
