"""What needs the voxels of one object at a time: its surface, its distance to others.

Objects are looked at one by one in their own bounding boxes, so that blocks do not
matter. One that is too large for memory is looked at on every second voxel along an
axis, or fewer.
"""

import math
from typing import NamedTuple

import edt
import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Spacing
from densecell.surfaces import surface_of
from densecell.volume import Volume

MOST = 2_000_000  # voxels of one object that are looked at


class View(NamedTuple):
    """A box of a volume, on every n-th voxel."""

    box: Box  # begins at a multiple of the steps; may reach outside
    steps: Shape
    values: NDArray[np.unsignedinteger]


class Area(NamedTuple):
    """The surface of an object."""

    um2: float
    reliable: bool  # thick enough for its voxels


def area_of(objects: Volume, number: int, box: Box, spacing_nm: Spacing) -> Area:
    """Measure the surface of an object by a smooth mesh around it.

    Where the volume ends, the object does: the cut is part of its surface.

    Parameters
    ----------
    objects
        Ids.
    number
        Of the object.
    box
        Its bounding box.
    """
    view = _view(objects, box, _steps(box.shape, MOST))
    mask = view.values == number
    if not mask.any():  # so thin that the steps miss it
        return Area(math.nan, False)
    z, y, x = (s * n for s, n in zip(spacing_nm, view.steps, strict=True))
    surface = surface_of(mask, spacing_nm=(z, y, x))
    return Area(surface.area_um2, surface.reliable)


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
        Voxel size (z, y, x); fine axes are looked at in steps about as long as the
        coarsest, which is how far distances are resolved. The volume's border is no
        membrane.
    """

    def __init__(
        self, cells: Volume, number: int, box: Box, spacing_nm: Spacing
    ) -> None:
        coarsest = max(spacing_nm)
        z, y, x = (2 ** int(math.log2(coarsest / s) + 1e-9) for s in spacing_nm)
        steps = _steps(box.shape, MOST, least=(z, y, x))
        self._view = _view(cells, box, steps)
        pixel = [s * n for s, n in zip(spacing_nm, steps, strict=True)]
        inside = self._view.values == number
        self._depth = edt.edt(inside, anisotropy=pixel, black_border=False, parallel=1)

    def least_nm(self, objects: Volume, number: int, box: Box) -> float:
        """Give the distance of the nearest voxel of an object to the membrane, in nm.

        0 where the object reaches out of the cell; not a number where the cell fills
        the whole volume and no membrane is seen.
        """
        view = _view(objects, box, _steps(box.shape, MOST))
        places = np.argwhere(view.values == number) * view.steps + view.box.start
        z, y, x = ((places - self._view.box.start) // self._view.steps).T
        shape = self._depth.shape
        known = (z >= 0) & (y >= 0) & (x >= 0)
        known &= (z < shape[0]) & (y < shape[1]) & (x < shape[2])
        if not known.all():
            return 0.0
        least = float(self._depth[z, y, x].min()) if len(places) else math.nan
        return least if math.isfinite(least) else math.nan


def _steps(shape: Shape, most: int, least: Shape = (1, 1, 1)) -> Shape:
    """Double the steps along the longest axis until few enough voxels are left."""
    steps = list(least)
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
    for z in range(z0, z1, depth):  # slab by slab: the fine voxels are never all there
        slab = Box((z, y0, x0), (min(z + depth, z1), y1, x1))
        inside = slab.clipped(volume.shape)
        if not inside.voxels:
            continue
        fine = np.zeros(slab.shape, volume.dtype)
        fine[inside.relative_to(slab.start).slices] = volume.read(inside)
        part = fine[:: steps[0], :: steps[1], :: steps[2]]
        first = (z - z0) // steps[0]
        values[first : first + len(part)] = part
    return View(wide, steps, values)
