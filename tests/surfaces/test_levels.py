import csv

import numpy as np
import pytest
import trimesh
from results import write_run

from densecell.classes import ClassScheme
from densecell.config import MeshConfig, ObjectsConfig
from densecell.errors import VolumeError
from densecell.geometry import Box, Spacing
from densecell.objects import measure_objects, open_source
from densecell.result import Result, read_mesh_settings
from densecell.surfaces import mesh_result
from densecell.surfaces.levels import levels_of
from densecell.surfaces.run import resolve_mesh_settings

PLAIN = {"split": False, "min_volume_um3": 0}
PARTS = ObjectsConfig(cells=PLAIN, organelles=PLAIN, block=(9, 8, 40))


def labels_with_a_granule():
    """Draw a cell whose dense granule, of 7 x 20 x 20 voxels, is mostly core."""
    labels = np.zeros((9, 32, 40), np.uint8)
    labels[:, 3:29, 3:37] = 1
    labels[1:8, 6:26, 8:28] = 5
    labels[2:7, 7:25, 9:27] = 6
    return labels


@pytest.fixture
def begun(tmp_path):
    """Steps of measuring a bare volume, and the folder that they fill."""
    np.save(tmp_path / "labels.npy", labels_with_a_granule())
    source = open_source(
        tmp_path / "labels.npy",
        out=tmp_path / "measured",
        classes="platelet",
        spacing_nm=(50, 8, 8),
    )
    return measure_objects(source, PARTS), source.out


def test_labels_measured_by_themselves_are_meshed(begun):
    steps, out = begun
    list(steps)

    assert list(mesh_result(out, MeshConfig()))[-1] == ("mesh", 3, 3)

    with (out / "meshes" / "meshes.csv").open(newline="") as file:
        rows = [(r["object"], r["class"], r["voxels"]) for r in csv.DictReader(file)]
    assert rows == [
        ("cell", "cell", "7956"),
        ("organelle", "dense granule", "2800"),
        ("part", "dense granule core", "1620"),
    ]
    assert read_mesh_settings(out).max_error_nm == 12.5  # a quarter of 50
    assert Result(out).scheme == ClassScheme.platelet()
    assert Result(out).spacing_nm == Spacing(50, 8, 8)


def test_a_granule_and_its_core_are_two_nodes_of_a_scene(begun):
    steps, out = begun
    list(steps)

    list(mesh_result(out, MeshConfig(formats=("glb",))))

    scene = trimesh.load_scene(out / "meshes" / "glb" / "cell_1.glb")
    colours = {
        name: scene.geometry[name].visual.material.baseColorFactor[:3].tolist()
        for name in scene.graph.nodes_geometry
    }
    assert colours == {
        "cell 1": [16, 94, 21],
        "dense granule 1": [255, 70, 0],
        "dense granule core 1": [99, 4, 4],
    }


def test_half_a_measurement_is_refused(begun):
    steps, out = begun
    while next(steps).stage != "ids":
        pass
    steps.close()
    assert (out / "segmentation.zarr" / "labels" / "cells").is_dir()

    refused = pytest.raises(VolumeError, match="measured: is not measured to its end;")
    with refused:
        list(mesh_result(out, MeshConfig()))
    with refused:
        list(mesh_result(out, MeshConfig(), overwrite=True))
    assert not (out / "meshes").exists()


def test_the_usual_error_is_of_the_voxels_of_the_objects(measured):
    # measured with a voxel size of its own
    write_run(measured, ClassScheme.platelet(), (11, 40, 300), (80, 10, 10))

    settings = resolve_mesh_settings(Result(measured), MeshConfig())

    assert settings.max_error_nm == 40 / 4


def test_an_object_that_is_not_where_its_table_says_is_refused(measured):
    cells = levels_of(Result(measured))["cells"]

    with pytest.raises(VolumeError, match=r"object 7 is not .* \(0, 0, 0\) to \(1, 9,"):
        cells.surface(7, Box((0, 0, 0), (1, 9, 9)), max_voxels=1000)
