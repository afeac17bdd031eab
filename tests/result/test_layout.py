from pathlib import Path

import pytest

from densecell.address import Url
from densecell.result import (
    has_meshes,
    is_measured,
    is_result,
    is_segmentation,
    is_segmented,
    layer_path,
)


def test_an_empty_folder_is_no_result(tmp_path):
    assert not is_result(tmp_path)
    assert not is_segmentation(tmp_path)
    assert not is_result(tmp_path / "missing")
    assert not is_result(Url("https://example.org/volume.zarr"))


@pytest.mark.parametrize(
    ("name", "segmentation"), [("run.yaml", True), ("objects.yaml", False)]
)
def test_a_result_is_known_by_its_settings(tmp_path, name, segmentation):
    (tmp_path / name).write_text("")

    assert is_result(tmp_path)
    assert is_segmentation(tmp_path) is segmentation


@pytest.mark.parametrize(
    ("test", "mark"),
    [
        (is_segmented, "agreement.json"),
        (is_measured, "blocks/measure/finished"),
        (has_meshes, "blocks/mesh/finished"),
    ],
)
def test_a_step_is_finished_once_its_last_file_is_there(tmp_path, test, mark):
    assert not test(tmp_path)

    (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mark).write_text("")

    assert test(tmp_path)


def test_layers_have_their_place_and_others_have_none():
    assert layer_path(Path("r"), "cells") == Path("r/segmentation.zarr/labels/cells")
    with pytest.raises(KeyError, match="'nuclei' is no layer of objects: cells, "):
        layer_path(Path("r"), "nuclei")
