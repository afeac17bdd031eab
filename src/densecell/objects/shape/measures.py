"""Surfaces of objects, and their distances to the membrane of their cell.

Objects are drawn in their own bounding boxes, so that blocks do not matter. One that is
too large for memory is drawn on every second voxel along an axis, or fewer.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Spacing, per_axis
from densecell.objects.blocks.object_runs import HasRuns, Item
from densecell.objects.depth import depth_nm
from densecell.objects.runs.drawing import Frame, ObjectRuns, draw, frame_around
from densecell.objects.shape.feret import largest_distance
from densecell.surfaces import ObjectMask, surfaces_of

MOST_DRAWN = 2_000_000  # voxels of one object that a surface is drawn around
MOST_INSIDE = 16_000_000  # voxels of one cell that distances are measured in


class Surfaces(NamedTuple):
    """Measures of smooth meshes around objects; not a number where there is none."""

    area_um2: NDArray[np.float64]
    reliable: NDArray[np.bool_]  # whether an object is thick enough for its voxels
    sphericity: NDArray[np.float64]  # surface of an equally large ball over the mesh's
    feret_nm: NDArray[np.float64]  # largest distance of two points of the mesh


def areas_of(blocks: HasRuns, items: Sequence[Item], spacing_nm: Spacing) -> Surfaces:
    """Measure the surfaces of objects by smooth meshes around them.

    Where the volume ends, an object does: the cut is part of its surface. The steps of
    a large object may miss it.
    """
    # A voxel more: blurred, thin objects reach far beyond their boxes.
    frames = [frame_around(item.box, MOST_DRAWN, margin=1) for item in items]
    masks = draw(frames, blocks.runs(items))
    um2, um3, feret_nm = np.full((3, len(items)), math.nan)
    reliable = np.zeros(len(items), bool)
    seen = [n for n, mask in enumerate(masks) if mask.any()]
    solids = [ObjectMask(masks[n], _pixel(frames[n], spacing_nm)) for n in seen]
    for n, found in zip(seen, surfaces_of(solids), strict=True):
        um2[n], um3[n] = found.area_um2, found.volume_um3
        reliable[n] = found.surface.reliable
        feret_nm[n] = largest_distance(found.surface.vertices_nm)
    with np.errstate(divide="ignore", invalid="ignore"):
        sphericity = np.cbrt(36 * math.pi * um3**2) / um2
    return Surfaces(um2, reliable, sphericity, feret_nm)


def membrane_distances_nm(
    blocks: HasRuns,
    cell: Item,
    items: Sequence[Item],
    *,
    shape: Shape,
    spacing_nm: Spacing,
) -> NDArray[np.float64]:
    """Distance of objects to the membrane of their cell, (N,) in nm.

    From the middle of the nearest voxel to that of the nearest voxel outside the cell.
    0 where an object reaches out of the cell; not a number where the cell fills the
    whole volume and no membrane is seen.

    Parameters
    ----------
    cell, items
        The cell, and objects that lie in it.
    shape
        Shape of the volume. Its border is no membrane.
    spacing_nm
        Voxel size (z, y, x).

    Notes
    -----
    About 8 bytes for each voxel of the cell's box, which has at most 16 million.
    """
    frame = frame_around(cell.box, MOST_INSIDE, margin=1)
    # Outside the volume nobody knows whether there is a membrane.
    drawn = Box.whole(shape).coarsened(frame.steps)
    frame = frame._replace(box=frame.box.intersection(drawn))
    (inside,) = draw([frame], blocks.runs([cell]))
    depth = depth_nm(inside, _pixel(frame, spacing_nm))
    least = np.full(len(items), np.inf, np.float32)
    for found in blocks.runs(items):
        _lower(least, depth, found, frame, shape)
    least[~np.isfinite(least)] = np.nan
    return least.astype(np.float64)


def _lower(
    least: NDArray[np.float32],
    depth: NDArray[np.float32],
    found: ObjectRuns,
    frame: Frame,
    shape: Shape,
) -> None:
    """Lower the least depth of each object to that under its runs."""
    depths, rows, width = depth.shape

    def place(voxels: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
        """Nearest voxel that was drawn: the volume's last may have none."""
        step = frame.steps[axis]
        nearest = (voxels + step // 2) // step
        drawn = (shape[axis] - 1) // step
        return np.minimum(nearest, drawn) - frame.box.start[axis]

    z, y = place(found.z, 0), place(found.y, 1)
    first, last = place(found.x, 2), place(found.x + found.length - 1, 2)
    known = (z >= 0) & (z < depths) & (y >= 0) & (y < rows)
    known &= (first >= 0) & (last < width)
    least[found.which[~known]] = 0
    row = (z[known] * rows + y[known]) * width
    begin, end = row + first[known], row + last[known] + 1
    if not len(begin):
        return
    order = np.argsort(begin, kind="stable")
    ahead = np.stack([begin[order], end[order]], axis=1).ravel()  # and what is between
    flat = depth.ravel()
    under = np.minimum.reduceat(flat, ahead[:-1] if ahead[-1] == flat.size else ahead)
    np.minimum.at(least, found.which[known][order], under[::2])


def _pixel(frame: Frame, spacing_nm: Spacing) -> tuple[float, float, float]:
    return per_axis(lambda size, step: size * step, spacing_nm, frame.steps)
