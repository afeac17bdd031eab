"""Third stage: what all blocks left on disk, merged into the objects of each layer.

This stage runs in one process. `merge_rules` says which objects are one, and which are
dropped.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.block_file import BlockFile, MatchedBlock
from densecell.objects.blocks.job import HOST, Job
from densecell.objects.blocks.merge_rules import (
    LayerObjects,
    LayerParts,
    Objects,
    best_overlaps,
    counted_on,
    merge_layer,
)
from densecell.objects.layers import ObjectLayer
from densecell.objects.runs.sums import Sums
from densecell.result import CELLS, ORGANELLES

BlockOffsets = NDArray[np.int64]  # (blocks + 1,) ids of the blocks before each block


def merge_blocks(job: Job) -> LayerObjects:
    """Merge the objects of all blocks, layer by layer.

    Notes
    -----
    Memory grows with the number of objects, about 1 kB each, not with the voxels.
    """
    found: LayerObjects = {}
    offsets = {name: _offsets(job, name) for name in job.layers}
    for name, layer in job.layers.items():
        found[name] = merge_layer(
            _parts(job, name, offsets),
            layer,
            above=found.get(HOST.get(name, "")),
            class_ids=job.measurement.classes.ids,
            shape=job.measurement.shape,
            min_voxels=_min_voxels(job, layer),
            spacing_nm=job.measurement.spacing if job.joins_splinters else None,
            probable=name == ORGANELLES and job.votes_are_probable,
        )
    return found


def save_final(job: Job, found: LayerObjects) -> None:
    """Write what turns local ids into final ones, before other threads read it."""
    for name, objects in found.items():
        job.save_final(name, _offsets(job, name), objects.final)


def total_voxels(job: Job) -> NDArray[np.int64]:
    """Voxels by class in all blocks, (K,)."""
    found = np.sum([file.voxels() for file in job.files()], axis=0)
    return found[: len(job.measurement.classes)]


def total_contacts(job: Job) -> NDArray[np.int64]:
    """Areas of contacts between classes in all blocks, (K, K)."""
    return np.sum([file.contacts() for file in job.files()], axis=0)


def best_cells(job: Job, name: str, objects: Objects) -> NDArray[np.int64]:
    """Cell of the ensemble that each object of a member lies in most; 0 for none."""
    rows = _rows(job, lambda file: file.in_cells(name), _offsets(job, name))
    rows[:, 0] = objects.final[rows[:, 0]]
    rows = rows[(rows[:, 0] > 0) & (rows[:, 1] > 0)]
    return best_overlaps(rows, len(objects) + 1)[1:]


def _min_voxels(job: Job, layer: ObjectLayer) -> float:
    """Least number of voxels of an object; parts may be of any size."""
    config = job.measurement.objects
    least = {CELLS: config.cells, ORGANELLES: config.organelles}.get(layer.name)
    if least is None:
        return 0.0
    return least.min_volume_um3 / job.measurement.spacing.voxel_um3 * (1 - 1e-9)


def _offsets(job: Job, name: str) -> BlockOffsets:
    counts = [len(file.group(name)) - 1 for file in job.files()]
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _parts(job: Job, name: str, offsets: dict[str, BlockOffsets]) -> LayerParts:
    """Read what the blocks hold of a layer."""
    own, shape = offsets[name], job.measurement.shape
    groups, all_sums, arounds = [], [], []
    for number, file in enumerate(job.files()):
        group, around, sums = file.objects(name)
        all_sums.append(sums.shifted(job.measurement.blocks[number], shape))
        groups.append(group[1:])
        arounds.append(around.astype(np.int64) - 1 + own[number])
    same, across, touches = _pairs(job, name, own)
    host = HOST.get(name)
    hosts = np.zeros((0, 3), np.int64)
    if host in job.layers:
        hosts = _rows(job, lambda file: file.host(name), own, offsets[host])
    return LayerParts(
        np.concatenate(groups),
        Sums(*map(np.concatenate, zip(*all_sums, strict=True))),
        same,
        np.concatenate([*arounds, across]),
        np.concatenate([_rows(job, lambda f: f.touches(name), own, own), touches]),
        hosts,
    )


def _pairs(
    job: Job, name: str, offsets: BlockOffsets
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Read which ids of neighbouring blocks are one, lie around holes, or touch."""
    numbers = range(len(job.measurement.blocks))
    found = [MatchedBlock.load(job.mark("join", n), [name]) for n in numbers]
    layers = [block.layers[name] for block in found]
    same, around, touching, faces = map(np.concatenate, zip(*layers, strict=True))
    touches = np.column_stack([counted_on(touching, offsets), faces])
    return counted_on(same, offsets), counted_on(around, offsets), touches


def _rows(
    job: Job, read: Callable[[BlockFile], NDArray[np.int64]], *offsets: BlockOffsets
) -> NDArray[np.int64]:
    """Read rows of local ids of all blocks; a column for each offset is counted on."""
    found = []
    for number, file in enumerate(job.files()):
        rows = read(file)
        rows = rows[(rows[:, : len(offsets)] > 0).all(axis=1)]
        for column, offset in enumerate(offsets):
            rows[:, column] += offset[number] - 1
        found.append(rows)
    return np.concatenate(found)
