import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import densecell
from densecell.config import ObjectsConfig
from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.objects import measure_objects, open_source
from densecell.viewer import napari_reader, open_contents
from densecell.viewer.napari_reader import read_result, reader_of

MANIFEST = Path(densecell.__file__).parent / "napari.yaml"


@pytest.fixture
def viewer():
    """napari without windows; it warns of what its own packages do."""
    components = pytest.importorskip("napari.components", reason="needs napari")
    return components.ViewerModel()


@pytest.fixture
def plugin():
    """Register the manifest as an installed package would."""
    npe2 = pytest.importorskip("npe2", reason="needs npe2")
    manager = npe2.PluginManager.instance()
    manifest = npe2.PluginManifest.from_file(MANIFEST)
    manager.register(manifest)
    yield manifest
    manager.unregister(manifest.name)


@pytest.mark.parametrize("inside", ["", "segmentation.zarr"])
def test_a_result_opens_in_napari_at_the_right_scale(viewer, plugin, finished, inside):
    viewer.open(str(finished / "result" / inside), plugin=plugin.name)

    names = ["image", "confidence", "disagreement", "classes"]
    assert [layer.name for layer in viewer.layers] == [
        *names,
        "cells",
        "organelles",
        "parts",
    ]
    for layer in viewer.layers:
        assert layer.scale.tolist() == [40, 10, 10]
        assert [str(unit) for unit in layer.units] == ["nanometer"] * 3
    assert viewer.dims.axis_labels == ("z", "y", "x")
    assert viewer.layers["image"].translate.tolist() == [0, 0, 0]
    assert viewer.layers["cells"].translate.tolist() == [80, 100, 0]


def test_a_result_too_small_for_coarser_levels_opens(
    viewer, plugin, finished, monkeypatch
):
    finest = napari_reader.open_levels
    monkeypatch.setattr(napari_reader, "open_levels", lambda path: finest(path)[:1])

    viewer.open(str(finished / "result"), plugin=plugin.name)

    assert len(viewer.layers) == 7
    for layer in viewer.layers:
        assert not layer.multiscale
        assert layer.ndim == 3


@pytest.fixture(scope="session")
def measured(finished, tmp_path_factory):
    """Folder of labels from elsewhere that were measured: do not touch."""
    out = tmp_path_factory.mktemp("measured") / "out"
    labels = finished / "result" / "segmentation.zarr" / "labels" / "classes"
    for _ in measure_objects(open_source(labels, out=out), ObjectsConfig()):
        pass
    return out


@pytest.mark.parametrize("inside", ["", "segmentation.zarr"])
def test_measured_labels_open_with_their_objects(viewer, plugin, measured, inside):
    viewer.open(str(measured / inside), plugin=plugin.name)

    names = ["classes", "cells", "organelles", "parts"]
    assert [layer.name for layer in viewer.layers] == names
    for layer in viewer.layers:
        assert layer.scale.tolist() == [40, 10, 10]
    assert viewer.layers["cells"].features["class"].tolist() == ["cell", "cell"]


def test_a_measurement_that_did_not_finish_is_refused(measured, tmp_path):
    shutil.copytree(measured, tmp_path / "out")
    (tmp_path / "out" / "blocks" / "measure" / "finished").unlink()

    with pytest.raises(VolumeError, match="not measured to its end; run"):
        read_result(tmp_path / "out")


def test_classes_have_names_and_colours_of_the_scheme(viewer, plugin, finished):
    viewer.open(str(finished / "result"), plugin=plugin.name)

    layer = viewer.layers["classes"]
    granule = np.divide((76, 115, 233), 255)
    np.testing.assert_allclose(layer.get_color(3)[:3], granule, atol=1e-3)
    assert layer.get_color(0) is None  # nothing is drawn
    assert layer.features["class"].tolist()[5] == "dense granule"


def test_the_pointer_tells_the_class_of_an_object(viewer, plugin, finished):
    viewer.open(str(finished / "result"), plugin=plugin.name)
    viewer.layers["organelles"].visible = True
    z, y, x = np.multiply((8, 35, 70), (40, 10, 10))  # in the mitochondrion
    viewer.dims.set_point(0, z)

    status = viewer.layers["organelles"].get_status((z, y, x), world=True)

    assert "class: mitochondrion" in status["value"]


def test_voxels_are_read_when_they_are_looked_at(finished):
    levels, settings, kind = read_result(finished / "result")[0]
    contents = open_contents(finished / "result")

    assert (settings["name"], kind) == ("image", "image")
    assert [level.shape for level in levels] == [(15, 60, 300), (15, 30, 150)]
    part = np.asarray(levels[0][3:5, 10:20, 7])
    box = Box((3, 10, 7), (5, 20, 8))
    np.testing.assert_array_equal(part, contents.image.read(box)[..., 0])


def test_an_image_that_moved_away_is_left_out_and_named(copied, change_run):
    change_run(copied / "result", path="/moved/image.tif")

    layers = read_result(copied / "result")

    assert [settings["name"] for _, settings, _ in layers][:2] == [
        "confidence",
        "disagreement",
    ]
    assert "/moved/image.tif" in layers[0][1]["metadata"]["missing"][0]


def test_anything_else_is_refused(finished, tmp_path):
    assert reader_of(str(tmp_path)) is None
    assert reader_of(str(finished / "image.zarr")) is None
    assert reader_of(str(tmp_path / "absent")) is None
    assert reader_of([str(finished / "result")]) is None
    assert reader_of(str(finished / "result")) is read_result


def test_neither_napari_nor_qt_is_loaded():
    code = (
        "import sys, densecell.viewer.napari_reader\n"
        "print(sorted({'napari', 'qtpy', 'dask', 'torch'} & set(sys.modules)))"
    )

    outcome = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert outcome.stdout.strip() == "[]"
