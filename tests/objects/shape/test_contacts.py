"""Areas of contact on surfaces of a known area, in any direction."""

import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.objects.shape.contacts import (
    contact_units,
    patch_shape,
    patches_of,
    unit_um2,
)

FLAT = Spacing(40, 10, 10)  # nm
CUBES = Spacing(10, 10, 10)
RADIUS = 400  # nm, of the ball in which surfaces are drawn
BEYOND = 7  # class outside it


def places(spacing, radius):
    """Coordinates (z, y, x) in nm around the middle of an array."""
    axes = []
    for length in spacing:
        half = int(radius / length) + 2
        axes.append(np.arange(-half, half + 1) * length)
    return np.meshgrid(*axes, indexing="ij", sparse=True)


def drawn(direction, spacing, *, thickness_nm=None, offset_nm=13.0):
    """Draw a plane between classes 0 and 1, or a layer of class 1 in class 0."""
    z, y, x = places(spacing, RADIUS)
    normal = np.array(direction, float) / np.linalg.norm(direction)
    depth = z * normal[0] + y * normal[1] + x * normal[2] - offset_nm
    one = depth < 0 if thickness_nm is None else abs(depth) < thickness_nm / 2
    inside = z**2 + y**2 + x**2 < RADIUS**2
    return np.where(inside, one, BEYOND).astype(np.uint8)


def area_um2(labels, a, b, spacing):
    units = contact_units(labels, labels.shape, spacing)
    assert units[a, b] == units[b, a] > 0
    return units[a, b] * unit_um2(spacing)


def disc_um2(*offsets_nm):
    return sum(np.pi * (RADIUS**2 - offset**2) * 1e-6 for offset in offsets_nm)


DIRECTIONS = [
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 1),
    (1, 0.1, 0),
    (1, 0.3, 0.2),
    (0.2, 1, 0),
    (0, 1, 1),
    (1, 1, 1),
    (1, -1, 0.5),
    (-1, 0, 2),
    (2, -1, 0),
    (-4, 1, 0),
]


@pytest.mark.parametrize("spacing", [FLAT, CUBES])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_flat_contact_has_its_area_in_any_direction(direction, spacing):
    labels = drawn(direction, spacing)

    area = area_um2(labels, 0, 1, spacing)

    assert area == pytest.approx(disc_um2(13), rel=0.05)


@pytest.mark.parametrize("slices", [1, 2])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_both_sides_of_a_thin_layer_count(direction, slices):
    half = slices * 20
    labels = drawn(direction, FLAT, thickness_nm=2 * half)

    area = area_um2(labels, 0, 1, FLAT)

    assert area == pytest.approx(disc_um2(13 - half, 13 + half), rel=0.05)


@pytest.mark.parametrize("voxels", [1, 2])
@pytest.mark.parametrize("direction", [(0, 0, 1), (0, 1, 1), (0.1, 1, 0.4)])
def test_a_layer_of_one_or_two_voxels_in_plane_counts(direction, voxels):
    half = voxels * 5
    labels = drawn(direction, FLAT, thickness_nm=2 * half)

    area = area_um2(labels, 0, 1, FLAT)

    assert area == pytest.approx(disc_um2(13 - half, 13 + half), rel=0.05)


@pytest.mark.parametrize(("spacing", "radius"), [(FLAT, 200), (FLAT, 400), (CUBES, 80)])
def test_a_ball_has_its_area(spacing, radius):
    z, y, x = places(spacing, radius)
    ball = ((z - 3) ** 2 + (y - 4) ** 2 + x**2 < radius**2).astype(np.uint8)

    area = area_um2(ball, 0, 1, spacing)

    assert area == pytest.approx(4 * np.pi * radius**2 * 1e-6, rel=0.05)


def test_blocks_of_any_size_add_up_to_the_whole():
    labels = np.random.default_rng(0).integers(0, 3, (7, 29, 31)).astype(np.uint8)
    patch = patch_shape(FLAT)
    cuts = ((0, 2, 5, 7), (0, 16, 29), (0, 10, 12, 31))

    parts = np.zeros((256, 256), np.int64)
    for z, z_end in zip(cuts[0], cuts[0][1:], strict=False):
        for y, y_end in zip(cuts[1], cuts[1][1:], strict=False):
            for x, x_end in zip(cuts[2], cuts[2][1:], strict=False):
                core = Box((z, y, x), (z_end, y_end, x_end))
                inside = patches_of(core, patch).clipped(labels.shape)
                wide = Box(inside.start, inside.grown((1, 1, 1)).stop)
                parts += contact_units(
                    labels[wide.clipped(labels.shape).slices], inside.shape, FLAT
                )

    whole = contact_units(labels, labels.shape, FLAT)
    np.testing.assert_array_equal(parts, whole)
    assert whole[:3, :3].sum() > 0
    assert whole[3:].sum() == 0


def test_one_slice_has_the_contacts_of_its_plane():
    labels = np.zeros((1, 24, 24), np.uint8)
    labels[:, :, 12:] = 4

    assert area_um2(labels, 0, 4, FLAT) == pytest.approx(24 * 10 * 40 * 1e-6)
