"""How far points lie from a surface."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from densecell.surfaces.extra import mesh_package
from densecell.surfaces.surface import Points, Surface

# Triangles tried for each point; the nearest counts. A point that seems far off gets
# more tries: the first few may all lie on the other side of a thin sheet.
CANDIDATES = (8, 24, 64)
SCATTERED = 4  # points per triangle, and one for each point, by which to find those
AT_ONCE = 50_000  # distances that are computed together


class Distances(NamedTuple):
    """How far points are from a surface, or slightly more."""

    away_nm: NDArray[np.float64]  # (N,)
    triangles: NDArray[np.intp]  # (N,) the one that is so near


def distances_nm(
    points_nm: Points, surface: Surface, *, enough_nm: float = 0
) -> Distances:
    """Measure from points to the nearest triangle.

    Parameters
    ----------
    points_nm
        (N, 3), z first.
    surface
        For each point only the few triangles that seem nearest are tried, so that a
        distance may be too large, never too small.
    enough_nm
        Stop at the first triangle that is as near as this, in nanometres.
    """
    triangles = surface.vertices_nm[surface.faces]  # (M, 3 corners, 3)
    scattered, owners = _scattered(triangles, len(points_nm))
    tree = cKDTree(scattered)
    away, nearest = np.empty(len(points_nm)), np.empty(len(points_nm), np.intp)
    for start in range(0, len(points_nm), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        points = points_nm[part]
        _, near = tree.query(points)
        near = owners[near]
        least = _at_most(points, triangles[near])
        for count in CANDIDATES:
            far = np.flatnonzero(least > enough_nm)
            if not len(far):
                break
            for some in np.array_split(far, -(-len(far) * count // AT_ONCE)):
                _, several = tree.query(points[some], k=min(count, len(owners)))
                several = owners[several]  # (some, count)
                each = _exactly(points[some], triangles[several])
                best = each.argmin(axis=1)[:, None]
                least[some] = np.take_along_axis(each, best, axis=1)[:, 0]
                near[some] = np.take_along_axis(several, best, axis=1)[:, 0]
        away[part], nearest[part] = least, near
    return Distances(away, nearest)


def _at_most(points: Points, triangles: Points) -> NDArray[np.float64]:
    """Upper bound (N,) of the distance of each point to one triangle (N, 3, 3).

    Measured to the foot of the perpendicular; outside the triangle, to its rim.
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


def _exactly(points: Points, triangles: Points) -> NDArray[np.float64]:
    """Distances (N, K) of each point to its triangles (N, K, 3, 3)."""
    closest_point = mesh_package("trimesh.triangles").closest_point
    several = np.repeat(points, triangles.shape[1], axis=0)
    found = closest_point(triangles.reshape(-1, 3, 3), several)
    away = np.linalg.norm(found - several, axis=1)
    return away.reshape(triangles.shape[:2])


def _scattered(triangles: Points, more: int) -> tuple[Points, NDArray[np.intp]]:
    """Centre and random points of each triangle, more on large ones; and whose."""
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
