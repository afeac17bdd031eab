"""What needs the voxels of one object at a time: its surface, its distance to others.

Objects are looked at one by one in their own bounding boxes, so that blocks do not
matter. One that is too large for memory is looked at on every second voxel along an
axis, or fewer.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import edt
import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Spacing
from densecell.surfaces import Solid, surfaces_of
from densecell.volume import Volume

MOST = 2_000_000  # voxels of one object that a surface is drawn around
MOST_INSIDE = 16_000_000  # voxels of one cell that distances are measured in


class View(NamedTuple):
    """A box of a volume, on every n-th voxel."""

    box: Box  # begins at a multiple of the steps; may reach outside
    steps: Shape
    values: NDArray[np.unsignedinteger]


class Area(NamedTuple):
    """The surface of an object."""

    um2: float
    reliable: bool  # thick enough for its voxels


def view_of(objects: Volume, box: Box) -> View:
    """Read the surroundings of an object, once for all that is asked of it.

    Parameters
    ----------
    objects
        Ids.
    box
        The object's bounding box.
    """
    return _view(objects, box, _steps(box.shape, MOST))


def solid_of(view: View, number: int, spacing_nm: Spacing) -> Solid:
    """Give the voxels of an object; none where the steps of the view miss it."""
    z, y, x = (s * n for s, n in zip(spacing_nm, view.steps, strict=True))
    return Solid(view.values == number, (z, y, x))


def areas_of(solids: Sequence[Solid]) -> list[Area]:
    """Measure the surfaces of objects by smooth meshes around them.

    Where the volume ends, an object does: the cut is part of its surface.
    """
    areas = [Area(math.nan, False)] * len(solids)
    seen = [n for n, solid in enumerate(solids) if solid.mask.any()]
    for n, found in zip(seen, surfaces_of([solids[n] for n in seen]), strict=True):
        areas[n] = Area(found.area_um2, found.surface.reliable)
    return areas


class Inside:
    """How deep the places of a cell lie below its membrane.

    Parameters
    ----------
    cells
        Ids.
    number
        Of the cell.
    box
        Its bounding box.
    spacing_nm
        Voxel size (z, y, x). The volume's border is no membrane.
    """

    def __init__(
        self, cells: Volume, number: int, box: Box, spacing_nm: Spacing
    ) -> None:
        view = _view(cells, box, _steps(box.shape, MOST_INSIDE))
        part = [  # outside the volume nobody knows whether there is a membrane
            slice(max(0, -a // n), max(0, -a // n) + -(-(size - max(0, a)) // n))
            for a, n, size in zip(view.box.start, view.steps, cells.shape, strict=True)
        ]
        self._steps = np.array(view.steps)
        self._start = np.array(view.box.start) + self._steps * [p.start for p in part]
        inside = np.ascontiguousarray(view.values[tuple(part)] == number)
        pixel = tuple(s * n for s, n in zip(spacing_nm, view.steps, strict=True))
        self._depth = edt.edt(inside, anisotropy=pixel, black_border=False, parallel=1)

    def least_nm(self, view: View, number: int) -> float:
        """Give the distance of an object to the membrane, in nm.

        From the middle of its nearest voxel to that of the nearest voxel outside the
        cell. 0 where the object reaches out of the cell; not a number where the cell
        fills the whole volume and no membrane is seen.
        """
        places = np.argwhere(view.values == number) * view.steps + view.box.start
        z, y, x = ((places - self._start + self._steps // 2) // self._steps).T
        shape = self._depth.shape
        known = (z >= 0) & (y >= 0) & (x >= 0)
        known &= (z < shape[0]) & (y < shape[1]) & (x < shape[2])
        if not known.all():
            return 0.0
        least = float(self._depth[z, y, x].min()) if len(places) else math.nan
        return least if math.isfinite(least) else math.nan


def _steps(shape: Shape, most: int) -> Shape:
    """Double the steps along the longest axis until few enough voxels are left."""
    steps = [1, 1, 1]
    while True:
        sizes = [-(-n // s) for n, s in zip(shape, steps, strict=True)]
        if math.prod(sizes) <= most:
            return (steps[0], steps[1], steps[2])
        steps[int(np.argmax(sizes))] *= 2


def _view(volume: Volume, box: Box, steps: Shape) -> View:
    """Read a box and one voxel of these steps around it; outside the volume is 0."""
    start = [(a // s - 1) * s for a, s in zip(box.start, steps, strict=True)]
    stop = [(-(-b // s) + 1) * s for b, s in zip(box.stop, steps, strict=True)]
    (z0, y0, x0), (z1, y1, x1) = start, stop
    wide = Box((z0, y0, x0), (z1, y1, x1))
    sizes = [n // s for n, s in zip(wide.shape, steps, strict=True)]
    values = np.zeros(sizes, volume.dtype)
    depth = steps[0] * max(1, 16 // steps[0])
    # Slab by slab: the fine voxels are never all there; a chunk is in one slab only.
    edges = [z0, *range((z0 // depth + 1) * depth, z1, depth), z1]
    for z, end in pairwise(edges):
        slab = Box((z, y0, x0), (end, y1, x1))
        inside = slab.clipped(volume.shape)
        if not inside.voxels:
            continue
        fine = np.zeros(slab.shape, volume.dtype)
        fine[inside.relative_to(slab.start).slices] = volume.read(inside)
        part = fine[:: steps[0], :: steps[1], :: steps[2]]
        first = (z - z0) // steps[0]
        values[first : first + len(part)] = part
    return View(wide, steps, values)
