"""A closed triangle mesh in nanometres, and what can be measured on it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Faces = NDArray[np.int32]


class Surface(NamedTuple):
    """Triangles around an object, closed, seen from outside.

    Parameters
    ----------
    vertices_nm
        (N, 3) positions, z first, in nanometres.
    faces
        (M, 3) rows of `vertices_nm`. `cross(b - a, c - a)` of a triangle a, b, c points
        outwards, with z, y, x taken as a right-handed frame: whoever writes x first
        also turns the corners round.
    reliable
        Whether the object is thick enough for area and sphericity to mean something:
        see `surface_of`.

    Examples
    --------
    >>> corners = [(0, 0, 0), (3e3, 0, 0), (0, 2e3, 0), (0, 0, 1e3)]
    >>> faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    >>> Surface(np.array(corners, float), np.array(faces, np.int32)).volume_um3
    1.0
    """

    vertices_nm: Points
    faces: Faces
    reliable: bool = True

    @property
    def area_um2(self) -> float:
        """Area in square micrometres."""
        return float(sizes_of([self]).area_um2[0])

    @property
    def volume_um3(self) -> float:
        """Volume inside, in cubic micrometres; negative if it were inside out."""
        return float(sizes_of([self]).volume_um3[0])


class Sizes(NamedTuple):
    """How large surfaces are."""

    area_um2: NDArray[np.float64]  # (N,)
    volume_um3: NDArray[np.float64]  # (N,)


def sizes_of(surfaces: Sequence[Surface]) -> Sizes:
    """Measure surfaces, many small ones at a time; none of them empty."""
    counts = [len(surface.vertices_nm) for surface in surfaces]
    points, faces, _ = together(surfaces)
    middles = np.array([surface.vertices_nm.mean(axis=0) for surface in surfaces])
    points = points - np.repeat(middles, counts, axis=0)  # which keeps digits
    axes = np.ascontiguousarray(points.T)  # (3, N): sums run along memory
    a, b, c = (axes[:, corner] for corner in np.ascontiguousarray(faces.T))
    normals = _crossed(b - a, c - a)  # (3, M), twice as long as areas are large
    doubles = np.sqrt((normals * normals).sum(axis=0))
    starts = np.cumsum([0, *(len(surface.faces) for surface in surfaces[:-1])])
    return Sizes(
        np.add.reduceat(doubles, starts) / 2 * 1e-6,
        np.add.reduceat((a * normals).sum(axis=0), starts) / 6 * 1e-9,
    )


def together(surfaces: Sequence[Surface]) -> Surface:
    """Put surfaces that touch nothing into one; reliable if all of them are."""
    ends = np.cumsum([len(surface.vertices_nm) for surface in surfaces])
    offsets = [0, *ends[:-1].tolist()]
    faces = [s.faces + offset for s, offset in zip(surfaces, offsets, strict=True)]
    return Surface(
        np.concatenate([surface.vertices_nm for surface in surfaces]),
        np.concatenate(faces).astype(np.int32),
        all(surface.reliable for surface in surfaces),
    )


def _crossed(a: Points, b: Points) -> Points:
    """Multiply vectors (3, N) crosswise; `np.cross` takes thrice as long."""
    return np.stack(
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    )
