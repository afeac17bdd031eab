import pytest

from densecell.report.outcome.doubts import compare_appearances, member_remarks
from densecell.result import MemberAgreement
from densecell.volume import Appearance

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
