import json

import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.viewer import (
    Published,
    Truth,
    open_contents,
    open_true_labels,
    viewer_state,
)
from densecell.volume import ArrayVolume, write_tiff

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def state_of():
    """Function that makes the state of results as files of a web server."""

    def make(*results, truth=None):
        shown = [open_contents(result) for result in results]
        published = Published(BASE, results)
        return viewer_state(shown, truth, published), published

    return make


def layer_of(state, name):
    (found,) = (layer for layer in state["layers"] if layer["name"] == name)
    return found


@pytest.fixture
def here(copied, change_run):
    """Folder of a complete result beside its image."""
    change_run(copied / "result", path=str(copied / "image.zarr"))
    return copied


def test_a_result_has_a_layer_for_each_thing(state_of, here):
    state, published = state_of(here / "result")

    assert [layer["name"] for layer in state["layers"]] == [
        "image",
        "classes",
        "cells",
        "organelles",
        "parts",
        "confidence",
        "disagreement",
    ]
    assert state["layout"] == "4panel"
    assert published.left_out == []
    json.dumps(state)  # plain values only


def test_x_y_z_and_metres_are_neuroglancers(state_of, here):
    state, _ = state_of(here / "result")

    assert state["dimensions"] == {
        "x": [1e-8, "m"],
        "y": [1e-8, "m"],
        "z": [4e-8, "m"],
    }
    labels, meshes = layer_of(state, "cells")["source"]
    assert labels["url"] == f"zarr3://{BASE}/result/segmentation.zarr/labels/cells"
    assert labels["transform"] == {
        "outputDimensions": {"z": [4e-8, "m"], "y": [1e-8, "m"], "x": [1e-8, "m"]},
        "matrix": [[1, 0, 0, 2.5], [0, 1, 0, 10.5], [0, 0, 1, 0.5]],
    }
    assert meshes["url"] == f"precomputed://{BASE}/result/meshes/precomputed/cells"
    assert meshes["transform"] == {
        "outputDimensions": {"x": [1e-9, "m"], "y": [1e-9, "m"], "z": [1e-9, "m"]},
        "matrix": [[1, 0, 0, 0], [0, 1, 0, 100], [0, 0, 1, 80]],
    }


def test_classes_have_the_colours_of_the_scheme_and_no_background(state_of, here):
    layer = layer_of(state_of(here / "result")[0], "classes")

    assert layer["segments"] == ["1", "2", "3", "4", "5", "6"]
    assert layer["segmentColors"]["3"] == "#4c73e9"
    assert layer["hideSegmentZero"]


def test_organelles_have_the_colours_of_their_classes(state_of, here):
    layer = layer_of(state_of(here / "result")[0], "organelles")

    assert sorted(layer["segmentColors"].values()) == ["#e74ce8", "#ff4600"]
    assert sorted(layer["segments"]) == sorted(layer["segmentColors"])


def test_the_view_begins_in_the_largest_whole_cell(state_of, here):
    state, _ = state_of(here / "result")

    expected = (60.5, 25.5 + 10, 6.5 + 2)  # x, y, z, voxels of the whole volume
    np.testing.assert_allclose(state["position"], expected, atol=0.3)
    across_nm = 10 * 500 * state["crossSectionScale"]
    assert 420 < across_nm < 3 * 420  # the cell, and a bit around it


def test_grey_values_are_stretched_to_what_there_is(state_of, here):
    layer = layer_of(state_of(here / "result")[0], "image")

    assert layer["shaderControls"]["normalized"]["range"] == [60, 160]


def test_truth_lies_beside_the_result_over_the_same_image(state_of, here):
    contents = open_contents(here / "result")
    path = here / "result/segmentation.zarr/labels/classes"
    labels, box = open_true_labels(path, contents)
    assert box == contents.result.box

    truth = Truth(labels, box, contents.result.scheme)
    state, _ = state_of(here / "result", truth=truth)

    left, right = state["layout"]["children"]
    assert state["layout"]["type"] == "row"
    assert left["layers"][:2] == ["image", "classes"]
    assert right["layers"] == ["image", "truth"]
    assert layer_of(state, "classes")["visible"]
    assert not layer_of(state, "cells")["visible"]


def test_several_results_are_told_apart(state_of, here, finished):
    state, _ = state_of(here / "result", finished / "result")

    left, right = (panel["layers"] for panel in state["layout"]["children"])
    assert left[:2] == ["image", "classes result"]
    assert right[:2] == ["image result 2", "classes result 2"]
    names = [layer["name"] for layer in state["layers"]]
    assert sorted(left + right) == sorted(names)


def test_results_of_one_image_share_it(state_of, here):
    state, _ = state_of(here / "result", here / "result")

    left, right = (panel["layers"] for panel in state["layout"]["children"])
    assert left[0] == right[0] == "image"
    assert [layer["name"] for layer in state["layers"]].count("image") == 1


def test_what_a_web_server_cannot_give_is_left_out(state_of, here, change_run):
    array = np.zeros((15, 60, 300), np.uint8)
    write_tiff(here / "a.tif", ArrayVolume(array, spacing_nm=(40, 10, 10)))
    change_run(here / "result", path=str(here / "a.tif"))

    state, published = state_of(here / "result")

    assert state["layers"][0]["name"] == "classes"
    assert published.left_out == [here / "a.tif"]


def test_truth_of_another_shape_is_refused(here, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5), np.uint8))

    with pytest.raises(VolumeError, match=r"a\.npy: has shape \(3, 4, 5\), but result"):
        open_true_labels(tmp_path / "a.npy", open_contents(here / "result"))


def test_truth_of_the_whole_volume_begins_at_its_corner(here, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((15, 60, 300), np.uint8))

    labels, box = open_true_labels(tmp_path / "a.npy", open_contents(here / "result"))

    assert box == Box.whole((15, 60, 300))
    assert labels.spacing_nm == (40, 10, 10)
