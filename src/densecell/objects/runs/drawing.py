"""Objects drawn as voxels again, from their runs, on every n-th voxel if need be.

::

    runs       1-4, 6-7     where one begins is +1, behind its end -1: summed up from
    marks      .+..-.+-     the left, all at once, they are the voxels
    voxels     .xxx..x.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, per_axis


class ObjectRuns(NamedTuple):
    """Runs of objects, in voxels of the volume."""

    which: NDArray[np.int64]  # (R,) index of the object among those asked for
    z: NDArray[np.int64]
    y: NDArray[np.int64]
    x: NDArray[np.int64]  # of the first voxel
    length: NDArray[np.int64]


class Frame(NamedTuple):
    """A box of a volume, on every n-th voxel."""

    box: Box  # counted in steps: voxel n lies at n times the steps
    steps: Shape


def steps_of(shape: Shape, most: int) -> Shape:
    """Double the steps along the longest axis until few enough voxels are left.

    Examples
    --------
    >>> steps_of((10, 50, 60), 10_000)
    (1, 2, 2)
    """
    steps = [1, 1, 1]
    while True:
        sizes = per_axis(lambda size, step: -(-size // step), shape, steps)
        if math.prod(sizes) <= most:
            return (steps[0], steps[1], steps[2])
        steps[int(np.argmax(sizes))] *= 2


def frame_around(box: Box, most: int, *, margin: int = 0) -> Frame:
    """Voxels of a box, and of a margin around it, that are drawn.

    Parameters
    ----------
    box
        Box in voxels.
    most
        Most voxels to draw, without the margin.
    margin
        Width in steps.
    """
    steps = steps_of(box.shape, most)
    return Frame(box.coarsened(steps).grown((margin,) * 3), steps)


def draw(
    frames: Sequence[Frame], runs: Iterable[ObjectRuns]
) -> list[NDArray[np.bool_]]:
    """Draw objects, each in a frame of its own, which holds it whole.

    Parameters
    ----------
    frames
        One for each object.
    runs
        Runs of these objects; each voxel once.

    Returns
    -------
    list of (Z, Y, X) masks
    """
    ends = np.cumsum([frame.box.voxels for frame in frames])
    marks = np.zeros(ends[-1] + 1, np.int8)  # one more: where the last run may end
    places = _Places(frames, ends)
    for found in runs:
        begin, end = places.spans(found)
        marks[begin] += 1  # no run begins where another does
        marks[end] -= 1
    drawn = np.add.accumulate(marks, dtype=np.int8, out=marks).view(np.bool_)
    each = np.split(drawn[:-1], ends[:-1])
    return [
        mask.reshape(frame.box.shape) for mask, frame in zip(each, frames, strict=True)
    ]


class _Places:
    """Where the voxels of frames lie, one frame behind the other."""

    def __init__(self, frames: Sequence[Frame], ends: NDArray[np.int64]) -> None:
        self._steps = np.array([frame.steps for frame in frames]).T  # (3, N)
        self._start = np.array([frame.box.start for frame in frames]).T
        self._shape = np.array([frame.box.shape for frame in frames]).T
        self._offset = np.append(0, ends[:-1])

    def spans(self, found: ObjectRuns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First place and end of each run that steps do not leave out."""
        which = found.which
        if (self._steps > 1).any():
            sz, sy, sx = self._steps[:, which]
            first, end = -(-found.x // sx), -(-(found.x + found.length) // sx)
            kept = (found.z % sz == 0) & (found.y % sy == 0) & (first < end)
            z, y = (found.z // sz)[kept], (found.y // sy)[kept]
            first, length, which = first[kept], (end - first)[kept], which[kept]
        else:
            z, y, first, length = found.z, found.y, found.x, found.length
        z0, y0, x0 = self._start[:, which]
        _, rows, width = self._shape[:, which]
        row = (z - z0) * rows + y - y0
        begin = self._offset[which] + row * width + first - x0
        return begin, begin + length
