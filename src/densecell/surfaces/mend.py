"""Simplified surfaces mended: drawn through what they miss, parted where they touch.

A point beside a surface becomes a corner of it. Where the nearest place is inside a
triangle, that is cut into three; on an edge, the two triangles along it into four; at a
corner, the corner moves. So the surface stays closed, whatever the points.
"""

import numpy as np
from numpy.typing import NDArray

from densecell.surfaces.extra import imported
from densecell.surfaces.surface import Faces, Points, Surface

AT_CORNER = 0.9  # share of a corner in the nearest place, of all three
AT_EDGE = 0.1  # share of the third corner
MOST_PINCHES = 100


def drawn_through(
    surface: Surface,
    points_nm: Points,
    triangles: NDArray[np.integer],
    *,
    move: bool = True,
) -> Surface:
    """Draw a surface through points, where these are not too close to each other.

    Parameters
    ----------
    surface
        Closed. Not modified.
    points_nm
        (N, 3), the most important first: a point is left out if one before it has
        changed a triangle that it would change.
    triangles
        (N,) row of `surface.faces` that is nearest to each.
    move
        Whether a corner that is nearest moves, away from what it was drawn through;
        else the triangle is cut there too.

    Returns
    -------
    Surface
        Closed, with at most two more triangles for each point.
    """
    faces, vertices = surface.faces, surface.vertices_nm.copy()
    changed, cut = np.zeros(len(faces), bool), np.zeros(len(faces), bool)
    corners: list[Points] = []
    more: list[tuple[int, int, int]] = []
    shares = _shares(points_nm, surface.vertices_nm[faces[triangles]])
    for point, face, share in zip(points_nm, faces[triangles], shares, strict=True):
        at = set(face[share > AT_EDGE])
        if share.max() > AT_CORNER:
            at = {face[share.argmax()]} if move else set(face)
        touched = np.isin(faces, list(at)).sum(axis=1) == len(at)
        if changed[touched].any():
            continue
        changed |= touched
        if len(at) == 1:
            vertices[at.pop()] = point
            continue
        cut |= touched
        new = len(vertices) + len(corners)
        corners.append(point)
        more += _cut_at(new, faces[touched], at)
    return Surface(
        np.concatenate([vertices, np.array(corners).reshape(-1, 3)]),
        np.concatenate([faces[~cut], np.array(more, np.int32).reshape(-1, 3)]),
        surface.reliable,
    )


def parted(surface: Surface) -> Surface:
    """Give every edge two triangles, where two sheets of a surface share one.

    One pair of triangles gets a corner in the middle of the edge, so that edges of the
    two sheets differ; all stays in its place.
    """
    for _ in range(MOST_PINCHES):
        faces = surface.faces
        sides = _sides(faces)[:, :2]
        edges, often = np.unique(sides, axis=0, return_counts=True)
        if not (often > 1).any():
            break
        a, b = edges[often > 1][0].tolist()
        pair = [
            np.flatnonzero((sides == edge).all(axis=1)) % len(faces)
            for edge in ((a, b), (b, a))
        ]
        if len(pair[0]) != len(pair[1]):
            break  # it is not closed
        cut = [int(ahead_or_back[-1]) for ahead_or_back in pair]
        new = len(surface.vertices_nm)
        middle = surface.vertices_nm[[a, b]].mean(axis=0)
        more = np.array(_cut_at(new, faces[cut], {a, b}), np.int32)
        surface = Surface(
            np.concatenate([surface.vertices_nm, middle[None]]),
            np.concatenate([np.delete(faces, cut, axis=0), more]),
            surface.reliable,
        )
    return surface


def _cut_at(new: int, faces: Faces, at: set[int]) -> list[tuple[int, int, int]]:
    """Join a new corner with all sides of triangles but the one that it lies on."""
    return [(a, b, new) for a, b, _ in _sides(faces).tolist() if {a, b} != at]


def _sides(faces: Faces) -> Faces:
    """Turn triangles (M, 3) so that each side comes first once: (3 M, 3)."""
    return np.concatenate([np.roll(faces, turn, axis=1) for turn in range(3)])


def _shares(points: Points, triangles: Points) -> NDArray[np.float64]:
    """Give the shares of three corners in the place nearest to each point, (N, 3)."""
    known = imported("trimesh.triangles")
    places = known.closest_point(triangles, points)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: NDArray[np.float64] = known.points_to_barycentric(triangles, places)
    return np.nan_to_num(shares, nan=1 / 3)  # of a triangle without area: inside it
