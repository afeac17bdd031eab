"""Fewer triangles, with no vertex of the full surface further off than a stated length.

Collapsing edges adds up squared distances to the planes of the triangles that are lost:
a guess of how far the surface moves, made while it goes on. It is made to end where the
guess says so; then the distances of all vertices are measured, and what went too far is
done again with a smaller bound.

.. [1] Garland and Heckbert 1997, Surface simplification using quadric error metrics,
       SIGGRAPH, doi:10.1145/258734.258849.
"""

import math
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from densecell.surfaces.extra import imported
from densecell.surfaces.surface import Faces, Points, Surface, together

GUESS = 6.0  # root of the summed squares, in stated lengths, that mostly is right
TRIES = 8
CLOSER = (0.25, 0.5)  # of the guess: the next one, by how far off the surface was
ROUNDS, RAMP = 100, 3.0  # of fast-simplification: passes, its `agg`
FEWEST = 100  # triangles; smaller parts are left alone
CANDIDATES = 8  # triangles near a point, of which the nearest counts
SCATTERED = 4  # points per triangle, and one for each vertex, by which to find those
AT_ONCE = 50_000  # points whose distances are computed together
ALONE = Lock()  # fast-simplification keeps its mesh in global variables


def simplify(surface: Surface, *, max_error_nm: float) -> Surface:
    """Leave out triangles as long as the surface stays where it is.

    Edges are collapsed where that changes least [1]_, as long as every vertex of
    `surface` lies within `max_error_nm` of the result. Connected parts are simplified
    one by one.

    Parameters
    ----------
    surface
        Closed. Not modified.
    max_error_nm
        In nanometres; 0 returns `surface` itself.

    Returns
    -------
    Surface
        Closed as well; a part of which nothing can be left out stays as it is.

    Raises
    ------
    MissingExtraError
        If fast-simplification or trimesh are not installed.
    """
    if max_error_nm <= 0:
        return surface
    small, *large = _parts(surface)
    done = [_simplified(_alone(surface, faces), max_error_nm) for faces in large]
    return together([_alone(surface, small), *done])


def is_closed(faces: Faces) -> bool:
    """Tell whether every edge joins two triangles that run along it in two directions.

    Examples
    --------
    >>> tetrahedron = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)])
    >>> is_closed(tetrahedron), is_closed(tetrahedron[:3])
    (True, False)
    """
    ahead = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ahead = ahead.astype(np.int64)
    several = int(ahead.max(initial=0)) + 1
    one_way = np.sort(ahead[:, 0] * several + ahead[:, 1])
    other_way = np.sort(ahead[:, 1] * several + ahead[:, 0])
    return bool((np.diff(one_way) > 0).all() and np.array_equal(one_way, other_way))


def farthest_nm(points_nm: Points, surface: Surface, *, enough_nm: float = 0) -> float:
    """Give the largest distance of points from a surface, or slightly more.

    Parameters
    ----------
    points_nm
        (N, 3), z first.
    surface
        Of each point the few triangles that seem nearest are looked at, so that the
        distance is never too small.
    enough_nm
        Of a point that one triangle is as near to, no other is looked at.
    """
    triangles = surface.vertices_nm[surface.faces]  # (M, 3 corners, 3)
    scattered, owners = _scattered(triangles, len(points_nm))
    tree, farthest = cKDTree(scattered), 0.0
    for start in range(0, len(points_nm), AT_ONCE):
        points = points_nm[start : start + AT_ONCE]
        _, near = tree.query(points)
        away = _at_most(points, triangles[owners[near]])
        far = np.flatnonzero(away > enough_nm)
        if len(far):
            _, near = tree.query(points[far], k=CANDIDATES)  # (far, CANDIDATES)
            away[far] = _nearest(points[far], triangles[owners[near]])
        farthest = max(farthest, float(away.max()))
    return farthest


def _parts(surface: Surface) -> list[Faces]:
    """Give the small connected parts together, then each large one: (M, 3) faces.

    Simplified together, small parts and cavities would be the first to vanish.
    """
    faces, count = surface.faces, len(surface.vertices_nm)
    ends = np.concatenate([faces[:, :2], faces[:, 1:]]).T
    joined = sparse.coo_array((np.ones(ends.shape[1], bool), ends), (count, count))
    part = csgraph.connected_components(joined, directed=False)[1][faces[:, 0]]
    sizes = np.bincount(part)
    faces = faces[np.argsort(part, kind="stable")]
    each = np.split(faces, np.cumsum(sizes)[:-1])
    small = [f for f in each if len(f) < FEWEST]
    large = [f for f in each if len(f) >= FEWEST]
    return [np.concatenate([faces[:0], *small]), *large]


def _simplified(surface: Surface, max_error_nm: float) -> Surface:
    """Simplify one connected part; cavities have a negative volume."""
    guess = GUESS * max_error_nm
    for _ in range(TRIES):
        fewer = _collapsed(surface, guess)
        off = np.inf
        if (
            len(fewer.faces)
            and is_closed(fewer.faces)
            and fewer.volume_um3 * surface.volume_um3 > 0
        ):
            off = farthest_nm(surface.vertices_nm, fewer, enough_nm=max_error_nm)
            if off <= max_error_nm:
                return fewer
        guess *= float(np.clip(max_error_nm / off, *CLOSER))
    return surface


def _at_most(points: Points, triangles: Points) -> NDArray[np.float64]:
    """Give the (N,) distance of each point to a near place of one triangle (N, 3, 3).

    That is the foot of the perpendicular; outside the triangle, a place on its rim.
    """
    a, b, c = triangles.transpose(1, 2, 0)  # (3, N) each: sums run along memory
    u, v, w = b - a, c - a, points.T - a
    uu, uv, vv = (u * u).sum(0), (u * v).sum(0), (v * v).sum(0)
    wu, wv = (w * u).sum(0), (w * v).sum(0)
    double = uu * vv - uv * uv
    double[double <= 0] = np.inf  # a triangle without area: its first corner
    along_u = np.clip((vv * wu - uv * wv) / double, 0, 1)
    along_v = np.clip((uu * wv - uv * wu) / double, 0, 1)
    beyond = np.maximum(along_u + along_v, 1)
    w -= along_u / beyond * u + along_v / beyond * v
    return np.sqrt((w * w).sum(0))


def _nearest(points: Points, triangles: Points) -> NDArray[np.float64]:
    """Give the (N,) distance of each point to the nearest of its (N, K, 3, 3)."""
    closest_point = imported("trimesh.triangles").closest_point
    several = np.repeat(points, triangles.shape[1], axis=0)
    found = closest_point(triangles.reshape(-1, 3, 3), several)
    away = np.linalg.norm(found - several, axis=1)
    return away.reshape(triangles.shape[:2]).min(axis=1)


def _scattered(triangles: Points, more: int) -> tuple[Points, NDArray[np.intp]]:
    """Give each triangle's centre and random points, more on large ones; and whose."""
    rng = np.random.default_rng(0)
    a, b, c = triangles.transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    count = SCATTERED * len(triangles) + more
    owners = rng.choice(len(triangles), count, p=areas / areas.sum())
    weights = rng.dirichlet((1, 1, 1), count)  # uniform over a triangle
    points = np.einsum("pc,pcd->pd", weights, triangles[owners])
    everyone = np.arange(len(triangles))
    return (
        np.concatenate([triangles.mean(axis=1), points]),
        np.concatenate([everyone, owners]),
    )


def _collapsed(surface: Surface, guess_nm: float) -> Surface:
    """Collapse the edges that have summed squares of up to `guess_nm` squared.

    fast-simplification collapses, in its n-th pass, what adds up to less than
    1e-9 (n + 3) ** agg, and else ends at a number of triangles: the surface is scaled
    so that its last pass ends at the guess.
    """
    collapse = imported("fast_simplification").simplify
    middle = surface.vertices_nm.mean(axis=0)
    scale = math.sqrt(1e-9 * (ROUNDS + 2) ** RAMP) / guess_nm
    with ALONE:
        vertices, faces = collapse(
            (surface.vertices_nm - middle) * scale,
            surface.faces,
            target_count=4,
            agg=RAMP,
        )
    # Pairs of triangles that came to lie back to back enclose nothing.
    _, place, often = np.unique(
        np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    whole = Surface(vertices / scale + middle, faces, surface.reliable)
    return _alone(whole, faces[often[place.ravel()] == 1])


def _alone(surface: Surface, faces: Faces) -> Surface:
    """Keep some triangles, and the vertices that they use."""
    used, renumbered = np.unique(faces, return_inverse=True)
    return Surface(
        surface.vertices_nm[used],
        renumbered.reshape(-1, 3).astype(np.int32),
        surface.reliable,
    )
