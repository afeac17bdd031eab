import math

import numpy as np
import pytest
import trimesh
from hypothesis import example, given, settings
from hypothesis import strategies as st

from densecell.errors import ConfigError, VolumeError
from densecell.surfaces import surface_of

DEEP = (40.0, 10.0, 10.0)  # nm, 4:1
SLICES = {2.5: 0.08, 3.5: 0.08, 5.0: 0.03, 8.0: 0.03}  # semi-axis: allowed error
AXES = {
    "sphere": (1, 1, 1),
    "tall": (1.6, 1, 1),
    "flat": (1, 2.5, 2.5),
    "three axes": (1, 1.3, 1.6),
}


def ellipsoid(semi_axes_nm, spacing_nm, rng, *, tilt=False):
    """Sample an ellipsoid at a random place; give the voxels whose centres it holds."""
    frame = np.linalg.qr(rng.standard_normal((3, 3)))[0] if tilt else np.eye(3)
    form = frame.T @ np.diag(np.power(semi_axes_nm, -2.0)) @ frame
    reach = np.sqrt(np.diag(np.linalg.inv(form)))
    axes = [
        (np.arange(-n, n + 1) + shift) * s
        for n, s, shift in zip(
            np.ceil(reach / spacing_nm).astype(int) + 1,
            spacing_nm,
            rng.uniform(-0.5, 0.5, 3),
            strict=True,
        )
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return np.einsum("...i,ij,...j", points, form, points) <= 1


def ellipsoid_area(a, b, c):
    """Integrate numerically; exact to 1e-5."""
    theta = (np.arange(400) + 0.5)[:, None] / 400 * np.pi
    phi = (np.arange(800) + 0.5) / 800 * 2 * np.pi
    sin, cos = np.sin(theta), np.cos(theta)
    across = (b * c * sin * np.cos(phi)) ** 2 + (a * c * sin * np.sin(phi)) ** 2
    patch = sin * np.sqrt(across + (a * b * cos) ** 2)
    return patch.sum() * (np.pi / 400) * (2 * np.pi / 800)


def as_trimesh(surface):
    return trimesh.Trimesh(surface.vertices_nm, surface.faces, process=False)


@pytest.mark.parametrize("tilt", [False, True])
@pytest.mark.parametrize("ratios", AXES.values(), ids=AXES)
@pytest.mark.parametrize("slices", SLICES)
def test_the_area_of_ellipsoids_is_right_at_4_to_1(slices, ratios, tilt):
    rng = np.random.default_rng(int(10 * slices))
    semi_axes = slices * DEEP[0] * np.array(ratios)

    surfaces = [
        surface_of(ellipsoid(semi_axes, DEEP, rng, tilt=tilt), spacing_nm=DEEP)
        for _ in range(2)
    ]

    truth_um2 = ellipsoid_area(*semi_axes) * 1e-6
    for surface in surfaces:
        assert surface.reliable
        assert surface.area_um2 == pytest.approx(truth_um2, rel=SLICES[slices])


@pytest.mark.parametrize("spacing_nm", [DEEP, (10, 10, 10), (50, 4.6, 4.6)])
def test_the_volume_of_the_voxels_is_kept(spacing_nm):
    mask = ellipsoid(
        np.full(3, 4.0 * spacing_nm[0]), spacing_nm, np.random.default_rng(1)
    )

    surface = surface_of(mask, spacing_nm=spacing_nm)

    voxels_um3 = mask.sum() * math.prod(spacing_nm) * 1e-9
    assert surface.volume_um3 == pytest.approx(voxels_um3, rel=0.06)


def test_a_border_that_is_uncertain_by_half_a_voxel_adds_little_area():
    z, y, x = np.ogrid[-10:11, -40:41, -40:41]
    off = np.sqrt((40 * z + 13) ** 2 + (10 * y) ** 2 + (10 * x + 3) ** 2)
    off = off + 5 * np.random.default_rng(0).standard_normal(off.shape)

    surface = surface_of(off < 300, spacing_nm=DEEP)

    assert surface.area_um2 == pytest.approx(4 * np.pi * 0.3**2, rel=0.03)


def test_spheres_of_two_slices_are_flagged():
    mask = ellipsoid(np.full(3, 80.0), DEEP, np.random.default_rng(0))

    assert not surface_of(mask, spacing_nm=DEEP).reliable


@settings(max_examples=30)
@example(36, 0.1)  # single voxels, which evening out would turn inside out
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.5, 0.9]))
def test_any_mask_is_closed_and_seen_from_outside(seed, share):
    mask = np.random.default_rng(seed).random((4, 5, 6)) < share
    mask[0, 0, 0] = True

    surface = surface_of(mask, spacing_nm=DEEP)

    mesh = as_trimesh(surface)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert surface.volume_um3 > 0


def test_the_surface_parts_the_centres_of_voxels_inside_from_those_outside():
    mask = ellipsoid((90, 40, 60), DEEP, np.random.default_rng(2), tilt=True)
    mask[2, :, 7] = True  # a thread that smoothing alone would swallow

    mesh = as_trimesh(surface_of(mask, spacing_nm=DEEP, even_out=False))

    centres = (np.argwhere(np.ones_like(mask)) + 0.5) * DEEP
    winding = _winding(mesh.triangles, centres)
    np.testing.assert_allclose(winding, mask.ravel(), atol=1e-6)


def _winding(triangles, points):
    """How often a mesh goes round each point: 1 inside, 0 outside (solid angles)."""
    a, b, c = (triangles[None, :, k] - points[:, None] for k in range(3))
    la, lb, lc = (np.linalg.norm(q, axis=-1) for q in (a, b, c))
    volume = np.einsum("pti,pti->pt", a, np.cross(b, c))
    dots = [np.einsum("pti,pti->pt", p, q) for p, q in ((a, b), (b, c), (c, a))]
    below = la * lb * lc + dots[0] * lc + dots[1] * la + dots[2] * lb
    return np.arctan2(volume, below).sum(1) / (2 * np.pi)


def test_a_single_voxel_has_a_closed_surface_around_its_centre():
    surface = surface_of(np.ones((1, 1, 1), bool), spacing_nm=DEEP)

    np.testing.assert_allclose(surface.vertices_nm.mean(0), (20, 5, 5))
    assert as_trimesh(surface).is_watertight
    assert 0 < surface.volume_um3 <= math.prod(DEEP) * 1e-9
    assert not surface.reliable


def test_a_slice_that_fills_its_array_is_closed_at_the_border():
    surface = surface_of(np.ones((1, 6, 9), bool), spacing_nm=DEEP)

    assert as_trimesh(surface).is_watertight
    beyond = np.divide(DEEP, 2)
    assert (surface.vertices_nm > -beyond).all()
    assert (surface.vertices_nm < np.multiply((1, 6, 9), DEEP) + beyond).all()


def test_a_cavity_has_a_surface_of_its_own():
    mask = np.ones((7, 9, 9), bool)
    mask[3, 4, 4] = False

    surface = surface_of(mask, spacing_nm=DEEP)

    assert as_trimesh(surface).body_count == 2
    assert surface.volume_um3 < surface_of(mask | True, spacing_nm=DEEP).volume_um3


def test_the_origin_moves_the_surface_and_the_mask_is_untouched():
    mask = ellipsoid((90, 60, 70), DEEP, np.random.default_rng(3))
    before = mask.copy()

    here = surface_of(mask, spacing_nm=DEEP)
    there = surface_of(mask, spacing_nm=DEEP, origin_nm=(400, 50, 70))

    np.testing.assert_allclose(
        there.vertices_nm - here.vertices_nm, [[400, 50, 70]] * len(here.vertices_nm)
    )
    np.testing.assert_array_equal(mask, before)


def test_wrong_masks_are_refused_with_the_way_out():
    with pytest.raises(VolumeError, match=r"booleans, got uint8 of shape \(2, 2, 2\)"):
        surface_of(np.ones((2, 2, 2), np.uint8), spacing_nm=DEEP)
    with pytest.raises(VolumeError, match=r"booleans, got bool of shape \(2, 2\)"):
        surface_of(np.ones((2, 2), bool), spacing_nm=DEEP)
    with pytest.raises(VolumeError, match=r"shape \(2, 3, 4\) has no voxel inside"):
        surface_of(np.zeros((2, 3, 4), bool), spacing_nm=DEEP)
    with pytest.raises(ConfigError, match="three positive lengths"):
        surface_of(np.ones((1, 1, 1), bool), spacing_nm=(40, 0, 10))
