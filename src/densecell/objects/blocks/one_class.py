"""One class for each body: splinters of another class join the body they lie on.

Each voxel votes alone, so a mitochondrion may be part granule. Its voxels of the other
class are no objects of their own:

::

    a granule, sure         m m m m a m     a: unsure, and mostly surrounded by m
      g g g                 m m m m m m
      g g g m m m           -> one body, whose class all its voxels vote on
    -> two bodies: a touch alone joins nothing

Only whole objects are judged, by sums over them, so that blocks do not matter.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Spacing
from densecell.objects.ids import joint_keys, unjoint
from densecell.objects.runs.encoding import Runs
from densecell.objects.runs.pieces import touching_runs

LEAST_CONTACT = 0.1  # of the surface of a ball of the same volume
SURE = 0.97  # mean confidence from which an object is one of its own
BALL = (36 * math.pi) ** (1 / 3)  # surface of a ball over its volume to 2/3


class Touches(NamedTuple):
    """Faces of voxels that two objects of different groups share."""

    first: NDArray[np.int64]  # (N,) the lower id
    second: NDArray[np.int64]  # (N,)
    faces: NDArray[np.int64]  # (N, 3) across z, y and x

    @classmethod
    def counted(
        cls,
        first: NDArray[np.integer],
        second: NDArray[np.integer],
        faces: NDArray[np.integer],
    ) -> "Touches":
        """Add up faces by pairs of objects, in either order."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        keys, index = np.unique(joint_keys(low, high), return_inverse=True)
        total = np.zeros((len(keys), 3), np.int64)
        np.add.at(total, index.ravel(), faces)
        return cls(*unjoint(keys), total)

    def areas_nm2(self, spacing_nm: Spacing) -> NDArray[np.float64]:
        """Area of each contact, (N,)."""
        z, y, x = spacing_nm
        return self.faces.astype(np.float64) @ np.array([y * x, z * x, z * y])


def touches_inside(
    runs: Runs,
    shape: tuple[int, int, int],
    ids: NDArray[np.integer],
    group: NDArray[np.integer],
) -> Touches:
    """Touches of objects inside a block.

    Parameters
    ----------
    runs
        The block as runs.
    shape
        Voxels of the block.
    ids, group
        (R,) local id of each run's object and its group; of group 0 nothing is counted.
    """
    first, second = _sharing_faces(runs, shape)
    a, b = group[first], group[second]
    differ = (a != b) & (a > 0) & (b > 0)
    first, second = first[differ], second[differ]
    return Touches.counted(ids[first], ids[second], _shared_faces(runs, first, second))


def touches_across(
    before: NDArray[np.unsignedinteger],
    behind: NDArray[np.unsignedinteger],
    group_before: NDArray[np.integer],
    group_behind: NDArray[np.integer],
    *,
    axis: int,
) -> tuple[NDArray[np.unsignedinteger], NDArray[np.int64]]:
    """Touches of objects across the face of two blocks.

    Parameters
    ----------
    before, behind
        Ids on both sides of the face, of one shape.
    group_before, group_behind
        Groups of the same voxels; of group 0 nothing is counted.
    axis
        Axis that the face is normal to.

    Returns
    -------
    Pairs (N, 2) of ids as they are given, and their faces (N, 3).
    """
    met = (group_before != group_behind) & (group_before > 0) & (group_behind > 0)
    pairs, count = np.unique(
        np.stack([before[met], behind[met]], axis=1), axis=0, return_counts=True
    )
    faces = np.zeros((len(pairs), 3), np.int64)
    faces[:, axis] = count
    return pairs, faces


def joined_bodies(
    touches: Touches,
    voxels: NDArray[np.int64],
    confidence: NDArray[np.int64],
    *,
    spacing_nm: Spacing,
) -> NDArray[np.int64]:
    """Object that each object is a splinter of; itself, if it is none.

    An object joins the larger one that it shares most area with, if that is much of its
    own surface and its class is not sure. It joins one only: a splinter between two
    bodies never makes them one.

    Parameters
    ----------
    touches
        Contacts of objects of different classes, numbered from 0.
    voxels
        (N,) size of each object.
    confidence
        (N,) sum of the confidence (bytes) of its voxels.
    spacing_nm
        Voxel size.
    """
    owner = np.arange(len(voxels))
    if not len(touches.first):
        return owner
    low, high = touches.first, touches.second
    first_is_smaller = voxels[low] < voxels[high]  # of equals the later one joins
    small = np.where(first_is_smaller, low, high)
    large = np.where(first_is_smaller, high, low)
    area = touches.areas_nm2(spacing_nm)
    surface = BALL * (voxels[small] * math.prod(spacing_nm)) ** (2 / 3)
    unsure = confidence[small] < SURE * 255 * voxels[small]
    joins = np.flatnonzero((area >= LEAST_CONTACT * surface) & unsure)
    order = joins[np.lexsort((large[joins], -area[joins], small[joins]))]
    chosen, first = np.unique(small[order], return_index=True)
    owner[chosen] = large[order[first]]
    while True:  # a splinter may lie on another splinter
        further = owner[owner]
        if np.array_equal(further, owner):
            return owner
        owner = further


def _sharing_faces(
    runs: Runs, shape: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of runs that share at least one face of a voxel."""
    pairs = [p for p in touching_runs(runs, shape) if p.by_face.any()]
    none = np.zeros(0, np.int64)
    first = np.concatenate([none, *(p.first[p.by_face] for p in pairs)])
    second = np.concatenate([none, *(p.second[p.by_face] for p in pairs)])
    return first, second


def _shared_faces(
    runs: Runs, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Faces that pairs of runs share across z, y and x: (N, 3)."""
    begin = np.maximum(runs.x[first], runs.x[second])
    ends = np.minimum(
        runs.x[first] + runs.length[first], runs.x[second] + runs.length[second]
    )
    across_z = runs.z[first] != runs.z[second]
    across_y = ~across_z & (runs.y[first] != runs.y[second])
    in_a_row = ~across_z & ~across_y
    overlap = ends - begin
    return np.stack([across_z * overlap, across_y * overlap, in_a_row * 1], axis=1)
