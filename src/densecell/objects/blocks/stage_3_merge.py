"""Everything that the blocks left on disk, put together and resolved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.block_file import load_arrays, save_array
from densecell.objects.blocks.job import HOST, Job
from densecell.objects.blocks.merge_rules import (
    Objects,
    Parts,
    counted_on,
    resolve_layer,
)
from densecell.objects.layers import Layer
from densecell.objects.runs.sums import Sums

Found = dict[str, Objects]


def resolve(job: Job) -> Found:
    """Resolve all layers of a job.

    Notes
    -----
    Memory grows with the number of objects, about 1 kB each, not with the voxels.
    """
    found: Found = {}
    channels = job.record.classes.ids
    offsets = {name: _offsets(job, name) for name in job.layers}
    for name, layer in job.layers.items():
        host = HOST.get(name)
        above = found.get(host) if host else None
        parts = _parts(job, name, offsets)
        found[name] = resolve_layer(
            parts,
            layer,
            above=above,
            own_channels=[channels.index(g.class_id) for g in layer.groups],
            shape=job.record.shape,
            min_voxels=_min_voxels(job, layer),
        )
    return found


def save_final(job: Job, found: Found) -> None:
    """Write what turns local ids into final ones, before other threads read it."""
    for name, objects in found.items():
        save_array(job.folder / f"{name}_offsets.npy", _offsets(job, name))
        save_array(job.folder / f"{name}_final.npy", objects.final)


def total(job: Job, key: str) -> NDArray[Any]:
    """Add up an array of equal shape over all blocks."""
    arrays = [load_arrays(m, key)[key] for m in marks(job)]
    return np.sum(arrays, axis=0)


def overlaps(job: Job, key: str) -> NDArray[np.int64]:
    """Add up rows (a, b, voxels) over all blocks; rows are counted on as they are."""
    rows = np.concatenate([load_arrays(m, key)[key] for m in marks(job)])
    pairs, index = np.unique(rows[:, :2], axis=0, return_inverse=True)
    voxels = np.zeros(len(pairs), np.int64)
    np.add.at(voxels, index.ravel(), rows[:, 2])
    return np.column_stack([pairs, voxels])


def final_overlaps(job: Job, name: str, objects: Objects) -> NDArray[np.int64]:
    """Give rows (object of a member, cell of the ensemble, voxels)."""
    rows = _counted_rows(job, f"{name}.cells", _offsets(job, name))
    rows[:, 0] = objects.final[rows[:, 0]]
    return rows[(rows[:, 0] > 0) & (rows[:, 1] > 0)]


def marks(job: Job) -> list[Any]:
    """List the files of all numbered blocks."""
    return [job.mark("number", n) for n in range(len(job.record.blocks))]


def _min_voxels(job: Job, layer: Layer) -> float:
    """Give the least number of voxels of an object; parts may be of any size."""
    config = job.record.objects
    least = {"cells": config.cells, "organelles": config.organelles}.get(layer.name)
    if least is None:
        return 0.0
    return least.min_volume_um3 / job.record.spacing.voxel_um3 * (1 - 1e-9)


def _offsets(job: Job, name: str) -> NDArray[np.int64]:
    """Count the ids of the blocks before each block, (blocks + 1,)."""
    key = f"{name}.group"
    counts = [len(load_arrays(m, key)[key]) - 1 for m in marks(job)]
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _parts(job: Job, name: str, offsets: dict[str, NDArray[np.int64]]) -> Parts:
    """Read what the blocks say of a layer."""
    own = offsets[name]
    groups, sums, around = [], [], []
    for number, mark in enumerate(marks(job)):
        fields = {f: f"{name}.{f}" for f in Sums._fields}
        arrays = load_arrays(mark, f"{name}.group", f"{name}.around", *fields.values())
        block = Sums(**{f: arrays[key] for f, key in fields.items()})
        sums.append(block.shifted(job.record.blocks[number], job.record.shape))
        groups.append(arrays[f"{name}.group"][1:])
        around.append(arrays[f"{name}.around"].astype(np.int64) - 1 + own[number])
    same, across = _pairs(job, name, own)
    host = HOST.get(name)
    hosts = np.zeros((0, 3), np.int64)
    if host in job.layers:
        hosts = _counted_rows(job, f"{name}.host", own, offsets[host])
    return Parts(
        np.concatenate(groups),
        Sums(*(np.concatenate(field) for field in zip(*sums, strict=True))),
        same,
        np.concatenate([*around, across]),
        hosts,
    )


def _pairs(
    job: Job, name: str, offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read which ids of neighbouring blocks are one, and which lie around."""
    found = []
    for number in range(len(job.record.blocks)):
        arrays = load_arrays(job.mark("join", number))
        found.append([arrays[f"{name}.same"], arrays[f"{name}.around"]])
    same, around = (np.concatenate(a) for a in zip(*found, strict=True))
    return counted_on(same, offsets), counted_on(around, offsets)


def _counted_rows(job: Job, key: str, *offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Read rows of local ids; one column for each offset is counted on."""
    found = []
    for number, mark in enumerate(marks(job)):
        rows = load_arrays(mark, key)[key]
        rows = rows[(rows[:, : len(offsets)] > 0).all(axis=1)]
        for column, offset in enumerate(offsets):
            rows[:, column] += offset[number] - 1
        found.append(rows)
    return np.concatenate(found)
