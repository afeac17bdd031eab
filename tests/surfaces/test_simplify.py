import time
from concurrent.futures import ThreadPoolExecutor

import fast_simplification
import numpy as np
import pytest
import trimesh
from scipy import ndimage

from densecell.surfaces import simplify, surface_of
from densecell.surfaces.simplify import is_closed

DEEP = (40.0, 10.0, 10.0)


@pytest.fixture(scope="module")
def bumpy():
    """An uneven body of two parts that touch nothing."""
    z, y, x = np.ogrid[-5:6, -25:26, -20:21]
    body = (z / 4.5) ** 2 + (y / 22.0) ** 2 + (x / 18.0) ** 2 < 1 + 0.2 * np.sin(x / 3)
    return surface_of(body, spacing_nm=DEEP)


@pytest.mark.parametrize("max_error_nm", [4.0, 10.0])
def test_no_vertex_lies_further_away_than_stated(bumpy, max_error_nm):
    fewer = simplify(bumpy, max_error_nm=max_error_nm)

    assert len(fewer.faces) < 0.7 * len(bumpy.faces)
    assert _distance(bumpy.vertices_nm, fewer) <= max_error_nm
    assert _distance(fewer.vertices_nm, bumpy) <= max_error_nm


def test_a_guess_that_goes_too_far_is_taken_back(bumpy, monkeypatch):
    monkeypatch.setitem(simplify.__globals__, "GUESS", 100.0)

    fewer = simplify(bumpy, max_error_nm=10)

    assert len(fewer.faces) < 0.2 * len(bumpy.faces)
    assert _distance(bumpy.vertices_nm, fewer) <= 10


def test_a_rough_sheet_loses_most_of_its_triangles():
    """Its two sides are so close that the nearest points are often the other one's."""
    rng = np.random.default_rng(2)
    height = ndimage.gaussian_filter(rng.normal(size=(40, 60)), 3) * 40
    z = np.arange(24)[:, None, None]
    full = surface_of(abs(z - 12 - height) < 1.6, spacing_nm=(10, 10, 10))

    fewer = simplify(full, max_error_nm=2.5)

    assert len(fewer.faces) < len(full.faces) / 6
    assert is_closed(fewer.faces)
    assert _distance(full.vertices_nm, fewer) <= 2.5
    assert fewer.volume_um3 == pytest.approx(full.volume_um3, rel=0.01)


def test_what_is_large_and_flat_keeps_few_triangles():
    """Their vertices lie far from any point by which triangles are found."""
    slab = surface_of(np.ones((8, 90, 70), bool), spacing_nm=DEEP)

    fewer = simplify(slab, max_error_nm=10)

    assert len(fewer.faces) < 0.02 * len(slab.faces)
    assert _distance(slab.vertices_nm, fewer) <= 10


def test_a_simplified_surface_is_closed_and_keeps_its_volume(bumpy):
    fewer = simplify(bumpy, max_error_nm=10)

    mesh = trimesh.Trimesh(fewer.vertices_nm, fewer.faces, process=False)
    assert mesh.is_watertight
    assert fewer.volume_um3 == pytest.approx(bumpy.volume_um3, rel=0.03)
    assert len(np.unique(fewer.faces)) == len(fewer.vertices_nm)


def test_specks_and_cavities_do_not_vanish():
    mask = np.zeros((13, 50, 50), bool)
    mask[2:10, 5:40, 5:40] = True
    mask[6, 20, 20] = False
    mask[11, 45, 45] = True
    full = surface_of(mask, spacing_nm=DEEP)

    fewer = simplify(full, max_error_nm=20)

    assert len(fewer.faces) < len(full.faces) / 4
    mesh = trimesh.Trimesh(fewer.vertices_nm, fewer.faces, process=False)
    assert mesh.body_count == 3
    assert _distance(full.vertices_nm, fewer) <= 20


def test_larger_errors_leave_fewer_triangles_and_none_leaves_all(bumpy):
    counts = [len(simplify(bumpy, max_error_nm=e).faces) for e in (0.5, 3, 30)]

    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == 3
    assert simplify(bumpy, max_error_nm=0) is bumpy


def test_the_same_surface_gives_the_same_bytes(bumpy):
    one, other = (simplify(bumpy, max_error_nm=5) for _ in range(2))

    np.testing.assert_array_equal(one.vertices_nm, other.vertices_nm)
    np.testing.assert_array_equal(one.faces, other.faces)


def test_threads_never_simplify_at_the_same_time(bumpy, monkeypatch):
    """The library keeps its mesh in global variables."""
    original, inside, most = fast_simplification.simplify, [], []

    def watched(*surface, **options):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.005)
        try:
            return original(*surface, **options)
        finally:
            inside.pop()

    monkeypatch.setattr(fast_simplification, "simplify", watched)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: simplify(bumpy, max_error_nm=3), range(4)))

    assert len(most) > 2
    assert max(most) == 1


def test_edges_with_one_three_or_unlike_triangles_are_not_closed():
    closed = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)])
    turned = closed.copy()
    turned[0] = turned[0, ::-1]

    assert is_closed(closed)
    assert not is_closed(closed[1:])
    assert not is_closed(turned)
    assert not is_closed(np.concatenate([closed, closed[:, ::-1]]))


def _distance(points, surface):
    """Largest distance from every triangle, one by one."""
    triangles = surface.vertices_nm[surface.faces]
    farthest = 0.0
    for point in points[::7]:
        many = np.repeat(point[None], len(triangles), axis=0)
        near = trimesh.triangles.closest_point(triangles, many)
        farthest = max(farthest, np.linalg.norm(near - point, axis=1).min())
    return farthest


def test_an_object_that_would_vanish_stays_as_it_is(monkeypatch):
    monkeypatch.setitem(
        simplify.__globals__,
        "_collapsed",
        lambda surface, share: surface._replace(faces=surface.faces[:0]),
    )
    whole = surface_of(np.ones((4, 9, 9), bool), spacing_nm=(40, 10, 10))

    assert len(simplify(whole, max_error_nm=50).faces) == len(whole.faces)
