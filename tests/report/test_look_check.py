import pytest

from densecell.report.look_check import compare_looks
from densecell.volume import Appearance

LEARNED = Appearance((-2.0, -0.9, 0.0, 0.9, 1.6), 0.3)


@pytest.mark.parametrize(
    ("noise", "resampled", "told"),
    [
        (0.6, False, "2.0 times as much. Labels may be poor; `densecell segment --ad"),
        (0.6, True, "2.0 times as much"),
        (0.15, False, "0.5 times as much. Labels may be poor; was it smoothed"),
    ],
)
def test_other_noise_is_told_with_a_remedy(noise, resampled, told):
    here = LEARNED._replace(noise=noise)

    (sentence,) = compare_looks(here, LEARNED, resampled=resampled)

    assert told in sentence


def test_resampling_may_smooth():
    here = LEARNED._replace(noise=0.15)

    assert compare_looks(here, LEARNED, resampled=True) == []


def test_another_contrast_is_told_with_how_far_it_is_off():
    here = LEARNED._replace(landmarks=(-2.0, -0.9, 0.5, 0.9, 1.6))

    (sentence,) = compare_looks(here, LEARNED)

    assert "by up to 0.50 standard deviations (up to 0.25 is usual)" in sentence
