"""Second stage: which objects of a block are one with those of its neighbours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape
from densecell.objects.job import Job
from densecell.objects.joining import Pairs, join_plane, mutual_matches
from densecell.objects.keys import joint_keys
from densecell.objects.labelling import Seen
from densecell.objects.layers import Layer
from densecell.objects.npz import load_arrays, save_arrays


def join_objects(job: Job, number: int) -> None:
    """Find which objects of a block are one with those before it."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, layer in job.layers.items():
        pairs = [Pairs(np.zeros((0, 2), "u8"), np.zeros((0, 2), "u8"))]
        for axis, other in _before(job, number):
            pairs.append(_across(job, name, layer, number, axis))
            pairs.append(Pairs(_matches(job, name, layer, other, number), pairs[0][0]))
        arrays[f"{name}.same"] = np.concatenate([p.same for p in pairs])
        arrays[f"{name}.around"] = np.concatenate([p.around for p in pairs])
    save_arrays(job.mark("join", number), arrays)


def _before(job: Job, number: int) -> list[tuple[int, int]]:
    """List the neighbours in front of a block: (axis, number)."""
    place = np.unravel_index(number, job.record.grid)
    found = []
    for axis in range(3):
        if place[axis] > 0:
            step = [int(n) - (a == axis) for a, n in enumerate(place)]
            found.append((axis, int(np.ravel_multi_index(step, job.record.grid))))
    return found


def _across(job: Job, name: str, layer: Layer, number: int, axis: int) -> Pairs:
    """Join a layer across the near face of a block."""
    core = job.record.blocks[number]
    before, behind = _planes(core, axis)
    ids, groups = _provisional_ids(job, name, before)
    other_ids, other_groups = _provisional_ids(job, name, behind)
    split = {n for n, g in enumerate(layer.groups, 1) if g.split is not None}
    return join_plane(
        ids.squeeze(axis),
        other_ids.squeeze(axis),
        groups.squeeze(axis),
        other_groups.squeeze(axis),
        split=frozenset(split),
    )


def _provisional_ids(
    job: Job, name: str, box: Box
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Give ids of a box as block << 32 | local, and groups; 0 outside."""
    inside = box.clipped(job.record.shape)
    local = job.provisional[name].read(inside)
    blocks = _block_numbers(inside, job.record.block, job.record.grid)
    groups = np.zeros(local.shape, np.uint8)
    for block in np.unique(blocks).tolist():
        table = load_arrays(job.mark("number", block), f"{name}.group")
        here = blocks == block
        groups[here] = table[f"{name}.group"][local[here]]
    ids = joint_keys(blocks, local)
    ids[local == 0] = 0
    gaps = [
        (a - b, d - c)
        for a, b, c, d in zip(
            inside.start, box.start, inside.stop, box.stop, strict=True
        )
    ]
    return np.pad(ids, gaps), np.pad(groups, gaps)


def _matches(
    job: Job, name: str, layer: Layer, before: int, number: int
) -> NDArray[np.uint64]:
    """Match split objects of two neighbours."""
    found = [np.zeros((0, 2), np.uint64)]
    for n, group in enumerate(layer.groups, 1):
        first, second = (_seen(job, name, n, b) for b in (before, number))
        if group.split is None or first is None or second is None:
            continue
        shared = first.box.intersection(second.box)
        local = mutual_matches(first, second, _inner(shared, first, second))
        blocks = np.broadcast_to([before, number], local.shape)
        found.append(joint_keys(blocks, local))
    return np.concatenate(found)


def _seen(job: Job, name: str, group: int, block: int) -> Seen | None:
    key = f"{name}.seen{group}"
    arrays = load_arrays(job.mark("number", block), key, f"{key}.box")
    if key not in arrays:
        return None
    z0, y0, x0, z1, y1, x1, last = arrays[f"{key}.box"].tolist()
    return Seen(Box((z0, y0, x0), (z1, y1, x1)), arrays[key], last)


def _planes(core: Box, axis: int) -> tuple[Box, Box]:
    """Give the plane in front of a block, one voxel wider, and the block's first."""
    start, stop = list(core.start), list(core.stop)
    stop[axis] = start[axis] + 1
    behind = Box(_zyx(start), _zyx(stop))
    wide = [0 if a == axis else 1 for a in range(3)]
    back = [-1 if a == axis else 0 for a in range(3)]
    return behind.shifted(_zyx(back)).grown(_zyx(wide)), behind


def _block_numbers(box: Box, block: Shape, grid: Shape) -> NDArray[np.int64]:
    """Give the number of the block that each voxel of a box lies in."""
    z, y, x = (
        np.arange(a, b) // n for a, b, n in zip(box.start, box.stop, block, strict=True)
    )
    row = z[:, None, None] * grid[1] + y[None, :, None]
    return row * grid[2] + x[None, None, :]


def _inner(shared: Box, first: Seen, second: Seen) -> Box:
    """Leave the outer halves of the halos out, where they were cut off."""
    inner = []
    for axis in range(3):
        a, b = shared.start[axis], shared.stop[axis]
        cut = (b - a) // 4 if first.box.start[axis] < second.box.start[axis] else 0
        inner.append((a + cut, b - cut))
    (z0, z1), (y0, y1), (x0, x1) = inner
    return Box((z0, y0, x0), (z1, y1, x1))


def _zyx(values: list[int]) -> Shape:
    z, y, x = values
    return (z, y, x)
