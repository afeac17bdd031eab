"""Fewer triangles, with no vertex of the full surface further off than a stated length.

Collapsing edges adds up squared distances to the planes of the triangles that are lost.
That sum is a guess of how far the surface moves; the collapsing ends where it reaches a
bound. Then the distances of all vertices are measured. On an uneven surface one vertex
in some hundreds lies too far off: the surface is drawn through them, a corner for each.
Where they are many, it all is done again with a smaller bound.

.. [1] Garland and Heckbert 1997, Surface simplification using quadric error metrics,
       SIGGRAPH, doi:10.1145/258734.258849.
"""

import math
from threading import Lock

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from densecell.surfaces.distance import distances_nm
from densecell.surfaces.extra import mesh_package
from densecell.surfaces.mend import drawn_through, parted
from densecell.surfaces.surface import Faces, Points, Surface, together

GUESS = 6.0  # root of the summed squares, in stated lengths, that mostly is right
TRIES = 8
CLOSER = 1 / 3  # of the guess: the next one
MISSED = 0.2  # vertices per triangle: if more are too far off, the guess was too large
MENDING, MOVING = 12, 3  # rounds; in the first ones corners move
ROUNDS, RAMP = 100, 3.0  # of fast-simplification: passes, its `agg`
FEWEST = 100  # triangles; smaller parts are left alone
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
    """Whether every edge joins two triangles that run along it in two directions.

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


def _parts(surface: Surface) -> list[Faces]:
    """All small connected parts together, then each large one: (M, 3) faces.

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
        fewer = parted(_collapsed(surface, guess))
        if (
            len(fewer.faces)
            and is_closed(fewer.faces)
            and fewer.volume_um3 * surface.volume_um3 > 0
        ):
            near = _drawn_near(fewer, surface.vertices_nm, max_error_nm)
            if near is not None:
                return near
        guess *= CLOSER
    return surface


def _drawn_near(
    surface: Surface, points_nm: Points, max_error_nm: float
) -> Surface | None:
    """Draw a surface through the points that it misses; None if these are many."""
    for turn in range(MENDING):
        away, triangles = distances_nm(points_nm, surface, enough_nm=max_error_nm)
        far = np.flatnonzero(away > max_error_nm)
        if not len(far):
            return surface
        if len(far) > MISSED * len(surface.faces):
            return None
        far = far[np.argsort(-away[far], kind="stable")]
        surface = drawn_through(
            surface, points_nm[far], triangles[far], move=turn < MOVING
        )
    return None


def _collapsed(surface: Surface, guess_nm: float) -> Surface:
    """Collapse the edges that have summed squares of up to `guess_nm` squared.

    fast-simplification collapses, in its n-th pass, what adds up to less than
    1e-9 (n + 3) ** agg, and else ends at a number of triangles: the surface is scaled
    so that its last pass ends at the guess.
    """
    collapse = mesh_package("fast_simplification").simplify
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
