"""Fewer triangles, with no vertex of the full surface further off than a stated length.

.. [1] Garland and Heckbert 1997, Surface simplification using quadric error metrics,
       SIGGRAPH, doi:10.1145/258734.258849.
"""

from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from densecell.surfaces.extra import imported
from densecell.surfaces.surface import Faces, Points, Surface, together

SHARES = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)  # of the triangles, tried in this order
FEWEST = 100  # triangles; smaller parts are left alone
LOOKED_AT = 2000  # vertices that reject a share before all are looked at
CANDIDATES = 8  # triangles near a point, of which the nearest counts
SCATTERED = 4  # points per triangle, on average, by which those near are found
AT_ONCE = 50_000  # points whose distances are computed together
ALONE = Lock()  # fast-simplification keeps its mesh in global variables


def simplify(surface: Surface, *, max_error_nm: float) -> Surface:
    """Leave out triangles as long as the surface stays where it is.

    Edges are collapsed where that changes least [1]_, down to the smallest of a few
    shares of the triangles at which every vertex of `surface` lies within
    `max_error_nm` of the result. Connected parts are simplified one by one.

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


def farthest_nm(points_nm: Points, surface: Surface) -> float:
    """Give the largest distance of points from a surface, or slightly more.

    Parameters
    ----------
    points_nm
        (N, 3), z first.
    surface
        Of each point the few triangles that seem nearest are looked at, so that the
        distance is never too small.
    """
    closest_point = imported("trimesh.triangles").closest_point
    triangles = surface.vertices_nm[surface.faces]  # (M, 3 corners, 3)
    scattered, owners = _scattered(triangles)
    tree, farthest = cKDTree(scattered), 0.0
    for start in range(0, len(points_nm), AT_ONCE):
        points = points_nm[start : start + AT_ONCE]
        _, near = tree.query(points, k=CANDIDATES)  # (N, CANDIDATES)
        several = np.repeat(points, CANDIDATES, axis=0)
        found = closest_point(triangles[owners[near.ravel()]], several)
        away = np.linalg.norm(found - several, axis=1).reshape(near.shape)
        farthest = max(farthest, float(away.min(axis=1).max()))
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
    looked_at = surface.vertices_nm[:: 1 + len(surface.vertices_nm) // LOOKED_AT]
    for share in SHARES:
        fewer = _collapsed(surface, share)
        if (
            len(fewer.faces)
            and is_closed(fewer.faces)
            and fewer.volume_um3 * surface.volume_um3 > 0
            and farthest_nm(looked_at, fewer) <= max_error_nm
            and farthest_nm(surface.vertices_nm, fewer) <= max_error_nm
        ):
            return fewer
    return surface


def _scattered(triangles: Points) -> tuple[Points, NDArray[np.intp]]:
    """Give each triangle's centre and random points, more on large ones; and whose."""
    rng = np.random.default_rng(0)
    a, b, c = triangles.transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    count = SCATTERED * len(triangles)
    owners = rng.choice(len(triangles), count, p=areas / areas.sum())
    weights = rng.dirichlet((1, 1, 1), count)  # uniform over a triangle
    points = np.einsum("pc,pcd->pd", weights, triangles[owners])
    everyone = np.arange(len(triangles))
    return (
        np.concatenate([triangles.mean(axis=1), points]),
        np.concatenate([everyone, owners]),
    )


def _collapsed(surface: Surface, share: float) -> Surface:
    collapse = imported("fast_simplification").simplify
    with ALONE:
        vertices, faces = collapse(
            surface.vertices_nm,
            surface.faces,
            target_count=max(4, int(share * len(surface.faces))),
        )
    # Pairs of triangles that came to lie back to back enclose nothing.
    _, place, often = np.unique(
        np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    whole = Surface(vertices, faces, surface.reliable)
    return _alone(whole, faces[often[place.ravel()] == 1])


def _alone(surface: Surface, faces: Faces) -> Surface:
    """Keep some triangles, and the vertices that they use."""
    used, renumbered = np.unique(faces, return_inverse=True)
    return Surface(
        surface.vertices_nm[used],
        renumbered.reshape(-1, 3).astype(np.int32),
        surface.reliable,
    )
