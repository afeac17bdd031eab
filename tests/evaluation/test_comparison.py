import numpy as np
import pytest
from results import write_layer, write_measurement, write_run

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation.comparison import shared_objects

SCHEME = ClassScheme.platelet()
SHAPE, SPACING = (2, 3, 4), (40, 10, 10)


@pytest.fixture
def results(tmp_path):
    """Two segmentations with cells, of which nothing tells how they were made."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        write_run(folder, SCHEME, SHAPE, SPACING)
        write_layer(folder, "labels/cells", np.ones(SHAPE, np.uint32), SPACING)
    return folders


def test_objects_that_nothing_tells_of_are_compared_as_they_are(results):
    assert list(shared_objects(*results)) == ["cells"]


@pytest.mark.parametrize("half", [0, 1])
def test_objects_of_half_a_measurement_are_not_compared(results, half):
    write_measurement(results[half], SCHEME, SHAPE, SPACING, finished=False)

    with pytest.raises(VolumeError, match="is not measured to its end; run `densecell"):
        shared_objects(*results)

    write_measurement(results[half], SCHEME, SHAPE, SPACING)
    assert list(shared_objects(*results)) == ["cells"]


def test_objects_of_another_shape_than_their_labels_are_refused(results):
    write_layer(results[1], "labels/cells", np.ones((2, 3, 5), np.uint32), SPACING)

    with pytest.raises(VolumeError, match=r"\(2, 3, 5\), but the class labels that"):
        shared_objects(*results)


def test_results_without_shared_objects_are_compared_without_them(tmp_path, results):
    write_run(tmp_path / "c", SCHEME, SHAPE, SPACING)
    write_measurement(results[0], SCHEME, SHAPE, SPACING, finished=False)

    assert shared_objects(results[0], tmp_path / "c") == {}
    assert shared_objects(results[0], tmp_path / "labels.npy") == {}
