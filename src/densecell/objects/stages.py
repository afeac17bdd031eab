"""The stages of a measurement, block by block: each leaves a file that marks its end.

::

    labels -> number -> provisional ids, sums    of one block, numbered for itself
              join   -> pairs                    across the faces of neighbours
              (resolve: which are one, what is dropped, final ids: see `resolve`)
              write  -> labels/cells, labels/organelles
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.config import write_text
from densecell.geometry import Box, Shape
from densecell.objects.contacts import contact_faces
from densecell.objects.joining import Pairs, join_plane, mutual_matches, surroundings
from densecell.objects.keys import joint_keys, unjoint
from densecell.objects.labelling import Numbered, Seen, number_block
from densecell.objects.layers import CELLS, LAYERS, Layer
from densecell.objects.npz import load_arrays, save_arrays
from densecell.objects.record import Record
from densecell.objects.runs import Runs, runs_of
from densecell.objects.source import STORE
from densecell.objects.sums import sum_objects
from densecell.volume import OmeZarrVolume, Volume, open_ome_zarr, open_volume

FOLDER = "blocks/measure"
ENSEMBLE = "ensemble"
HOST = {"organelles": "cells", "parts": "organelles"}  # the layer that each lies in


class Job:
    """The blocks of one labelling: the ensemble's, or a member's.

    Parameters
    ----------
    out
        Folder of the result.
    record
        Its `objects.yaml`.
    name
        `ensemble`, or a member; a member is also held against the ensemble's cells.
    """

    def __init__(self, out: Path, record: Record, name: str = ENSEMBLE) -> None:
        self.out, self.record, self.name = out, record, name
        self.folder = out / FOLDER / name
        self.layers = {layer.name: layer for layer in record.layers}

    @cached_property
    def labels(self) -> Volume:
        """Class ids."""
        record = self.record
        path = record.members.get(self.name, record.labels)
        return open_volume(self.out / path, labels=True, spacing_nm=record.spacing)

    @cached_property
    def confidence(self) -> Volume | None:
        """Bytes, of the ensemble only."""
        path = self.record.confidence
        if path is None or self.name != ENSEMBLE:
            return None
        return open_volume(self.out / path)

    @cached_property
    def reference(self) -> Volume | None:
        """Final cells of the ensemble, for members."""
        if self.name == ENSEMBLE or CELLS not in self.layers:
            return None
        return open_volume(objects_path(self.out, CELLS), labels=True)

    @cached_property
    def provisional(self) -> dict[str, OmeZarrVolume]:
        """Ids of each block for itself."""
        return {
            name: open_ome_zarr(self.provisional_path(name), writable=True)
            for name in self.layers
        }

    @cached_property
    def final(self) -> dict[str, OmeZarrVolume]:
        """Where final ids go."""
        return {
            name: open_ome_zarr(objects_path(self.out, name), writable=True)
            for name in self.layers
        }

    def provisional_path(self, layer: str) -> Path:
        """Give the array of a layer's provisional ids."""
        return self.folder / f"{layer}.zarr"

    def mark(self, stage: str, number: int) -> Path:
        """Give the file that a finished block has."""
        suffix = "json" if stage == "write" else "npz"
        return self.folder / stage / f"{number:06d}.{suffix}"

    def number(self, number: int) -> None:
        """Number the objects of a block and sum over them."""
        record = self.record
        core = record.blocks[number]
        wide = core.grown((1, 1, 1)).clipped(record.shape)
        wide = Box(core.start, wide.stop)  # one voxel further at the far faces
        around = self.labels.read(wide)
        record.classes.check(around, where=str(self.labels.path))
        around = around.astype(np.uint8, copy=False)
        classes = np.ascontiguousarray(around[Box.whole(core.shape).slices])
        found = {
            name: number_block(
                self._read,
                core,
                layer,
                shape=record.shape,
                spacing_nm=record.spacing,
                config=record.objects,
            )
            for name, layer in self.layers.items()
        }
        arrays = self._sums(core, classes, found)
        channels = record.classes.to_channels(around)
        arrays["voxels"] = np.bincount(
            record.classes.to_channels(classes).ravel(), minlength=256
        )
        arrays["contacts"] = contact_faces(channels, core.shape, len(record.classes))
        for name, numbered in found.items():
            self.provisional[name].write(core, numbered.ids)
            arrays |= _as_arrays(name, numbered)
        save_arrays(self.mark("number", number), arrays)

    def _read(self, box: Box) -> NDArray[np.uint8]:
        return self.labels.read(box).astype(np.uint8, copy=False)

    def _sums(
        self, core: Box, classes: NDArray[np.uint8], found: dict[str, Numbered]
    ) -> dict[str, NDArray[Any]]:
        """Sum over the objects of a block, and over what overlaps."""
        record = self.record
        ids = {name: numbered.ids for name, numbered in found.items()}
        cells = None if self.reference is None else self.reference.read(core)
        runs = runs_of([*ids.values(), classes, *([] if cells is None else [cells])])
        sure = None
        if self.confidence is not None:
            sure = runs.sums(self.confidence.read(core))
        channels = record.classes.to_channels(runs.of(classes))
        at = {name: runs.of(array) for name, array in ids.items()}
        arrays: dict[str, NDArray[Any]] = {}
        for name, numbered in found.items():
            sums = sum_objects(
                runs,
                at[name],
                count=numbered.count,
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

    def join(self, number: int) -> None:
        """Find which objects of a block are one with those before it."""
        arrays: dict[str, NDArray[Any]] = {}
        for name, layer in self.layers.items():
            pairs = [Pairs(np.zeros((0, 2), "u8"), np.zeros((0, 2), "u8"))]
            for axis, other in self._before(number):
                pairs.append(self._across(name, layer, number, axis))
                pairs.append(Pairs(self._matches(name, layer, other, number), pairs[0][0]))
            arrays[f"{name}.same"] = np.concatenate([p.same for p in pairs])
            arrays[f"{name}.around"] = np.concatenate([p.around for p in pairs])
        save_arrays(self.mark("join", number), arrays)

    def _before(self, number: int) -> list[tuple[int, int]]:
        """List the neighbours in front of a block: (axis, number)."""
        place = np.unravel_index(number, self.record.grid)
        found = []
        for axis in range(3):
            if place[axis] > 0:
                step = [int(n) - (a == axis) for a, n in enumerate(place)]
                found.append((axis, int(np.ravel_multi_index(step, self.record.grid))))
        return found

    def _across(self, name: str, layer: Layer, number: int, axis: int) -> Pairs:
        """Join a layer across the near face of a block."""
        core = self.record.blocks[number]
        before, behind = _planes(core, axis)
        ids, groups = self._provisional_ids(name, before)
        other_ids, other_groups = self._provisional_ids(name, behind)
        split = {n for n, g in enumerate(layer.groups, 1) if g.split is not None}
        return join_plane(
            ids.squeeze(axis),
            other_ids.squeeze(axis),
            groups.squeeze(axis),
            other_groups.squeeze(axis),
            split=frozenset(split),
        )

    def _provisional_ids(
        self, name: str, box: Box
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """Give ids of a box as block << 32 | local, and groups; 0 outside."""
        inside = box.clipped(self.record.shape)
        local = self.provisional[name].read(inside)
        blocks = _block_numbers(inside, self.record.block, self.record.grid)
        groups = np.zeros(local.shape, np.uint8)
        for block in np.unique(blocks).tolist():
            table = load_arrays(self.mark("number", block), f"{name}.group")
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
        self, name: str, layer: Layer, before: int, number: int
    ) -> NDArray[np.uint64]:
        """Match split objects of two neighbours."""
        found = [np.zeros((0, 2), np.uint64)]
        for n, group in enumerate(layer.groups, 1):
            first, second = (self._seen(name, n, b) for b in (before, number))
            if group.split is None or first is None or second is None:
                continue
            shared = first.box.intersection(second.box)
            local = mutual_matches(first, second, _inner(shared, first, second))
            blocks = np.broadcast_to([before, number], local.shape)
            found.append(joint_keys(blocks, local))
        return np.concatenate(found)

    def _seen(self, name: str, group: int, block: int) -> Seen | None:
        key = f"{name}.seen{group}"
        arrays = load_arrays(self.mark("number", block), key, f"{key}.box")
        if key not in arrays:
            return None
        z0, y0, x0, z1, y1, x1, last = arrays[f"{key}.box"].tolist()
        return Seen(Box((z0, y0, x0), (z1, y1, x1)), arrays[key], last)

    def write(self, number: int) -> None:
        """Write the final ids of a block."""
        core = self.record.blocks[number]
        for name, volume in self.final.items():
            table = self.final_table(name, number)
            local = self.provisional[name].read(core)
            volume.write(core, table[local].astype(volume.dtype))
        write_text(self.mark("write", number), "")

    def final_table(self, name: str, number: int) -> NDArray[np.uint64]:
        """Give the final id by local id of a block."""
        offsets = np.load(self.folder / f"{name}_offsets.npy")
        table = np.load(self.folder / f"{name}_final.npy", mmap_mode="r")
        inside = table[offsets[number] : offsets[number + 1]]
        return np.concatenate([np.zeros(1, np.uint64), inside])


def objects_path(out: Path, layer: str) -> Path:
    """Give the place of the final ids of a layer."""
    assert layer in LAYERS
    return out / STORE / "labels" / layer


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
    runs: Runs, first: NDArray[np.generic], second: NDArray[np.generic]
) -> NDArray[np.int64]:
    """Count the voxels that two objects share: rows (first, second, voxels)."""
    known = first > 0
    keys, index = np.unique(
        joint_keys(first[known], second[known]), return_inverse=True
    )
    voxels = np.bincount(index, weights=runs.length[known], minlength=len(keys))
    return np.stack([*unjoint(keys), voxels.astype(np.int64)], axis=1)


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
