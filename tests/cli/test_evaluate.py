import json

import commands
import numpy as np
import pytest
from results import write_layer, write_run

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation import score
from densecell.geometry import Box

SCHEME = ClassScheme.platelet()
RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
PREDICTED = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
SPACING = (40, 10, 10)
PART = Box((2, 1, 3), (5, 6, 9))


@pytest.fixture
def truth(tmp_path):
    np.save(tmp_path / "truth.npy", TRUTH)
    return tmp_path / "truth.npy"


@pytest.fixture
def result(tmp_path):
    """Write a result for a part of the volume."""
    write_run(tmp_path / "result", SCHEME, TRUTH.shape, SPACING, box=PART)
    labels = PREDICTED[PART.slices]
    write_layer(tmp_path / "result", "labels/classes", labels, SPACING)
    return tmp_path / "result"


def run(*arguments):
    return commands.run("evaluate", *arguments).stdout


def test_a_result_of_a_box_is_scored_where_it_lies(result, truth):
    record = json.loads(run(result, truth, "--json"))

    expected = score(TRUTH[PART.slices], PREDICTED[PART.slices], SCHEME)
    assert record["iou"] == expected.iou
    assert record["miou_org"] == expected.miou_org
    assert record["box"] == [[2, 1, 3], [5, 6, 9]]
    assert json.loads((result / "scores" / "truth.json").read_text()) == record


def test_a_smaller_box_counts_from_the_corner_of_the_whole_volume(result, truth):
    box = Box((0, 2, 4), (3, 4, 100))

    record = json.loads(run(result, truth, "--json", "--box", *box.start, *box.stop))

    seen = Box((2, 2, 4), (3, 4, 9))
    expected = score(TRUTH[seen.slices], PREDICTED[seen.slices], SCHEME)
    assert record["box"] == [list(seen.start), list(seen.stop)]
    assert record["confusion"] == expected.as_json()["confusion"]


def test_where_labelled(result, truth):
    record = json.loads(run(result, truth, "--json", "--where-labelled"))

    assert record["where_labelled"]
    assert record["voxels"] == (TRUTH[PART.slices] > 0).sum()


def test_a_table_for_people(result, truth):
    text = run(result, truth)

    for word in ("alpha granule", "IoU", "Dice", "truth %", "predicted %"):
        assert word in text
    assert "MIoU(all)" in text
    assert "90 voxels counted in (2, 1, 3) to (5, 6, 9)" in text
    assert "nowhere, so in no mean: canalicular channel, dense granule" in text


def test_spurious_classes_are_listed(tmp_path):
    np.save(tmp_path / "truth.npy", np.zeros((1, 2, 3), np.uint8))
    np.save(tmp_path / "mine.npy", np.arange(6, dtype=np.uint8).reshape(1, 2, 3) % 2)

    text = run(tmp_path / "mine.npy", tmp_path / "truth.npy")

    assert "predicted but not there, so 0: class 1" in text


def test_bare_labels_are_scored_with_a_named_scheme(tmp_path, truth):
    np.save(tmp_path / "mine.npy", PREDICTED)

    record = json.loads(
        run(tmp_path / "mine.npy", truth, "--json", "--classes", "platelet")
    )

    assert record["classes"] == list(SCHEME.names)
    assert not (tmp_path / "scores").exists()


def test_another_volume_is_refused(tmp_path, truth):
    np.save(tmp_path / "mine.npy", PREDICTED[:4])
    with pytest.raises(
        VolumeError, match=r"has shape \(4, 7, 9\) and the truth \(6, 7,"
    ):
        run(tmp_path / "mine.npy", truth)


def test_a_truth_of_the_box_alone_is_scored_where_the_box_lies(result, tmp_path):
    np.save(tmp_path / "crop.npy", TRUTH[PART.slices])

    record = json.loads(run(result, tmp_path / "crop.npy", "--json"))
    box = ("--box", 2, 1, 4, 4, 6, 9)
    less = json.loads(run(result, tmp_path / "crop.npy", "--json", *box))

    expected = score(TRUTH[PART.slices], PREDICTED[PART.slices], SCHEME)
    assert record["confusion"] == expected.as_json()["confusion"]
    assert record["box"] == [[2, 1, 3], [5, 6, 9]]
    expected = score(TRUTH[2:4, 1:6, 4:9], PREDICTED[2:4, 1:6, 4:9], SCHEME)
    assert less["confusion"] == expected.as_json()["confusion"]


def test_a_truth_that_ends_within_the_box_is_refused(result, tmp_path):
    np.save(tmp_path / "crop.npy", TRUTH[:4])

    with pytest.raises(VolumeError, match=r"but the truth ends at \(4, 7, 9\); give"):
        run(result, tmp_path / "crop.npy")
