import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csgraph

from densecell.surfaces import surface_of
from densecell.surfaces.fair import _neighbours, fair

DEEP = (40.0, 10.0, 10.0)
# 48 voxels whose surface has edges of four triangles; a search for strongly connected
# parts never ended on it, and held the interpreter, hence a process that can be killed.
ROUGH_OBJECT = """
import numpy as np
from densecell.surfaces import surface_of

packed = bytes.fromhex("c2c5082dc844527968440ec78261f8")
mask = np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(6, 5, 4)
assert mask.sum() == 48
print(len(surface_of(mask == 1, spacing_nm=(45, 4, 4)).faces) > 0)
"""


def ball(radius_nm, *, rough_nm=0.0):
    """Draw a ball whose surface is uncertain, from voxel to voxel."""
    z, y, x = np.ogrid[-10:11, -40:41, -40:41]
    off = np.sqrt((40 * z + 13) ** 2 + (10 * y) ** 2 + (10 * x + 3) ** 2)
    return (
        off + rough_nm * np.random.default_rng(0).standard_normal(off.shape) < radius_nm
    )


def faired(rough):
    (smooth,) = fair([rough], spacings_nm=[DEEP])
    return smooth


def test_roughness_is_evened_out_and_size_is_kept():
    mask = ball(300, rough_nm=5)
    rough = surface_of(mask, spacing_nm=DEEP, even_out=False)

    smooth = faired(rough)

    truth_um2 = 4 * np.pi * 0.3**2
    assert rough.area_um2 > 1.1 * truth_um2
    assert smooth.area_um2 == pytest.approx(truth_um2, rel=0.02)
    assert smooth.volume_um3 == pytest.approx(rough.volume_um3, rel=0.01)


def test_no_vertex_moves_further_than_half_a_voxel():
    mask = ball(300)
    mask[3:9:2] = False  # as rough as can be
    rough = surface_of(mask, spacing_nm=DEEP, even_out=False)
    before = rough.vertices_nm.copy()

    moved = np.abs(faired(rough).vertices_nm - before)

    assert (moved.max(0) <= np.divide(DEEP, 2) + 1e-9).all()
    assert moved.max() > 5
    np.testing.assert_array_equal(rough.vertices_nm, before)


def test_the_polynomial_stands_for_pass_after_pass():
    rough = surface_of(ball(300, rough_nm=5), spacing_nm=DEEP, even_out=False)
    middle, start = _neighbours(rough), rough.vertices_nm
    there = start
    for _ in range(30):
        for share in (0.6, -0.613):
            there = there + share * (middle @ there - there)
    expected = start + np.clip(there - start, np.divide(DEEP, -2), np.divide(DEEP, 2))

    smooth = faired(rough)

    part = csgraph.connected_components(middle, directed=False)[1]
    ball_itself = part == np.bincount(part).argmax()  # specks move less: see below
    moved, passed = smooth.vertices_nm[ball_itself], expected[ball_itself]
    np.testing.assert_allclose(moved, passed, rtol=0, atol=0.01)


def test_a_single_voxel_keeps_its_surface_beside_a_large_object():
    mask = np.zeros((9, 30, 30), bool)
    mask[2:7, 3:20, 3:20] = True
    alone = np.zeros((9, 30, 30), bool)
    alone[4, 25, 25] = mask[4, 25, 25] = True

    both = surface_of(mask, spacing_nm=DEEP)
    one = surface_of(alone, spacing_nm=DEEP)

    assert one.area_um2 > 5e-5  # it shrank to a point
    corner = both.vertices_nm[(both.vertices_nm[:, 1:] > 230).all(axis=1)]
    assert (np.ptp(corner, 0) > 1).all()


def test_surfaces_together_are_what_each_is_alone():
    large = surface_of(ball(300, rough_nm=5), spacing_nm=DEEP, even_out=False)
    small = surface_of(ball(90), spacing_nm=DEEP, even_out=False)

    both = fair([large, small], spacings_nm=[DEEP, DEEP])

    for found, rough in zip(both, (large, small), strict=True):
        np.testing.assert_array_equal(found.vertices_nm, faired(rough).vertices_nm)
        np.testing.assert_array_equal(found.faces, rough.faces)
    assert fair([], spacings_nm=[]) == []


def test_a_surface_that_touches_itself_along_edges_comes_to_an_end():
    outcome = subprocess.run(
        [sys.executable, "-c", ROUGH_OBJECT],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert outcome.stdout.strip() == "True"
