"""Take the last traces of voxels out of a surface, without shrinking it.

.. [1] Taubin 1995, A signal processing approach to fair surface design, SIGGRAPH,
       doi:10.1145/218380.218473.
"""

from collections.abc import Sequence

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from densecell.surfaces.surface import Points, Surface, together

PASSES = 30
INWARDS, OUTWARDS = 0.6, -0.613  # shares of the way to the neighbours' middle
DEGREE = 20  # of the polynomial that stands for all passes: within 3e-6 of them
FARTHEST = 0.5  # voxels
SHARE = 1 / 8  # of the extent of a connected part


def fair(
    surfaces: Sequence[Surface], *, spacings_nm: Sequence[tuple[float, float, float]]
) -> list[Surface]:
    """Even out steps that are smaller than a voxel; many small surfaces at a time.

    Every vertex goes a part of the way to the middle of its neighbours and back beyond
    where it was, again and again [1]_: what is rough is lost, what is large stays. No
    vertex goes further than half a voxel along any axis, nor further than an eighth of
    the extent of its part of the surface: a single voxel keeps its surface.

    All passes together are a polynomial of the averaging over neighbours. Chebyshev's
    of a third of the degree is as good: its recurrence needs 20 averages, not 60.

    Parameters
    ----------
    surfaces
        Not modified. Each gets what it would get alone, to the last bit.
    spacings_nm
        Voxel size (z, y, x) of what each was made from, in nanometres.

    Returns
    -------
    list of Surface
        The same triangles on moved vertices.
    """
    if not surfaces:
        return []
    counts = [len(surface.vertices_nm) for surface in surfaces]
    whole = together(surfaces)
    middle = _neighbours(whole)
    vertices = _smoothed(whole.vertices_nm, middle)
    extents = _extents(whole.vertices_nm, middle)
    voxels = np.repeat(np.asarray(spacings_nm, np.float64), counts, axis=0)
    reach = np.minimum(FARTHEST * voxels, SHARE * extents)
    moved = np.clip(vertices - whole.vertices_nm, -reach, reach)
    each = np.split(whole.vertices_nm + moved, np.cumsum(counts)[:-1])
    return [
        surface._replace(vertices_nm=vertices)
        for surface, vertices in zip(surfaces, each, strict=True)
    ]


def _smoothed(start: Points, middle: sparse.csr_array) -> Points:
    """Let all passes act on places (N, 3)."""
    weights = chebyshev.chebinterpolate(_passed, DEGREE)  # type: ignore[type-var]
    first, *others = weights / weights.sum()  # 1 in all: places are kept
    twice = sparse.csr_array((2 * middle.data, middle.indices, middle.indptr))
    before, now = start, middle @ start
    vertices = first * start + others[0] * now
    for weight in others[1:]:
        before, now = now, twice @ now - before
        vertices += weight * now
    return vertices


def _passed(average: NDArray[np.float64]) -> NDArray[np.float64]:
    """What all passes leave of a shape that averaging multiplies by `average`."""
    rough = 1 - average
    once = (1 - INWARDS * rough) * (1 - OUTWARDS * rough)
    return once**PASSES


def _extents(
    vertices: NDArray[np.float64], middle: sparse.csr_array
) -> NDArray[np.float64]:
    """Extent (N, 3) of the connected part that each vertex belongs to."""
    # Not strongly connected, though that is the same here, as round a triangle a way
    # leads back: scipy's search for that may never end where a pair is listed twice,
    # as it is along an edge of four triangles.
    parts, part = csgraph.connected_components(middle, directed=False)
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(parts))
    each = np.ascontiguousarray(vertices[order].T)  # (3, N): along memory
    low = np.minimum.reduceat(each, starts, axis=1)
    high = np.maximum.reduceat(each, starts, axis=1)
    return (high - low).T[part]


def _neighbours(surface: Surface) -> sparse.csr_array:
    """Matrix (N, N) that averages over the neighbours of each vertex."""
    faces, count = surface.faces, len(surface.vertices_nm)
    # On a closed surface every edge occurs once in each direction, so the neighbours of
    # a vertex are the corners that follow it in its triangles.
    following = np.ascontiguousarray(faces[:, [1, 2, 0]]).ravel()
    ends = np.arange(0, faces.size + 1, 3)
    by_face = sparse.csr_array(
        (following, faces.ravel(), ends), shape=(len(faces), count)
    )
    by_vertex = by_face.tocsc()
    degrees = np.diff(by_vertex.indptr)
    shares = np.repeat(1 / degrees, degrees)
    return sparse.csr_array(
        (shares, by_vertex.data, by_vertex.indptr), shape=(count, count)
    )
