import numpy as np
import pytest

from densecell.surfaces import surface_of
from densecell.surfaces.fair import fair

DEEP = (40.0, 10.0, 10.0)


def ball(radius_nm):
    z, y, x = np.ogrid[-10:11, -40:41, -40:41]
    return (40 * z + 13) ** 2 + (10 * y) ** 2 + (10 * x + 3) ** 2 < radius_nm**2


def bend(surface):
    """Mean angle between neighbouring triangles, in degrees."""
    import trimesh

    mesh = trimesh.Trimesh(surface.vertices_nm, surface.faces, process=False)
    return np.degrees(mesh.face_adjacency_angles).mean()


def test_steps_are_evened_out_and_size_is_kept():
    rough = surface_of(ball(300), spacing_nm=DEEP)

    smooth = fair(rough, spacing_nm=DEEP)

    assert bend(smooth) < 0.6 * bend(rough)
    assert smooth.volume_um3 == pytest.approx(rough.volume_um3, rel=0.01)
    assert smooth.area_um2 == pytest.approx(4 * np.pi * 0.3**2, rel=0.02)


def test_no_vertex_moves_further_than_half_a_voxel():
    mask = ball(300)
    mask[3:9:2] = False  # as rough as can be
    rough = surface_of(mask, spacing_nm=DEEP)
    before = rough.vertices_nm.copy()

    moved = np.abs(fair(rough, spacing_nm=DEEP).vertices_nm - before)

    assert (moved.max(0) <= np.divide(DEEP, 2) + 1e-9).all()
    assert moved.max() > 5
    np.testing.assert_array_equal(rough.vertices_nm, before)
