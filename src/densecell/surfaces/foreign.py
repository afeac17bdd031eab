"""The one place where z, y, x becomes x, y, z: in files that others define."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.surfaces.surface import Surface


class Triangles(NamedTuple):
    """A surface in the order of mesh files.

    Parameters
    ----------
    points
        (N, 3) float32, x first.
    faces
        (M, 3) uint32, counter-clockwise seen from outside.
    """

    points: NDArray[np.float32]
    faces: NDArray[np.uint32]


def to_xyz(surface: Surface, *, unit_nm: float = 1.0) -> Triangles:
    """Turn the order of axes and of corners round; lengths become multiples of a unit.

    Examples
    --------
    >>> corners = np.array([(0.0, 10.0, 200.0), (0, 0, 0), (1, 0, 0)])
    >>> turned = to_xyz(Surface(corners, np.array([(0, 1, 2)], np.int32)))
    >>> turned.points[0].tolist(), turned.faces.tolist()
    ([200.0, 10.0, 0.0], [[2, 1, 0]])
    """
    points = surface.vertices_nm[:, ::-1] / unit_nm
    return Triangles(
        np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(surface.faces[:, ::-1], np.uint32),
    )
