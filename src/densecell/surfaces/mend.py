"""Mend simplified surfaces: draw them through what they miss, part them at contacts.

A point beside a surface becomes a corner of it. Where the nearest place is inside a
triangle, that is cut into three; on an edge, the two triangles along it into four; at a
corner, the corner moves. So the surface stays closed, whatever the points.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from densecell.surfaces.extra import mesh_package
from densecell.surfaces.surface import Faces, Points, Surface

AT_CORNER = 0.9  # share of a corner in the nearest place, of all three
AT_EDGE = 0.1  # share of the third corner


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
    around = _faces_around(faces, len(vertices))
    shares = _shares(points_nm, surface.vertices_nm[faces[triangles]])
    for point, face, share in zip(points_nm, faces[triangles], shares, strict=True):
        at = set(face[share > AT_EDGE].tolist())
        if len(at) == 1 or share.max() > AT_CORNER:
            at = {int(face[share.argmax()])} if move else set(face.tolist())
        touched = list(set.intersection(*(around(corner) for corner in at)))
        if changed[touched].any():
            continue
        changed[touched] = True
        if len(at) == 1:
            vertices[at.pop()] = point
            continue
        cut[touched] = True
        new = len(vertices) + len(corners)
        corners.append(point)
        more += _cut_at(new, faces[touched], at)
    return Surface(
        np.concatenate([vertices, np.array(corners).reshape(-1, 3)]),
        np.concatenate([faces[~cut], np.array(more, np.int32).reshape(-1, 3)]),
        surface.reliable,
    )


def parted(surface: Surface) -> Surface:
    """Separate two sheets of a surface that share an edge.

    One pair of triangles gets a corner in the middle of the edge, so that the edges of
    the two sheets differ; nothing moves. What is not closed stays open.
    """
    while True:
        cut = _pinched(surface.faces)
        if not cut:
            return surface
        faces, vertices = surface.faces, surface.vertices_nm
        more: list[tuple[int, int, int]] = []
        for new, (edge, pair) in enumerate(cut.items(), len(vertices)):
            more += _cut_at(new, faces[list(pair)], set(edge))
        ends = np.array(list(cut))
        surface = Surface(
            np.concatenate([vertices, vertices[ends].mean(axis=1)]),
            np.concatenate(
                [
                    np.delete(
                        faces, [f for pair in cut.values() for f in pair], axis=0
                    ),
                    np.array(more, np.int32),
                ]
            ),
            surface.reliable,
        )


def _pinched(faces: Faces) -> dict[tuple[int, int], tuple[int, int]]:
    """Edges with four triangles, and two of the four; no triangle occurs twice."""
    sides = _sides(faces)[:, :2].astype(np.int64)
    several = int(faces.max(initial=0)) + 1
    ahead, back = sides @ [several, 1], sides @ [1, several]
    keys, often = np.unique(ahead, return_counts=True)
    twice = np.isin(ahead, keys[often > 1]) & np.isin(back, keys[often > 1])
    last = {int(ahead[n]): int(n % len(faces)) for n in np.flatnonzero(twice)}
    used, found = set[int](), {}
    for n in np.flatnonzero(twice & (sides[:, 0] < sides[:, 1])).tolist():
        pair = last[int(ahead[n])], last[int(back[n])]
        if not used & set(pair):
            used |= set(pair)
            found[int(sides[n, 0]), int(sides[n, 1])] = pair
    return found


def _faces_around(faces: Faces, count: int) -> Callable[[int], set[int]]:
    """Function that lists the triangles at a corner."""
    order = np.argsort(faces.ravel(), kind="stable")
    starts = np.searchsorted(faces.ravel()[order], np.arange(count + 1))
    return lambda corner: set(
        (order[starts[corner] : starts[corner + 1]] // 3).tolist()
    )


def _cut_at(new: int, faces: Faces, at: set[int]) -> list[tuple[int, int, int]]:
    """Join a new corner with all sides of triangles but the one that it lies on."""
    return [(a, b, new) for a, b, _ in _sides(faces).tolist() if {a, b} != at]


def _sides(faces: Faces) -> Faces:
    """Turn triangles (M, 3) so that each side comes first once: (3 M, 3)."""
    return np.concatenate([np.roll(faces, turn, axis=1) for turn in range(3)])


def _shares(points: Points, triangles: Points) -> NDArray[np.float64]:
    """Shares (N, 3) of three corners in the place nearest to each point."""
    known = mesh_package("trimesh.triangles")
    places = known.closest_point(triangles, points)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: NDArray[np.float64] = known.points_to_barycentric(triangles, places)
    return np.nan_to_num(shares, nan=1 / 3)  # of a triangle without area: inside it
