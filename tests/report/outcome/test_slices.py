import numpy as np

from densecell.classes import ClassScheme
from densecell.geometry import Box, Spacing
from densecell.report.outcome.slices import CELLS, slices_section
from densecell.result import Result, read_run
from densecell.volume import ArrayVolume

SPACING = Spacing(40, 10, 10)


def volume(*shape):
    return ArrayVolume(np.zeros(shape, np.uint8), spacing_nm=SPACING)


def drawn_slices(drawn, shape, *, truth=None, **parts):
    result = drawn(
        shape=shape,
        box=Box.at((7, 0, 0), shape),
        spacing_nm=SPACING,
        classes=volume(*shape),
        scheme=ClassScheme.platelet(),
        **parts,
    )
    return slices_section(result, truth)


def test_planes_count_voxels_of_the_whole_volume(drawn):
    section = drawn_slices(drawn, (4, 20, 30))

    assert section.text.startswith("Planes through voxel z, y, x = 9, 10, 15; dashed")
    assert "No image belongs to these labels, so that they lie on grey" in section.text


def test_a_single_slice_and_the_middle_of_a_large_one_are_said(drawn):
    section = drawn_slices(drawn, (1, 20, 900))

    assert section.text.startswith("The volume is a single slice, z = 7. Only the")
    assert "the middle 1 x 20 x 800 voxels are shown" in section.text


def test_truth_errors_and_cells_are_drawn_where_they_are(drawn):
    layers = {"labels/cells": volume(4, 20, 30)}
    section = drawn_slices(
        drawn, (4, 20, 30), truth=volume(4, 20, 30), layer=layers.get
    )

    assert [picture.caption for picture in section.parts] == [
        "What was found.",
        "Truth.",
        "Where the labels differ from truth, in the colour of the true class.",
        CELLS,
    ]


def test_an_ensemble_shows_how_sure_it_is_and_a_network_cannot_disagree(
    made, result, change_run
):
    run = read_run(result)
    (first, digest), *_ = run.model.members.items()
    of_two = slices_section(Result(made / "result"), None)
    change_run(result, model=run.model.model_copy(update={"members": {first: digest}}))
    of_one = slices_section(Result(result), None)

    assert [picture.caption for picture in of_two.parts][-2:] == [
        "Confidence: the ensemble's highest mean probability.",
        "Disagreement: share of the members that chose another class.",
    ]
    assert [picture.caption for picture in of_one.parts][-1] == (
        "Confidence: the network's highest probability."
    )


def test_an_image_that_is_gone_is_said(result, change_run):
    then = read_run(result).volume
    change_run(result, volume=then.model_copy(update={"path": result / "gone.tif"}))

    section = slices_section(Result(result), None)

    assert "not at its place any more, so that labels lie on grey" in section.text
