"""Tiles of sparse labels, at any level of the image's pyramid."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, per_axis
from densecell.session.picture import tile_box
from densecell.session.plane import NORMAL, SlicePlane
from densecell.session.sparse import SparseLabels


def label_tile(
    labels: SparseLabels,
    plane: SlicePlane,
    level: tuple[Shape, Shape],
    row: int,
    column: int,
) -> NDArray[Any] | None:
    """Labels of a tile; None where there is no paint.

    A voxel of a coarse level shows paint if any voxel under it in the slice has some,
    so that thin strokes stay visible.

    Parameters
    ----------
    level
        Shape of the level, and voxels of level 0 in one of its voxels.
    """
    shape, factors = level
    coarse = tile_box(plane, shape, factors, row, column)
    if coarse is None:
        return None
    normal = NORMAL[plane.axis]
    fine = coarse.refined(factors).clipped(labels.shape)
    start, stop = list(fine.start), list(fine.stop)
    start[normal], stop[normal] = plane.at, plane.at + 1
    box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    if not labels.holds_paint(box):
        return None
    found = labels.read(box)
    steps = per_axis(lambda f, n: 1 if n == normal else f, factors, (0, 1, 2))
    small = _shrunk(found, steps, labels.nothing, coarse.shape)
    return None if (small == labels.nothing).all() else plane.flat(small)


def _shrunk(
    found: NDArray[Any], steps: Shape, nothing: int, shape: Shape
) -> NDArray[Any]:
    """Lowest (or highest, if 0 is nothing) label of each block."""
    if steps == (1, 1, 1):
        return found
    padding = [
        (0, n * s - size) for n, s, size in zip(shape, steps, found.shape, strict=True)
    ]
    padded = np.pad(found, padding, constant_values=nothing)
    blocks = padded.reshape(  # (Z, z, Y, y, X, x)
        shape[0], steps[0], shape[1], steps[1], shape[2], steps[2]
    )
    return blocks.max((1, 3, 5)) if nothing == 0 else blocks.min((1, 3, 5))
