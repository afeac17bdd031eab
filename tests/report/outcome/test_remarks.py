import pytest

from densecell.report.outcome.remarks import remarks_section
from densecell.result import Agreement, Result

WHOLE, CUT = {"touches_border": "false"}, {"touches_border": "true"}
CLASSES = [{"class": "cell", "role": "cell"}]


def remarks(result):
    section = remarks_section(result)
    return section.parts[0].sentences if section.parts else [section.text]


def test_where_nothing_was_noticed_it_is_said(drawn):
    assert remarks(drawn()) == ["Nothing unusual was noticed."]


def test_an_unfinished_segmentation_is_warned_of(drawn):
    (sentence,) = remarks(drawn(is_segmented=False))

    assert sentence.startswith("The segmentation is not finished. Where nothing was")


def test_classes_without_voxels_and_without_truth_are_named(drawn):
    agreement = Agreement(voxels={"cell": 9, "core": 0, "granule": 0}, members={})

    assert remarks(
        drawn(agreement=agreement, scores={"a": {"spurious": ["core"]}})
    ) == [
        "No voxel was labelled as core, granule.",
        "core: found, but nowhere in the truth 'a'.",
    ]


def test_where_no_cell_is_left_it_is_said(drawn):
    (sentence,) = remarks(drawn(tables={"classes": CLASSES}))

    assert sentence.startswith("No cell was found, or all were dropped as too small")


def test_objects_at_the_border_are_counted(drawn):
    tables = {"cells": [CUT, WHOLE], "organelles": [CUT, CUT]}

    (sentence,) = remarks(drawn(tables=tables))

    assert sentence.startswith("1 of 2 cells and 2 of 2 organelles touch the border")


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("dropped_too_small", "as too small"),
        ("dropped_outside_parent", "as outside what they must lie in"),
        ("dropped_without_own_voxel", "as they had no voxel of their own class"),
    ],
)
def test_dropped_objects_are_counted_by_class(drawn, column, words):
    rows = [{"class": "cell", column: "1200"}, {"class": "core", column: "0"}]

    assert remarks(drawn(tables={"cells": [WHOLE], "classes": rows})) == [
        f"Objects dropped {words}: cell (1,200)."
    ]


def test_what_was_done_to_the_volume_is_said(result, change_run):
    frozen = Result(result).run.inference
    changed = frozen.model_copy(
        update={"ratio": ((1, 1), (2, 1), (2, 1)), "skip_flat": 0.5}
    )
    change_run(result, inference=changed)

    told = " ".join(remarks(Result(result)))

    assert "resampled for the model, which learned from voxels of 40 x 10 x 10" in told
    assert "Flat tiles were taken for background" in told
    assert "(--skip-flat 0.5)" in told
