import numpy as np
import pytest

from densecell.geometry import Box
from densecell.report.outcome.doubts import (
    appearance_remarks,
    compare_appearances,
    member_remarks,
    unsure_remarks,
)
from densecell.result import MemberAgreement, Result
from densecell.volume import Appearance, ArrayVolume

LEARNED = Appearance((-2.0, -0.9, 0.0, 0.9, 1.6), 0.3)


@pytest.mark.parametrize(
    ("noise", "resampled", "told"),
    [
        (
            0.6,
            False,
            "2.0 times that of the training volumes. Labels may be poor. `dens",
        ),
        (0.6, True, "2.0 times that of the training"),
        (0.15, False, "volumes. Labels may be poor. Was it smoothed or compressed?"),
    ],
)
def test_other_noise_is_told_with_a_remedy(noise, resampled, told):
    here = LEARNED._replace(noise=noise)

    (sentence,) = compare_appearances(here, LEARNED, resampled=resampled)

    assert told in sentence


def test_resampling_may_smooth():
    here = LEARNED._replace(noise=0.15)

    assert compare_appearances(here, LEARNED, resampled=True) == []


def test_another_contrast_is_told_with_how_far_it_is_off():
    here = LEARNED._replace(landmarks=(-2.0, -0.9, 0.5, 0.9, 1.6))

    (sentence,) = compare_appearances(here, LEARNED)

    assert "by up to 0.50 standard deviations (up to 0.25 is usual)" in sentence


def member(share, **iou):
    return MemberAgreement(agreement=share, iou=iou)


def test_members_that_differ_by_their_seed_are_not_worth_a_word():
    members = {
        "member_00": member(0.9903, cell=0.98, granule=0.91),
        "member_01": member(0.9879, cell=0.97, granule=0.87),
        "member_02": member(0.9894, cell=0.98, granule=0.89),
    }

    assert member_remarks(members) == []


def test_a_member_that_is_least_like_the_others_in_every_class_is_named():
    members = {
        "member_00": member(0.99, cell=0.98, granule=0.91),
        "member_01": member(0.95, cell=0.90, granule=0.60),
        "member_02": member(0.98, cell=0.97, granule=0.89),
    }

    (sentence,) = member_remarks(members)

    assert sentence.startswith("member_01 differs from the others everywhere: it gives")
    assert "5.0 % of the voxels" in sentence
    assert "others 1.5 %" in sentence


def test_a_member_that_errs_in_one_class_is_named_with_the_class():
    members = {
        "member_00": member(0.99, cell=0.98, granule=0.9, core=None),
        "member_01": member(0.989, cell=0.99, granule=0.5, core=None),
        "member_02": member(0.99, cell=0.98, granule=0.9, core=None),
    }

    (sentence,) = member_remarks(members)

    assert sentence.startswith("member_01 differs from the others in granule: ")


def test_of_two_members_nobody_knows_which_is_wrong():
    members = {"a": member(0.99, cell=0.9), "b": member(0.5, cell=0.1)}

    assert member_remarks(members) == []


def confidence(drawn, share):
    """A result of which this share of the voxels is unsure, all in the first rows."""
    values = np.full((4, 20, 30), 200, np.uint8)
    values[:, : round(20 * share)] = 127
    layer = {"confidence": ArrayVolume(values, spacing_nm=(40, 10, 10))}.get
    return drawn(layer=layer, box=Box.at((1, 2, 3), (4, 20, 30)))


def test_a_region_of_low_confidence_is_named_in_voxels_of_the_whole_volume(drawn):
    (sentence,) = unsure_remarks(confidence(drawn, 0.25))

    assert "together: z 1 to 5, y 2 to 22, x 3 to 33 (25 %); 25.0 % of all." in sentence


def test_a_little_doubt_is_not_worth_a_sentence(drawn):
    assert unsure_remarks(confidence(drawn, 0.0)) == []
    assert unsure_remarks(drawn()) == []


def test_a_volume_is_compared_with_what_its_model_learned_from(result, change_run):
    assert appearance_remarks(Result(result)) == []

    statistics = Result(result).run.volume.statistics
    mean, *rest = statistics
    volume = Result(result).run.volume
    other = volume.model_copy(update={"statistics": (mean + 100, *rest)})
    change_run(result, volume=other)

    (sentence,) = appearance_remarks(Result(result))
    assert sentence.startswith("The contrast of this volume differs from that of the")


def test_a_model_that_is_gone_says_nothing(result, change_run, tmp_path):
    model = Result(result).run.model
    change_run(result, model=model.model_copy(update={"path": tmp_path / "gone"}))

    assert appearance_remarks(Result(result)) == []
