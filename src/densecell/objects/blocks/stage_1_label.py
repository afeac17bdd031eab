"""First stage: number the objects of a block for itself, and sum over them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.blocks.block_file import save_arrays
from densecell.objects.blocks.job import HOST, Job
from densecell.objects.cut.cut_block import (
    Cuts,
    Numbered,
    Read,
    cut_block,
    number_block,
)
from densecell.objects.ids import joint_keys, unjoint
from densecell.objects.layers import CELLS
from densecell.objects.record import Record
from densecell.objects.runs.encoding import Runs, runs_of
from densecell.objects.runs.pieces import Pieces, pieces_of
from densecell.objects.runs.sums import sum_objects
from densecell.objects.shape.contacts import contact_units, patch_shape, patches_of


def number_objects(job: Job, number: int) -> None:
    """Give provisional ids to the objects of a block, and sum over them."""
    record = job.record
    core, read = record.blocks[number], reader(job)
    cuts = {
        name: cut_block(
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
    around = read(_with_patches(record, core))
    classes = np.ascontiguousarray(around[Box.whole(core.shape).slices])
    block = _block(job, core, classes, cuts)
    found = {
        name: number_block(
            block.pieces,
            layer.group_table()[block.classes],
            block.cut[name],
            cuts=cuts[name],
            fill_holes=record.objects.fill_holes,
        )
        for name, layer in job.layers.items()
    }
    arrays = _sums(job, core, block, found)
    arrays["contacts"] = _contacts(record, core, around)
    arrays |= {"start": block.runs.start, "piece": block.pieces.of_run}
    for name, numbered in found.items():
        arrays |= _as_arrays(name, numbered, cuts[name])
    save_arrays(job.mark("number", number), arrays)


def reader(job: Job) -> Read:
    """Give what reads class ids, but no box again that lies in the last one read."""
    last, held = Box((0, 0, 0), (0, 0, 0)), np.zeros((0, 0, 0), np.uint8)

    def read(box: Box) -> NDArray[np.uint8]:
        nonlocal last, held
        if not last.contains(box):
            labels = job.labels.read(box)
            if labels.dtype != np.uint8:  # bytes are checked where they are fewer: runs
                job.record.classes.check(labels, where=str(job.labels.path))
            last, held = box, labels.astype(np.uint8, copy=False)
        return held[box.relative_to(last.start).slices]

    return read


class Block(NamedTuple):
    """A block as runs and pieces."""

    runs: Runs
    pieces: Pieces
    classes: NDArray[np.uint8]  # (P,) class id of each piece
    cut: dict[str, NDArray[np.uint32]]  # (P,) for each layer, local id or 0
    cells: NDArray[np.integer] | None  # (R,) cell of the ensemble


def _block(
    job: Job, core: Box, classes: NDArray[np.uint8], cuts: dict[str, Cuts]
) -> Block:
    """Take voxels together that nothing here tells apart."""
    ids = {name: cut.ids for name, cut in cuts.items() if cut.ids is not None}
    cells = [] if job.reference is None else [job.reference.read(core)]
    runs = runs_of([classes, *ids.values(), *cells])
    kinds = [runs.of(classes), *(runs.of(array) for array in ids.values())]
    job.record.classes.check(kinds[0], where=str(job.labels.path))
    pieces = pieces_of(runs, kinds, core.shape)
    class_of, *cut_of = (kind[pieces.run] for kind in kinds)
    none = np.zeros(len(pieces.run), np.uint32)
    return Block(
        runs,
        pieces,
        class_of,
        dict.fromkeys(cuts, none) | dict(zip(ids, cut_of, strict=True)),
        runs.of(cells[0]) if cells else None,
    )


def _with_patches(record: Record, core: Box) -> Box:
    """Give the block, all patches that begin in it, and one voxel further."""
    patches = patches_of(core, patch_shape(record.spacing))
    further = patches.grown((1, 1, 1)).union(core).clipped(record.shape)
    return Box(core.start, further.stop)


def _contacts(
    record: Record, core: Box, around: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Measure the contacts in all patches that begin in the block: (K, K)."""
    patches = patches_of(core, patch_shape(record.spacing))
    inside = patches.clipped(record.shape).relative_to(core.start)
    first = tuple(slice(a, None) for a in inside.start)
    areas = contact_units(around[first], inside.shape, record.spacing)
    ids = list(record.classes.ids)
    return areas[np.ix_(ids, ids)]


def _sums(
    job: Job, core: Box, block: Block, found: dict[str, Numbered]
) -> dict[str, NDArray[Any]]:
    """Sum over the objects of a block, and over what overlaps."""
    record, runs, of_run = job.record, block.runs, block.pieces.of_run
    sure = None
    if job.confidence is not None:
        sure = runs.sums(job.confidence.read(core))
    channels = record.classes.to_channels(block.classes)
    sums = sum_objects(
        runs,
        of_run + 1,
        count=len(channels),
        channels=channels[of_run],
        classes=len(record.classes),
        confidence=sure,
    )
    arrays: dict[str, NDArray[Any]] = {
        "voxels": sums.classes.sum(axis=0),
    }
    for name, numbered in found.items():
        known = np.flatnonzero(numbered.ids)
        whole = sums.taken(known).added(numbered.ids[known] - 1, numbered.highest)
        arrays |= {f"{name}.{key}": value for key, value in whole._asdict().items()}
        host = HOST.get(name)
        if host in found:
            arrays[f"{name}.host"] = _overlaps(
                numbered.ids, found[host].ids, sums.voxels
            )
        if block.cells is not None:
            arrays[f"{name}.cells"] = _overlaps(
                numbered.ids[of_run], block.cells, runs.length
            )
    if block.cells is not None:
        arrays["cells_by_class"] = _overlaps(block.cells, channels[of_run], runs.length)
    return arrays


def _as_arrays(name: str, numbered: Numbered, cuts: Cuts) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        f"{name}.ids": numbered.ids,
        f"{name}.group": numbered.group,
        f"{name}.around": numbered.around,
    }
    for group, seen in cuts.seen.items():
        arrays[f"{name}.seen{group}"] = seen.objects
        arrays[f"{name}.seen{group}.box"] = np.array(
            [*seen.box.start, *seen.box.stop, seen.last]
        )
    return arrays


def _overlaps(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    voxels: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Count the voxels that two objects share: rows (first, second, voxels)."""
    known = first > 0
    keys, index = np.unique(
        joint_keys(first[known], second[known]), return_inverse=True
    )
    shared = np.bincount(index, weights=voxels[known], minlength=len(keys))
    return np.stack([*unjoint(keys), shared.astype(np.int64)], axis=1)
