import json

import commands
import numpy as np
import pytest
from results import write_layer, write_measurement, write_objects, write_run

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation import score
from densecell.evaluation.object_scores import ObjectScores
from densecell.geometry import Box
from densecell.result import Result

SCHEME = ClassScheme.platelet()
RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
PREDICTED = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
SPACING = (400, 100, 100)
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


@pytest.fixture
def measured(result):
    """The result with two cells and a mitochondrion, of which one cell is true."""
    cells = np.zeros(PART.shape, np.uint32)
    cells[0], cells[2, 1:] = 1, 2
    mitochondria = np.zeros(PART.shape, np.uint32)
    mitochondria[0, 2:4, 2:5] = 1
    write_measurement(result, SCHEME, PART.shape, SPACING)
    write_objects(result, "parts", cells * 0, SPACING, "dense granule core")
    write_objects(result, "cells", cells, SPACING, "cell")
    write_objects(
        result, "organelles", mitochondria, SPACING, "mitochondrion", cells=cells
    )
    return result


@pytest.fixture
def true_ids(tmp_path):
    """Options with true ids, which nest in `drawn.npy`."""
    classes, cells, organelles = (np.zeros(TRUTH.shape, np.uint16) for _ in range(3))
    at = np.s_[PART.start[0], PART.start[1] : PART.stop[1], PART.start[2] :]
    classes[at], cells[at] = 1, 7
    classes[2, 3:5, 5:8], organelles[2, 3:5, 5:8] = 2, 3
    for name, array in (("drawn", classes), ("cells", cells), ("bodies", organelles)):
        np.save(tmp_path / f"{name}.npy", array.astype(np.uint8))
    ids = (tmp_path / f"{name}.npy" for name in ("cells", "bodies"))
    return (tmp_path / "drawn.npy", "--objects", next(ids), "--organelles", next(ids))


def test_objects_of_a_measured_result_are_scored_against_true_ids(measured, true_ids):
    record = json.loads(run(measured, *true_ids, "--json"))

    layers = record["objects"]["layers"]
    cell = layers["cells"]["classes"]["cell"]
    assert (cell["every"]["true"], cell["every"]["found"]) == (1, 2)
    assert cell["at"]["0.75"] == {
        "matched": 1,
        "precision": 0.5,
        "recall": 1,
        "f1": 2 / 3,
    }
    assert layers["cells"]["truth"] == "cells.npy"
    mitochondrion = layers["organelles"]["classes"]["mitochondrion"]
    assert mitochondrion["panoptic_quality"] == 1
    assert layers["parts"]["components"]
    kept = json.loads((measured / "scores" / "drawn.json").read_text())
    assert kept == record
    ObjectScores.model_validate(kept["objects"])
    assert set(Result(measured).scores) == {"drawn"}


def test_without_true_ids_components_stand_in_and_it_says_so(measured, true_ids):
    text = " ".join(run(measured, true_ids[0]).split())

    assert "True cells, organelles, parts: connected components of the true" in text
    assert "mitochondrion 1 1 1 1.00 1.00 1.00 1.00 1.00" in text
    assert "whole" in text
    assert "organelles: variation of information 0.000 bits" in text
    assert "parts: no true object is there, so their scores are undefined" in text
    assert f"next `densecell report {measured}`" in text


def test_what_is_not_measured_gives_scores_of_voxels_and_says_what_comes_first(
    result, truth
):
    outcome = commands.run("evaluate", result, truth, "--objects", truth, "--json")

    assert "objects" not in json.loads(outcome.stdout)
    assert outcome.stderr == (
        f"{result}: its objects are not scored, because there are none yet. Run "
        "`densecell measure` first, then this command again\n"
    )


def test_true_ids_of_other_voxels_are_refused_before_anything_is_kept(
    measured, truth, tmp_path
):
    np.save(tmp_path / "ids.npy", np.ones((2, 3, 4), np.uint8))
    with pytest.raises(VolumeError, match=r"ids.npy: has shape \(2, 3, 4\), but the t"):
        run(measured, truth, "--organelles", tmp_path / "ids.npy")
    assert not (measured / "scores").exists()


def test_measured_labels_from_elsewhere_are_a_result_too(tmp_path):
    labels = np.zeros((6, 7, 9), np.uint8)
    labels[1:4, 2:5, 3:6] = 1
    np.save(tmp_path / "mine.npy", labels)
    commands.run(
        *("measure", tmp_path / "mine.npy", "-o", tmp_path / "out"),
        *("--classes", "platelet", "--spacing", 400, 100, 100),
    )

    record = json.loads(run(tmp_path / "out", tmp_path / "mine.npy", "--json"))

    cells = record["objects"]["layers"]["cells"]["classes"]["cell"]
    assert cells["whole"]["count_bias"] == 0
    assert cells["whole"]["true_volume_um3"] == pytest.approx(27 * 0.004)
    assert (tmp_path / "out" / "scores" / "mine.json").exists()


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
