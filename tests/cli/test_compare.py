import json
from pathlib import Path

import commands
import numpy as np
import pytest
from PIL import Image
from results import write_layer, write_run

from densecell.classes import ClassScheme
from densecell.cli.compare import _names
from densecell.errors import ConfigError, OutputError, VolumeError
from densecell.evaluation import score
from densecell.geometry import Box

SCHEME = ClassScheme.platelet()
RNG = np.random.default_rng(0)
A = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
B = np.where(RNG.random((6, 7, 9)) < 0.8, A, 0).astype(np.uint8)
SPACING = (40, 10, 10)
PART = Box((2, 1, 3), (5, 6, 9))


def write_result(out, labels, *, box=None, objects=None):
    shape = labels.shape if box is None else A.shape
    write_run(out, SCHEME, shape, SPACING, box=box)
    for name, values in {"classes": labels, **(objects or {})}.items():
        write_layer(out, f"labels/{name}", values, SPACING)
    return out


def run(*arguments):
    return commands.run("compare", *arguments).stdout


def test_two_bare_volumes_are_compared(tmp_path):
    np.save(tmp_path / "a.npy", A)
    np.save(tmp_path / "b.npy", B)

    text = run(
        tmp_path / "a.npy", tmp_path / "b.npy", "--json", "--classes", "platelet"
    )

    found, expected = json.loads(text), score(A, B, SCHEME)
    assert found["iou"] == expected.iou
    assert found["volume_fraction_a"]["cell"] == (A == 1).mean()
    assert found["volume_fraction_b"]["cell"] == (B == 1).mean()
    assert found["objects"] == {}
    assert found["box"] == [[0, 0, 0], [6, 7, 9]]


def test_results_are_compared_with_their_objects_and_a_picture(tmp_path):
    cells = np.zeros((6, 7, 9), np.uint32)
    cells[1:4, 1:4, 1:4] = 1
    cells[4:, 4:, 4:] = 2
    others = np.where(cells == 1, 5, 0).astype(np.uint32)
    a = write_result(tmp_path / "a", A, objects={"cells": cells})
    b = write_result(tmp_path / "b", B, objects={"cells": others})

    text, again = run(a, b), run(a, b, "--json")

    found = json.loads(again)["objects"]
    assert found["cells"]["matched"] == 1
    assert (found["cells"]["a"], found["cells"]["b"]) == (2, 1)
    assert found["cells"]["f1"] == 2 / 3
    assert found["cells"]["mean_iou"] == 1
    assert "cells: 2 in A, 1 in B, 1 match" in " ".join(text.split())
    with Image.open(a / "compare" / "b.png") as picture:
        assert picture.width > 500


def test_a_result_of_a_box_is_compared_where_it_lies(tmp_path):
    whole = write_result(tmp_path / "whole", A)
    part = write_result(tmp_path / "part", B[PART.slices], box=PART)

    for first, second in ((whole, part), (part, whole)):
        found = json.loads(run(first, second, "--json"))
        assert found["box"] == [list(PART.start), list(PART.stop)]
        one, two = (A, B) if first is whole else (B, A)
        expected = score(one[PART.slices], two[PART.slices], SCHEME)
        assert found["iou"] == expected.iou


def test_objects_of_another_shape_than_their_labels_are_refused(tmp_path):
    good = {"cells": np.zeros((6, 7, 9), np.uint32)}
    a = write_result(tmp_path / "a", A, objects=good)
    b = write_result(
        tmp_path / "b", B, objects={"cells": np.zeros((6, 7, 8), np.uint32)}
    )

    with pytest.raises(VolumeError, match=r"\(6, 7, 8\), but the class labels that"):
        run(a, b)


def test_volumes_of_other_shapes_are_refused(tmp_path):
    a = write_result(tmp_path / "a", A)
    b = write_result(tmp_path / "b", B[:5])

    sentence = (
        r"A \(.*\) has shape \(6, 7, 9\) and B \(.*\) has \(5, 7, 9\); give two lab"
    )
    with pytest.raises(VolumeError, match=sentence):
        run(a, b)


def test_parts_without_a_shared_voxel_are_refused(tmp_path):
    first, second = Box((0, 0, 0), (2, 7, 9)), Box((2, 0, 0), (6, 7, 9))
    a = write_result(tmp_path / "a", A[first.slices], box=first)
    b = write_result(tmp_path / "b", B[second.slices], box=second)

    with pytest.raises(VolumeError, match="they share no voxel"):
        run(a, b)


def test_a_picture_is_not_replaced_unasked_and_shows_a_slice(tmp_path):
    a = write_result(tmp_path / "a", A)
    picture = tmp_path / "p.png"

    run(a, a, "--picture", picture, "--z", 0)
    before = picture.read_bytes()

    with pytest.raises(OutputError, match="exists; choose another place or pass"):
        run(a, a, "--picture", picture)
    with pytest.raises(ConfigError, match="--z 6: both cover slices 0 to 5"):
        run(a, a, "--picture", picture, "--z", 6, "--overwrite")
    run(a, a, "--picture", picture, "--z", 0, "--overwrite")
    assert picture.read_bytes() == before


def test_a_volume_of_the_box_alone_is_compared_where_the_box_lies(tmp_path):
    part = write_result(tmp_path / "part", A[PART.slices], box=PART)
    np.save(tmp_path / "crop.npy", B[PART.slices])
    options = ("--json", "--classes", "platelet", "--picture", tmp_path / "p.png")

    for pair in ((part, tmp_path / "crop.npy"), (tmp_path / "crop.npy", part)):
        found = json.loads(run(*pair, *options, "--overwrite"))

        assert found["box"] == [list(PART.start), list(PART.stop)]
        assert found["iou"] == score(A[PART.slices], B[PART.slices], SCHEME).iou


def test_a_box_that_sticks_out_of_the_other_volume_is_refused(tmp_path):
    part = write_result(tmp_path / "part", A[PART.slices], box=PART)
    np.save(tmp_path / "crop.npy", B[:4])

    sentence = (
        r"A \(.*part.*\) covers \(2, 1, 3\) to \(5, 6, 9\) and B \(.*crop.npy\) covers "
        r"\(0, 0, 0\) to \(4, 7, 9\): the box that was segmented sticks out of the o"
    )
    with pytest.raises(VolumeError, match=sentence):
        run(part, tmp_path / "crop.npy")


def test_pictures_of_others_of_the_same_name_are_kept(tmp_path):
    a = write_result(tmp_path / "a", A)
    for name in ("alice", "bob"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "labels.npy", B)
    alice, bob = (tmp_path / name / "labels.npy" for name in ("alice", "bob"))

    run(a, alice)
    before = (a / "compare" / "labels.png").read_bytes()
    for _ in range(2):
        run(a, bob)
        run(a, alice)

    assert (a / "compare" / "labels.png").read_bytes() == before
    names = sorted(path.name for path in (a / "compare").iterdir())
    assert names == ["bob_labels.png", "labels.png"]


def test_equal_names_are_told_apart_by_their_stores():
    one, other = Path("/x/one.zarr/labels/classes"), Path("/x/two.zarr/labels/classes")

    assert _names(one, other) == ("classes of one", "classes of two")
    assert _names(one, Path("/x/b.tif")) == ("classes", "b.tif")


def test_errors_of_objects_that_a_has_not_are_a_dash(tmp_path):
    cells = np.ones((6, 7, 9), np.uint32)
    a = write_result(tmp_path / "a", A, objects={"cells": cells * 0})
    b = write_result(tmp_path / "b", B, objects={"cells": cells})

    text, found = run(a, b), json.loads(run(a, b, "--json"))["objects"]["cells"]

    assert found["f1"] == 0
    assert found["variation_of_information"] is None
    assert found["adapted_rand_error"] is None
    words = "variation of information -, adapted Rand error -"
    assert words in " ".join(text.split())


def test_a_threshold_that_nothing_is_above_is_refused_at_once():
    with pytest.raises(ConfigError, match="--threshold 1: no overlap is above 1"):
        run("not there", "nor this", "--threshold", 1)
