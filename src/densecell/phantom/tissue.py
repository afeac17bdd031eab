"""A tissue in the making: its truth, its stain, and which room is still free."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.geometry import Box
from densecell.phantom.cells import Cells
from densecell.phantom.grid import Floats, Grid, Offsets
from densecell.phantom.shapes import Body, Vector

_TAKEN = -1
_BATCH = 256
_EMPTY_BATCHES = 20
_OUTSIDE_NM = 10.0  # inner parts stay off their thing's outermost voxels


class Spot(NamedTuple):
    """The voxels around a body, and how far each is from the body's surface."""

    grid: Grid
    stain: Floats
    distance_nm: Floats
    offsets: Offsets


Paint = Callable[[Spot, np.random.Generator], Floats]


class Part(NamedTuple):
    """One body, how it is painted, and its class if it has one of its own."""

    body: Body
    paint: Paint
    class_id: int | None = None


class Thing(NamedTuple):
    """What is put into a tissue as one; the first part holds the others."""

    parts: tuple[Part, ...]
    clearance_nm: float = 25.0


@dataclass(frozen=True)
class Tissue:
    """Arrays (Z, Y, X) that are filled thing by thing, in place.

    `room` holds the cell id where nothing lies yet, 0 in free resin, -1 elsewhere.
    """

    grid: Grid
    cells: Cells
    stain: Floats
    classes: NDArray[np.uint8]
    organelles: NDArray[np.uint32]
    room: NDArray[np.int32]

    @classmethod
    def of(cls, grid: Grid, cells: Cells, stain: Floats) -> "Tissue":
        """Begin with cells that have no organelles."""
        return cls(
            grid=grid,
            cells=cells,
            stain=stain,
            classes=(cells.ids > 0).astype(np.uint8),
            organelles=np.zeros(grid.shape, np.uint32),
            room=cells.ids.astype(np.int32),
        )

    def sites(self, depth_nm: float, rng: np.random.Generator) -> Iterator[Vector]:
        """Draw free points this deep inside cells; below 0, this far off all cells.

        Ends when many draws in a row find none.
        """
        depth, room = self.cells.depth_nm.ravel(), self.room.ravel()
        spacing = np.asarray(self.grid.spacing_nm)
        empty = 0
        while empty < _EMPTY_BATCHES:
            flat = rng.integers(0, self.grid.voxels, _BATCH)
            jitter = rng.uniform(0, 1, (_BATCH, 3))
            deep = depth[flat] * np.sign(depth_nm) >= abs(depth_nm)
            usable = np.flatnonzero(deep & (room[flat] != _TAKEN))
            empty = 0 if usable.size else empty + 1
            for n in usable:
                if room[flat[n]] != _TAKEN:  # again: earlier sites take room
                    voxel = np.array(np.unravel_index(flat[n], self.grid.shape))
                    yield (voxel + jitter[n]) * spacing

    def add(
        self, thing: Thing, at_nm: Vector, *, number: int, rng: np.random.Generator
    ) -> int:
        """Put a thing where it fits; if it has a class, it is organelle `number`.

        Returns
        -------
        Voxels inside the thing; 0 if it has no room here.
        """
        box = self.grid.box_around(
            at_nm, thing.parts[0].body.reach_nm + thing.clearance_nm
        )
        if not box.voxels or not self._may_fit(thing.parts[0].body, at_nm):
            return 0
        offsets = self.grid.offsets(box, at_nm)
        distance = thing.parts[0].body.distance_nm(offsets)
        near, inside = distance < thing.clearance_nm, distance < 0
        if not inside.any() or not self._is_free(box, near):
            return 0
        if thing.parts[0].class_id is not None:
            self.organelles[box.slices][inside] = number
        self.room[box.slices][near] = _TAKEN
        self._paint(thing.parts[0], box, offsets, distance, rng)
        around = ~ndimage.binary_erosion(inside, border_value=1)  # and the outermost
        for part in thing.parts[1:]:
            inner = part.body.distance_nm(offsets)
            inner[around] = np.maximum(inner[around], _OUTSIDE_NM)
            self._paint(part, box, offsets, inner, rng)
        return int(np.count_nonzero(inside))

    def _may_fit(self, body: Body, at_nm: Vector) -> bool:
        """Look at a few points only: most misfits show at once."""
        points = (at_nm + body.landmarks_nm) / np.asarray(self.grid.spacing_nm)
        voxels = np.floor(points).astype(int)
        within = ((voxels >= 0) & (voxels < self.grid.shape)).all(axis=1)
        room = self.room[tuple(voxels[within].T)]
        return bool(room.size and room[0] != _TAKEN and (room == room[0]).all())

    def _is_free(self, box: Box, near: NDArray[np.bool_]) -> bool:
        room = self.room[box.slices][near]
        return bool(room[0] != _TAKEN and (room == room[0]).all())

    def _paint(
        self,
        part: Part,
        box: Box,
        offsets: Offsets,
        distance_nm: Floats,
        rng: np.random.Generator,
    ) -> None:
        at = box.slices
        local = Grid(box.shape, self.grid.spacing_nm)
        spot = Spot(local, self.stain[at], distance_nm, offsets)
        self.stain[at] = part.paint(spot, rng)
        if part.class_id is not None:
            self.classes[at][distance_nm < 0] = part.class_id
