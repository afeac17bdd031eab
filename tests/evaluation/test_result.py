import json

import numpy as np
import pytest

from densecell.address import to_address
from densecell.classes import ClassScheme
from densecell.config import write_text, yaml_text
from densecell.errors import ConfigError, VolumeError
from densecell.evaluation import Scores, score
from densecell.evaluation.result import (
    LABELS,
    is_result,
    open_prediction,
    save_scores,
)
from densecell.geometry import Box
from densecell.volume import create_ome_zarr

SPACING = (50.0, 4.0, 4.0)
LABELLED = (np.arange(4 * 5 * 6) % 3).reshape(4, 5, 6).astype(np.uint8)
SCHEME = ClassScheme.from_ids([0, 1, 2])


def make_result(folder, *, box=None, labels=LABELLED):
    run = {"format": 1, "classes": SCHEME.as_settings(), "box": box, "engine": "torch"}
    write_text(folder / "run.yaml", yaml_text(run))
    if labels is not None:
        volume = create_ome_zarr(
            folder / LABELS,
            shape=labels.shape,
            dtype=np.uint8,
            spacing_nm=SPACING,
            kind="label",
        )
        volume.write(Box.whole(labels.shape), labels)
    return folder


def test_a_result_of_the_whole_volume(tmp_path):
    found = open_prediction(make_result(tmp_path))

    assert (found.box, found.partial) == (Box.whole((4, 5, 6)), False)
    assert found.scheme == SCHEME
    np.testing.assert_array_equal(found.labels.read(found.box), LABELLED)


def test_a_result_of_a_box_keeps_its_place(tmp_path):
    result = make_result(tmp_path, box=[[10, 20, 30], [14, 25, 36]])

    found = open_prediction(result)

    assert (found.box, found.partial) == (Box((10, 20, 30), (14, 25, 36)), True)


def test_a_bare_volume_has_no_scheme(tmp_path):
    np.save(tmp_path / "labels.npy", LABELLED)

    found = open_prediction(tmp_path / "labels.npy")

    assert (found.box, found.partial) == (Box.whole((4, 5, 6)), False)
    assert found.scheme is None
    assert not is_result(tmp_path)


def test_a_result_without_labels_is_refused(tmp_path):
    result = make_result(tmp_path, labels=None)
    with pytest.raises(
        VolumeError, match=r"no labels in segmentation.zarr/labels/class"
    ):
        open_prediction(result)


def test_labels_that_do_not_fill_their_box_are_refused(tmp_path):
    result = make_result(tmp_path, box=[[0, 0, 0], [4, 5, 7]])
    sentence = r"labels cover \(4, 5, 7\) voxels, but they have shape \(4, 5, 6\); segm"
    with pytest.raises(VolumeError, match=sentence):
        open_prediction(result)


def test_a_run_without_classes_is_refused(tmp_path):
    write_text(tmp_path / "run.yaml", "format: 1\n")
    with pytest.raises(ConfigError, match=r"run.yaml: classes: field required"):
        open_prediction(tmp_path)


def test_scores_are_kept_beside_the_result(tmp_path):
    scores = score(LABELLED, LABELLED, SCHEME)
    truth = tmp_path / "expert.tif"

    path = save_scores(scores, tmp_path / "r", truth=truth, box=Box.whole((4, 5, 6)))

    assert path == tmp_path / "r" / "scores" / "expert.json"
    assert [p.name for p in path.parent.iterdir()] == ["expert.json"]
    record = json.loads(path.read_text())
    assert record.pop("format") == 1
    assert record.pop("truth") == "expert.tif"
    assert record.pop("truth_at") == str(truth.resolve())
    assert record.pop("box") == [[0, 0, 0], [4, 5, 6]]
    assert Scores.model_validate(record) == scores


def test_scores_of_two_time_points_are_kept_apart(tmp_path):
    scores, box = score(LABELLED, LABELLED, SCHEME), Box.whole((4, 5, 6))
    truths = ["a.zarr#time=0", "a.zarr#channel=E/M#time=1", "a.zarr"]

    paths = [
        save_scores(scores, tmp_path, truth=to_address(truth), box=box)
        for truth in truths
    ]

    names = [path.name for path in paths]
    assert names == ["a time 0.json", "a channel E_M time 1.json", "a.json"]
    assert {p.name for p in (tmp_path / "scores").iterdir()} == set(names)
    assert [json.loads(path.read_text())["truth"] for path in paths] == truths


def test_scores_of_another_truth_or_choice_are_never_replaced(tmp_path):
    box, less = Box.whole((4, 5, 6)), Box((0, 0, 0), (2, 5, 6))
    everywhere = score(LABELLED, LABELLED, SCHEME)
    labelled = score(LABELLED, LABELLED, SCHEME, where_labelled=True)
    alice, bob = tmp_path / "alice" / "labels.tif", tmp_path / "bob" / "labels.tif"
    kept = [
        (everywhere, alice, box),
        (everywhere, bob, box),
        (everywhere, alice, less),
        (labelled, alice, box),
    ]

    first, again = (
        [save_scores(s, tmp_path, truth=t, box=b).name for s, t, b in kept]
        for _ in range(2)
    )

    assert first == again
    assert first == ["labels.json", "bob_labels.json", "labels 2.json", "labels 3.json"]
    for name, (scores, truth, where) in zip(first, kept, strict=True):
        record = json.loads((tmp_path / "scores" / name).read_text())
        assert record["truth_at"] == str(truth.resolve())
        assert record["box"] == [list(where.start), list(where.stop)]
        assert record["where_labelled"] == scores.where_labelled


def test_damaged_scores_are_replaced(tmp_path):
    scores, box = score(LABELLED, LABELLED, SCHEME), Box.whole((4, 5, 6))
    for text in ("{'", "[]"):
        write_text(tmp_path / "scores" / "a.json", text)

        path = save_scores(scores, tmp_path, truth=tmp_path / "a.tif", box=box)

        assert path.name == "a.json"
        assert json.loads(path.read_text())["truth"] == "a.tif"
