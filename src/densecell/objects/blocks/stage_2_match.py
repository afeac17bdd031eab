"""Second stage: which objects of a block are one with those of its neighbours."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape
from densecell.objects.blocks.block_file import load_arrays, save_arrays
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.joining import Pairs, join_plane, mutual_matches
from densecell.objects.blocks.provisional import Told, blocks_in
from densecell.objects.cut.cut_block import Seen
from densecell.objects.ids import joint_keys
from densecell.objects.layers import Layer


def join_objects(job: Job, number: int) -> None:
    """Find which objects of a block are one with those before it."""
    told = lru_cache(maxsize=None)(partial(Told, job))
    found: dict[str, list[Pairs]] = {name: [] for name in job.layers}
    none = np.zeros((0, 2), np.uint64)
    for axis, other in _before(job, number):
        before, behind = (
            _planes_of(job, told, box) for box in _planes(job, number, axis)
        )
        for name, layer in job.layers.items():
            found[name].append(_across(layer, before[name], behind[name], axis))
            found[name].append(Pairs(_matches(job, name, layer, other, number), none))
    arrays: dict[str, NDArray[Any]] = {}
    for name, pairs in found.items():
        arrays[f"{name}.same"] = np.concatenate([none, *(p.same for p in pairs)])
        arrays[f"{name}.around"] = np.concatenate([none, *(p.around for p in pairs)])
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


class Plane(NamedTuple):
    """Ids of one layer in a plane."""

    ids: NDArray[np.uint64]  # block << 32 | local id, 0 for none
    group: NDArray[np.uint8]


def _across(layer: Layer, before: Plane, behind: Plane, axis: int) -> Pairs:
    """Join a layer across the near face of a block."""
    split = {n for n, g in enumerate(layer.groups, 1) if g.split is not None}
    return join_plane(
        before.ids.squeeze(axis),
        behind.ids.squeeze(axis),
        before.group.squeeze(axis),
        behind.group.squeeze(axis),
        split=frozenset(split),
    )


def _planes_of(job: Job, told: Callable[[int], Told], box: Box) -> dict[str, Plane]:
    """Give ids and groups of every layer in a box; 0 outside the volume."""
    planes = {
        name: Plane(np.zeros(box.shape, np.uint64), np.zeros(box.shape, np.uint8))
        for name in job.layers
    }
    inside = box.clipped(job.record.shape)
    for number in blocks_in(job, inside):
        block = told(number)
        part = inside.intersection(block.core)
        where = part.relative_to(box.start).slices
        for name, plane in planes.items():
            local = block.ids(name)
            ids = joint_keys(np.full(len(local), number), local)
            ids[local == 0] = 0
            plane.ids[where] = block.read(ids, part)
            plane.group[where] = block.read(block.group(name), part)
    return planes


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


def _planes(job: Job, number: int, axis: int) -> tuple[Box, Box]:
    """Give the plane in front of a block, one voxel wider, and the block's first."""
    core = job.record.blocks[number]
    start, stop = list(core.start), list(core.stop)
    stop[axis] = start[axis] + 1
    behind = Box(_zyx(start), _zyx(stop))
    wide = [0 if a == axis else 1 for a in range(3)]
    back = [-1 if a == axis else 0 for a in range(3)]
    return behind.shifted(_zyx(back)).grown(_zyx(wide)), behind


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
