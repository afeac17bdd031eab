import numpy as np
import pytest
from commands import run

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.report.outcome.scores import open_truth, scores_section
from densecell.report.page import Table
from densecell.result import Result
from densecell.volume import ArrayVolume, open_volume, write_tiff

EMPTY = {"classes": ["cell"], "iou": {"cell": None}, "confusion": [[0]]}
EMPTY |= dict.fromkeys(("miou_all", "miou_org", "accuracy", "adjusted_rand"))


def headers(section):
    tables = [part for part in section.parts if isinstance(part, Table)]
    return [list(table.header) for table in tables]


def test_members_and_ensemble_are_scored_against_a_truth(made):
    result = Result(made / "result")

    section = scores_section(result, open_truth(made / "truth.tif", result))

    assert headers(section) == [["class", "member_00", "member_01", "ensemble"]]
    assert "over 16,128 voxels. MIoU(org), the mean over the organ" in section.text
    names = [row[0] for row in section.parts[0].rows]
    assert names[:2] == ["ground", "disc"]
    assert len(names) == 2 + 4


def test_scores_that_were_kept_are_told_apart_by_truth_and_part(made, result):
    truth = made / "truth.tif"
    for words in (("--box", 0, 0, 0, 2, 9, 9), ("--where-labelled",), ()):
        run("evaluate", result, truth, *words)

    section = scores_section(Result(result), None)

    assert headers(section)[:3] == [
        ["class", "against truth 2, only where truth > 0"],
        ["class", "against truth 3"],
        ["class", "against truth, only voxels 0, 0, 0 to 2, 9, 9"],
    ]


def test_a_score_that_is_not_known_is_a_dash(drawn):
    section = scores_section(drawn(scores={"second": EMPTY}, is_measured=False), None)

    assert headers(section) == [["class", "against second"]]
    assert [row[1] for row in section.parts[0].rows] == ["-"] * 5


def test_without_truth_and_scores_there_is_no_section(drawn):
    assert scores_section(drawn(), None) is None


def test_truth_of_the_whole_volume_is_cut_to_the_part(made, result, change_run):
    change_run(result, box=((1, 2, 3), (5, 40, 50)))

    truth = open_truth(made / "truth.tif", Result(result))

    whole = open_volume(made / "truth.tif", labels=True)
    part = whole.read(Box((1, 2, 3), (5, 40, 50)))
    np.testing.assert_array_equal(truth.read(Box.whole((4, 38, 47))), part)


def test_truth_of_another_shape_is_refused(made, tmp_path):
    other = ArrayVolume(np.zeros((2, 5, 7), np.uint8), spacing_nm=(40, 10, 10))
    write_tiff(tmp_path / "other.tif", other)

    with pytest.raises(VolumeError, match=r"has \(2, 5, 7\) voxels .*\(6, 48, 56\)"):
        open_truth(tmp_path / "other.tif", Result(made / "result"))
