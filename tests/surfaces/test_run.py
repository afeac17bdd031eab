import csv
import shutil
import sys

import numpy as np
import pytest
import trimesh
from results import write_layer, write_measurement, write_objects, write_run

from densecell.classes import ClassScheme
from densecell.compute import connect
from densecell.config import MeshConfig
from densecell.errors import (
    BlocksFailedError,
    MissingExtraError,
    OutputError,
    VolumeError,
)
from densecell.geometry import Box
from densecell.result import OBJECTS, Result, has_meshes
from densecell.surfaces import mesh_result
from densecell.surfaces.levels import objects_fingerprint
from densecell.surfaces.scenes import Mesher
from densecell.volume import open_ome_zarr

DEEP, SHAPE = (40.0, 10.0, 10.0), (11, 40, 300)
USUAL = MeshConfig()
ALL = MeshConfig(formats=("glb", "precomputed", "ply", "obj", "stl"))


def mesh(result, config=USUAL, **options):
    return list(mesh_result(result, config, **options))


def files(result):
    folder = result / "meshes"
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def table(result):
    with (result / "meshes" / "meshes.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_object_is_written_in_every_format(measured):
    steps = mesh(measured, ALL)

    assert steps[-1] == ("mesh", 5, 5)
    assert has_meshes(measured)
    expected = {"glb/cell_1.glb", "glb/cell_2.glb", "glb/organelle_9.glb"}
    expected |= {f"precomputed/{k}/info" for k in ("cells", "organelles")}
    for stem in ("cell_1", "cell_2", "organelle_1", "organelle_4", "organelle_9"):
        expected |= {f"{s}/{stem}.{s}" for s in ("ply", "obj", "stl")}
        kind, number = stem.split("_")
        expected.add(f"precomputed/{kind}s/{number}:0")
    assert expected <= set(files(measured))


def test_a_cell_is_written_with_its_organelles(measured):
    mesh(measured)

    scene = trimesh.load_scene(measured / "meshes" / "glb" / "cell_1.glb")
    assert set(scene.graph.nodes_geometry) == {
        "cell 1",
        "mitochondrion 1",
        "alpha granule 4",
    }
    cell, mito = scene.geometry["cell 1"], scene.geometry["mitochondrion 1"]
    middle = np.multiply((20.5, 20.5, 5.5), DEEP[::-1]) / 1000  # x, y, z in um
    np.testing.assert_allclose(cell.bounds.mean(0), middle, atol=0.005)
    assert cell.volume == pytest.approx(4 / 3 * np.pi * 0.17**3, rel=0.05)
    assert list(mito.visual.material.baseColorFactor[:3]) == [231, 76, 232]
    assert cell.is_watertight
    assert (mito.bounds[0] > cell.bounds[0]).all()


def test_the_table_says_what_each_mesh_is(measured):
    mesh(measured)

    rows = {(r["object"], r["id"]): r for r in table(measured)}
    assert len(rows) == 5
    assert rows["organelle", "4"]["class"] == "alpha granule"
    assert rows["organelle", "4"]["cell"] == "1"
    assert rows["organelle", "9"]["cell"] == "0"
    area = float(rows["cell", "2"]["area_um2"])
    assert area == pytest.approx(4 * np.pi * 0.17**2, rel=0.03)
    assert int(rows["cell", "2"]["triangles"]) < int(
        rows["cell", "2"]["triangles_before"]
    )


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(measured, tmp_path):
    shutil.copytree(measured, tmp_path / "other")
    mesh(measured)

    run = mesh_result(tmp_path / "other", MeshConfig())
    while next(run).done < 1:
        pass
    run.close()
    assert not has_meshes(tmp_path / "other")
    again = mesh(tmp_path / "other")

    assert again[0].done >= 1
    assert files(tmp_path / "other") == files(measured)


def test_workers_of_a_cluster_write_the_same_bytes(measured, tmp_path):
    pytest.importorskip("distributed")
    shutil.copytree(measured, tmp_path / "other")
    mesh(measured)

    with connect("local:1") as cluster:
        mesh(tmp_path / "other", cluster=cluster)

    assert files(tmp_path / "other") == files(measured)


def test_finished_meshes_are_left_alone_and_others_refused(measured):
    mesh(measured)
    before = files(measured)

    assert mesh(measured) == [("mesh", 5, 5)]
    assert files(measured) == before
    with pytest.raises(OutputError, match=r"begun with max_error_nm 10.0, now .* 3.0"):
        mesh(measured, MeshConfig(max_error_nm=3))

    mesh(measured, MeshConfig(max_error_nm=3), overwrite=True)
    assert files(measured) != before


def test_a_format_is_added_to_those_that_are_there(measured):
    mesh(measured, MeshConfig(max_error_nm=3))
    before = files(measured)

    steps = mesh(measured, MeshConfig(formats=("obj", "ply")))

    assert len(steps) > 1
    assert has_meshes(measured)
    after = files(measured)
    assert {name for name in before if before[name] != after[name]} == {"settings.yaml"}
    assert {"obj/classes.mtl", "obj/cell_1.obj", "ply/organelle_9.ply"} <= set(after)
    assert mesh(measured) == [("mesh", 5, 5)]  # all of it is there
    mesh(measured, ALL, overwrite=True)
    assert "stl/cell_1.stl" in files(measured)


def test_meshes_of_other_objects_are_not_gone_on_with(measured):
    mesh(measured)

    cells = np.random.default_rng(0).integers(0, 9, SHAPE).astype(np.uint32)
    write_objects(measured, "cells", cells, DEEP, "cell")

    with pytest.raises(OutputError, match="measured anew since; pass --overwrite"):
        mesh(measured)


def test_one_changed_voxel_is_another_store(measured):
    before = objects_fingerprint(Result(measured))
    path = measured / "segmentation.zarr" / "labels" / "cells"
    volume = open_ome_zarr(path, labels=True, writable=True)
    box = Box((5, 20, 20), (6, 21, 21))
    volume.write(box, np.full(box.shape, 2, np.uint32))

    assert objects_fingerprint(Result(measured)) != before


def test_objects_of_another_shape_than_the_labels_are_refused(measured):
    write_layer(measured, "labels/cells", np.ones((3, 5, 7), np.uint32), DEEP)

    shapes = r"cells: has shape \(3, 5, 7\), .* have \(11, 40, 300\); measure again"
    with pytest.raises(VolumeError, match=shapes):
        mesh(measured)
    assert not (measured / "meshes").exists()


def test_an_object_of_one_voxel_has_meshes(measured):
    organelles = np.zeros(SHAPE, np.uint32)
    organelles[5, 20, 20] = 1
    write_objects(measured, "organelles", organelles, DEEP, "mitochondrion")

    mesh(measured)

    (row,) = [r for r in table(measured) if r["object"] == "organelle"]
    assert row["reliable"] == "False"
    assert float(row["area_um2"]) > 0


def test_a_folder_of_something_else_is_not_written_into(measured):
    (measured / "meshes").mkdir()
    (measured / "meshes" / "mine.txt").touch()

    with pytest.raises(OutputError, match=r"holds something else \(no settings.yaml"):
        mesh(measured)


def test_large_objects_come_from_a_coarser_level(measured):
    mesh(measured, MeshConfig(max_voxels=4000))

    rows = {(r["object"], r["id"]): r for r in table(measured)}
    assert rows["cell", "1"]["level"] == "1"
    assert rows["organelle", "1"]["level"] == "0"
    scene = trimesh.load_scene(measured / "meshes" / "glb" / "cell_1.glb")
    middle = np.multiply((20.5, 20.5, 5.5), DEEP[::-1]) / 1000
    np.testing.assert_allclose(
        scene.geometry["cell 1"].bounds.mean(0), middle, atol=0.02
    )


def test_what_is_too_thin_for_coarser_levels_is_still_meshed(measured):
    cells = np.zeros(SHAPE, np.uint32)
    cells[:, 3, 3::2] = 5  # no majority in any block of 2 x 2
    cells[5, 20, 7:11] = 6
    write_objects(measured, "cells", cells, DEEP, "cell")

    mesh(measured, MeshConfig(max_voxels=1000))

    rows = {(r["object"], r["id"]): r for r in table(measured)}
    assert rows["cell", "5"]["level"] == "0"
    assert rows["cell", "6"]["reliable"] == "False"


def test_organelles_alone_have_scenes_of_their_own(measured):
    shutil.rmtree(measured / "segmentation.zarr" / "labels" / "cells")

    mesh(measured)

    assert sorted(p.name for p in (measured / "meshes" / "glb").iterdir()) == [
        "organelle_1.glb",
        "organelle_4.glb",
        "organelle_9.glb",
    ]


def test_a_result_of_one_slice_without_cells_has_meshes(measured):
    flat = np.zeros((1, 20, 30), np.uint64)
    flat[0, 5:15, :12] = 2
    for write in (write_run, write_measurement):
        write(measured, ClassScheme.platelet(), flat.shape, DEEP)
    write_objects(measured, "cells", np.zeros(flat.shape, np.uint32), DEEP, "cell")
    write_objects(measured, "organelles", flat, DEEP, "mitochondrion")

    mesh(measured)

    (row,) = table(measured)
    assert (row["object"], row["class"], row["reliable"]) == (
        "organelle",
        "mitochondrion",
        "False",
    )


def test_a_result_without_objects_says_to_measure(measured):
    for name in ("cells", "organelles"):
        shutil.rmtree(measured / "segmentation.zarr" / "labels" / name)

    with pytest.raises(VolumeError, match="not measured yet; `densecell measure"):
        mesh(measured)


def test_objects_that_were_not_measured_are_refused(measured):
    (measured / OBJECTS).unlink()  # stores that another program made have none

    with pytest.raises(
        VolumeError, match=r"not measured yet; `densecell measure .*tabl"
    ):
        mesh(measured)


def test_another_folder_is_no_result(tmp_path):
    with pytest.raises(VolumeError, match="is no result of densecell"):
        mesh(tmp_path)


def test_what_fails_is_named_and_the_others_are_finished(measured, monkeypatch):
    original = Mesher._mesh

    def fails(self, member):
        if member.stem == "cell_2":
            raise ValueError("odd")
        return original(self, member)

    monkeypatch.setattr(Mesher, "_mesh", fails)
    with pytest.raises(BlocksFailedError, match=r"1 of 3 blocks .*\n  cell_2: .*odd"):
        mesh(measured)

    monkeypatch.undo()
    assert mesh(measured)[0] == ("mesh", 4, 5)


@pytest.mark.parametrize("package", ["trimesh", "fast_simplification"])
def test_a_missing_extra_names_the_pip_command(measured, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError, match=rf"{package}, .*'densecell\[mesh\]'"):
        mesh(measured)

    assert not (measured / "meshes").exists()
