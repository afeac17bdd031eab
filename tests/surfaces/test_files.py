import numpy as np
import pytest
import trimesh

from densecell.surfaces import surface_of
from densecell.surfaces.files import (
    SceneNode,
    to_xyz,
    write_glb,
    write_materials,
    write_mesh,
)

DEEP = (40.0, 10.0, 10.0)


@pytest.fixture(scope="module")
def slab():
    """A block of 120 x 50 x 90 nm at z 400, y 200, x 100 nm."""
    return surface_of(
        np.ones((3, 5, 9), bool), spacing_nm=DEEP, origin_nm=(400, 200, 100)
    )


def is_the_slab(mesh, unit_nm=1.0):
    """Whether a mesh in x, y, z lies where the slab does, seen from outside."""
    low, high = mesh.bounds * unit_nm
    np.testing.assert_allclose(low, (100, 200, 400), atol=6)
    np.testing.assert_allclose(high, (190, 250, 520), atol=20)
    return mesh.is_watertight and mesh.volume > 0


def test_x_comes_first_and_outside_stays_outside(slab):
    points, faces = to_xyz(slab)

    assert points.dtype == np.float32
    np.testing.assert_allclose(points, slab.vertices_nm[:, ::-1])
    assert is_the_slab(trimesh.Trimesh(points, faces, process=False))


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl"])
def test_another_program_reads_the_surface_back(slab, tmp_path, suffix):
    write_mesh(tmp_path / f"slab.{suffix}", SceneNode("cell 7", slab, (10, 200, 30)))

    mesh = trimesh.load_mesh(tmp_path / f"slab.{suffix}")
    assert is_the_slab(mesh)
    assert mesh.volume == pytest.approx(slab.volume_um3 * 1e9, rel=1e-3)


def test_glb_holds_named_coloured_nodes_scaled_to_metres(slab, tmp_path):
    parts = [
        SceneNode("cell 7", slab, (10, 200, 30), 0.3),
        SceneNode("mitochondrion 12", slab, (231, 76, 232)),
    ]

    write_glb(tmp_path / "cell_7.glb", parts)

    scene = trimesh.load_scene(tmp_path / "cell_7.glb")
    assert set(scene.graph.nodes_geometry) == {"cell 7", "mitochondrion 12"}
    cell, mito = (scene.geometry[p.name] for p in parts)
    assert is_the_slab(cell, unit_nm=1000)
    transform, _ = scene.graph["cell 7"]
    np.testing.assert_allclose(np.diag(transform), (1e-6, 1e-6, 1e-6, 1))
    np.testing.assert_allclose(scene.extents * 1e9, (90, 50, 120), rtol=0.2)  # metres
    assert list(mito.visual.material.baseColorFactor) == [231, 76, 232, 255]
    assert cell.visual.material.baseColorFactor[3] == pytest.approx(0.3 * 255, abs=1)
    assert cell.visual.material.alphaMode == "BLEND"


def test_the_same_scene_gives_the_same_bytes(slab, tmp_path):
    for name in "ab":
        write_glb(tmp_path / f"{name}.glb", [SceneNode("cell 7", slab, (1, 2, 3))])

    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()


def test_ply_holds_name_unit_and_colour(slab, tmp_path):
    write_mesh(tmp_path / "a.ply", SceneNode("cell 7", slab, (10, 200, 30)))

    head = (tmp_path / "a.ply").read_bytes().partition(b"end_header")[0].decode()
    assert head.splitlines()[2:4] == ["comment cell 7", "comment unit nanometre"]
    colours = trimesh.load_mesh(tmp_path / "a.ply").visual.vertex_colors
    assert np.unique(colours, axis=0).tolist() == [[10, 200, 30, 255]]


def test_obj_holds_name_unit_and_a_material(slab, tmp_path):
    node = SceneNode("alpha granule 7", slab, (51, 204, 0))
    write_mesh(tmp_path / "a.obj", node)
    write_materials(tmp_path, {"alpha granule": node.colour})

    text = (tmp_path / "a.obj").read_text()
    assert "# unit nanometre\n" in text
    assert "\no alpha_granule_7\nusemtl alpha_granule\n" in text
    material = trimesh.load_mesh(tmp_path / "a.obj").visual.material
    assert material.name == "alpha_granule"
    assert material.diffuse.tolist() == [51, 204, 0, 255]


def test_the_head_of_stl_says_name_and_unit(slab, tmp_path):
    write_mesh(tmp_path / "a.stl", SceneNode("cell 7", slab, (10, 200, 30)))

    head = (tmp_path / "a.stl").read_bytes()[:80]
    assert head.decode().rstrip() == "cell 7, unit nanometre"
