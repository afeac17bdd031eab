import shutil

import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.report.pictures import solids
from densecell.report.pictures.solids import load_solids


def test_the_largest_cell_comes_first_with_what_lies_in_it(platelets):
    shown, left_out = load_solids(platelets)

    about = [(solid.class_name, solid.id, solid.cell) for solid in shown]
    assert left_out == 0
    assert about[0] == ("cell", 1, 1)
    assert about[-1] == ("cell", 2, 2)
    assert {name for name, _, cell in about[1:-1] if cell == 1} == {
        "mitochondrion",
        "alpha granule",
    }


def test_points_are_in_micrometres_x_first(platelets):
    cell = load_solids(platelets).shown[0]

    low, high = cell.triangles.points.min(axis=0), cell.triangles.points.max(axis=0)
    np.testing.assert_allclose((low + high) / 2, (0.25, 0.3, 0.16), atol=0.02)
    assert cell.triangles.faces.max() < len(cell.triangles.points)


def test_triangles_are_shared_out_by_what_each_object_has(platelets, monkeypatch):
    before = sum(len(s.triangles.faces) for s in load_solids(platelets).shown)
    monkeypatch.setattr(solids, "TRIANGLES", before // 2)
    monkeypatch.setattr(solids, "FEWEST", 4)

    after = sum(len(s.triangles.faces) for s in load_solids(platelets).shown)

    assert after <= 1.05 * before / 2


def test_objects_beyond_the_most_are_counted(platelets, monkeypatch):
    monkeypatch.setattr(solids, "MOST_OBJECTS", 3)

    shown, left_out = load_solids(platelets)

    assert (len(shown), left_out) == (3, 1)
    assert {solid.cell for solid in shown} == {1}


def test_without_meshes_nothing_is_shown(tmp_path):
    assert load_solids(tmp_path) == ([], 0)


def test_a_damaged_mesh_is_named_with_the_way_out(platelets, tmp_path):
    shutil.copytree(platelets, tmp_path / "result")
    (tmp_path / "result" / "meshes" / "glb" / "cell_1.glb").write_bytes(b"glTF?")

    with pytest.raises(
        VolumeError, match=r"cell_1.glb: cannot be read .*`densecell me"
    ):
        load_solids(tmp_path / "result")
