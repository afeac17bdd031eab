import json

import numpy as np

from densecell.address import to_address
from densecell.classes import ClassScheme
from densecell.config import write_text
from densecell.evaluation import Scores, score
from densecell.evaluation.kept import save_scores
from densecell.geometry import Box

LABELLED = (np.arange(4 * 5 * 6) % 3).reshape(4, 5, 6).astype(np.uint8)
SCHEME = ClassScheme.from_ids([0, 1, 2])


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
