"""A tissue that is filled with structures: its truth, its stain, and the free room."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.geometry import Box
from densecell.phantom.cells import PackedCells
from densecell.phantom.lattice import Floats, Lattice, Offsets
from densecell.phantom.shapes import Body, Vector
from densecell.phantom.structure import (
    Neighbourhood,
    PaintedBody,
    Recipe,
    Structure,
)

_TAKEN = -1
_BATCH = 256  # points drawn at once
_EMPTY_BATCHES = 20  # batches without a free point, after which there is no room
_MISFITS = 4000  # structures in a row that do not fit, after which a kind is full
_OUTSIDE_NM = 10.0  # distance of inner bodies on the outermost voxels of a structure


@dataclass(frozen=True)
class Tissue:
    """Arrays (Z, Y, X) that are filled in place, one structure after another.

    `room` is free in cells (their id) and in resin (0), and taken elsewhere (-1).
    """

    lattice: Lattice
    cells: PackedCells
    stain: Floats
    classes: NDArray[np.uint8]
    organelles: NDArray[np.uint32]
    room: NDArray[np.int32]

    @classmethod
    def of(cls, lattice: Lattice, cells: PackedCells, stain: Floats) -> "Tissue":
        """Tissue of cells without organelles."""
        return cls(
            lattice=lattice,
            cells=cells,
            stain=stain,
            classes=(cells.ids > 0).astype(np.uint8),
            organelles=np.zeros(lattice.shape, np.uint32),
            room=cells.ids.astype(np.int32),
        )

    def sites(self, depth_nm: float, rng: np.random.Generator) -> Iterator[Vector]:
        """Draw free points at least `depth_nm` inside cells; below 0, outside cells.

        Ends when many draws in a row find none.
        """
        depth, room = self.cells.depth_nm.ravel(), self.room.ravel()
        spacing = np.asarray(self.lattice.spacing_nm)
        empty = 0
        while empty < _EMPTY_BATCHES:
            flat = rng.integers(0, self.lattice.voxels, _BATCH)
            jitter = rng.uniform(0, 1, (_BATCH, 3))
            deep = depth[flat] * np.sign(depth_nm) >= abs(depth_nm)
            usable = np.flatnonzero(deep & (room[flat] != _TAKEN))
            empty = 0 if usable.size else empty + 1
            for n in usable:
                if room[flat[n]] != _TAKEN:  # unless an earlier site took it
                    voxel = np.array(np.unravel_index(flat[n], self.lattice.shape))
                    yield (voxel + jitter[n]) * spacing

    def add(
        self,
        structure: Structure,
        at_nm: Vector,
        *,
        number: int,
        rng: np.random.Generator,
    ) -> int:
        """Add a structure where it fits, as organelle `number` if it has a class.

        Returns
        -------
        Voxels inside the structure; 0 if it has no room here.
        """
        outer = structure.outer
        if not self._may_fit(outer.body, at_nm):
            return 0
        box = self.lattice.box_around(
            at_nm, outer.body.reach_nm + structure.clearance_nm
        )
        if not box.voxels:
            return 0
        offsets = self.lattice.offsets(box, at_nm)
        distance = outer.body.distance_nm(offsets)
        near, inside = distance < structure.clearance_nm, distance < 0
        if not inside.any() or not self._is_free(box, near):
            return 0
        if outer.class_id is not None:
            self.organelles[box.slices][inside] = number
        self.room[box.slices][near] = _TAKEN
        self._paint(outer, box, offsets, distance, rng)
        border = ~ndimage.binary_erosion(inside, border_value=1)  # and outside
        for painted in structure.bodies[1:]:
            inner = painted.body.distance_nm(offsets)
            inner[border] = np.maximum(inner[border], _OUTSIDE_NM)
            self._paint(painted, box, offsets, inner, rng)
        return int(np.count_nonzero(inside))

    def _may_fit(self, body: Body, at_nm: Vector) -> bool:
        """Whether a few points of a body have room: most misfits fail here."""
        points = (at_nm + body.landmarks_nm) / np.asarray(self.lattice.spacing_nm)
        depth, height, width = self.lattice.shape
        first: int | None = None
        for z, y, x in np.floor(points).astype(int).tolist():
            if 0 <= z < depth and 0 <= y < height and 0 <= x < width:
                room = self.room.item(z, y, x)
                first = room if first is None else first
                if room == _TAKEN or room != first:
                    return False
        return first is not None

    def _is_free(self, box: Box, near: NDArray[np.bool_]) -> bool:
        room = self.room[box.slices][near]
        return bool(room[0] != _TAKEN and (room == room[0]).all())

    def _paint(
        self,
        painted: PaintedBody,
        box: Box,
        offsets: Offsets,
        distance_nm: Floats,
        rng: np.random.Generator,
    ) -> None:
        at = box.slices
        local = Lattice(box.shape, self.lattice.spacing_nm)
        around = Neighbourhood(local, self.stain[at], distance_nm, offsets)
        self.stain[at] = painted.paint(around, rng)
        if painted.class_id is not None:
            self.classes[at][distance_nm < 0] = painted.class_id


def fill(tissue: Tissue, recipes: Iterable[Recipe], rng: np.random.Generator) -> None:
    """Add structures of each kind, one kind after another, where there is room.

    A kind ends when it fills its share or no place is found. Every kind gets at least
    one try, so that a small volume has some of each. Organelles are numbered from 1.
    """
    number = 1
    for recipe in recipes:
        number = _fill_kind(tissue, recipe, number, rng.spawn(1)[0])


def _fill_kind(
    tissue: Tissue, recipe: Recipe, number: int, rng: np.random.Generator
) -> int:
    """Add one kind; return the next free organelle number."""
    wanted = recipe.share * tissue.lattice.voxels
    voxels = last = misfits = 0
    for at_nm in tissue.sites(recipe.depth_nm, rng):
        # Half of the last one is counted, so that the share is right on average.
        if voxels + last / 2 >= wanted or misfits >= _MISFITS:
            break
        added = tissue.add(recipe.draw(rng), at_nm, number=number, rng=rng)
        misfits = 0 if added else misfits + 1
        if added:
            voxels, last, number = voxels + added, added, number + 1
    return number
