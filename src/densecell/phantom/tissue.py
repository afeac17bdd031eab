"""A tissue in the making: its truth, its stain, and which room is still free."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.phantom.cells import Cells
from densecell.phantom.grid import Floats, Grid, Offsets
from densecell.phantom.shapes import Body, Vector

_TAKEN = -1
_BATCH = 256


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

    def sites(
        self, depth_nm: float, rng: np.random.Generator, *, tries: int
    ) -> Iterator[Vector]:
        """Draw free points this deep inside cells; below 0, this far off all cells."""
        depth, room = self.cells.depth_nm.ravel(), self.room.ravel()
        spacing = np.asarray(self.grid.spacing_nm)
        for start in range(0, tries, _BATCH):
            flat = rng.integers(0, self.grid.voxels, min(_BATCH, tries - start))
            jitter = rng.uniform(0, 1, (len(flat), 3))
            deep = depth[flat] * np.sign(depth_nm) >= abs(depth_nm)
            for n in np.flatnonzero(deep):
                if room[flat[n]] != _TAKEN:  # asked late: earlier sites take room
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
        if not box.voxels:
            return 0
        offsets = self.grid.offsets(box, at_nm)
        distance = thing.parts[0].body.distance_nm(offsets)
        near, inside = distance < thing.clearance_nm, distance < 0
        if not inside.any() or not self._is_free(box, near):
            return 0
        if thing.parts[0].class_id is not None:
            self.organelles[box.slices][inside] = number
        self.room[box.slices][near] = _TAKEN
        for part in thing.parts:
            self._paint(part, box, offsets, rng)
        return int(np.count_nonzero(inside))

    def _is_free(self, box: Box, near: NDArray[np.bool_]) -> bool:
        room = self.room[box.slices][near]
        return bool(room[0] != _TAKEN and (room == room[0]).all())

    def _paint(
        self, part: Part, box: Box, offsets: Offsets, rng: np.random.Generator
    ) -> None:
        at = box.slices
        distance = part.body.distance_nm(offsets)
        local = Grid(box.shape, self.grid.spacing_nm)
        self.stain[at] = part.paint(Spot(local, self.stain[at], distance, offsets), rng)
        if part.class_id is not None:
            self.classes[at][distance < 0] = part.class_id
