import numpy as np
import pytest
from results import write_layer, write_run

from densecell.classes import ClassScheme
from densecell.config import write_text
from densecell.errors import ConfigError, VolumeError
from densecell.evaluation.prediction import open_prediction
from densecell.geometry import Box

SPACING = (50.0, 4.0, 4.0)
LABELLED = (np.arange(4 * 5 * 6) % 3).reshape(4, 5, 6).astype(np.uint8)
SCHEME = ClassScheme.from_ids([0, 1, 2])


def make_result(folder, *, box=None, labels=LABELLED):
    shape = (4, 5, 6) if box is None else (20, 40, 60)
    write_run(folder, SCHEME, shape, SPACING, box=box)
    if labels is not None:
        write_layer(folder, "labels/classes", labels, SPACING)
    return folder


def test_a_result_of_the_whole_volume(tmp_path):
    found = open_prediction(make_result(tmp_path))

    assert (found.box, found.partial) == (Box.whole((4, 5, 6)), False)
    assert found.scheme == SCHEME
    np.testing.assert_array_equal(found.labels.read(found.box), LABELLED)


def test_a_result_of_a_box_keeps_its_place(tmp_path):
    result = make_result(tmp_path, box=((10, 20, 30), (14, 25, 36)))

    found = open_prediction(result)

    assert (found.box, found.partial) == (Box((10, 20, 30), (14, 25, 36)), True)


def test_a_bare_volume_has_no_scheme(tmp_path):
    np.save(tmp_path / "labels.npy", LABELLED)

    found = open_prediction(tmp_path / "labels.npy")

    assert (found.box, found.partial) == (Box.whole((4, 5, 6)), False)
    assert found.scheme is None


def test_a_result_without_labels_is_refused(tmp_path):
    result = make_result(tmp_path, labels=None)
    with pytest.raises(
        VolumeError, match=r"no labels in segmentation.zarr/labels/class"
    ):
        open_prediction(result)


def test_labels_that_do_not_fill_their_box_are_refused(tmp_path):
    result = make_result(tmp_path, box=((0, 0, 0), (4, 5, 7)))
    sentence = r"labels cover \(4, 5, 7\) voxels, but they have shape \(4, 5, 6\); segm"
    with pytest.raises(VolumeError, match=sentence):
        open_prediction(result)


def test_a_run_without_classes_is_refused(tmp_path):
    write_text(tmp_path / "run.yaml", "format: 1\n")
    with pytest.raises(ConfigError, match=r"run.yaml: .*field required"):
        open_prediction(tmp_path)
