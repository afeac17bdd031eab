import numpy as np
import pytest

from densecell.volume.appearance import appearance_of


@pytest.fixture
def noise():
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 0.8, (6, 80, 90)).astype(np.float32)


def test_landmarks_are_percentiles(noise):
    found = appearance_of([noise]).landmarks

    expected = np.percentile(noise, [1, 25, 50, 75, 99])
    np.testing.assert_allclose(found, expected, atol=0.004)


def test_noise_is_that_of_a_pixel_against_its_neighbours(noise):
    # the mean of four neighbours adds a quarter of the variance
    assert appearance_of([noise]).noise == pytest.approx(0.8 * np.sqrt(1.25), rel=0.02)


def test_edges_and_slopes_are_no_noise():
    y, x = np.mgrid[:80, :90]
    tissue = (0.02 * y + 2.0 * (x > 40)).astype(np.float32)

    assert appearance_of([tissue[None]]).noise < 0.01


def test_blocks_count_like_the_whole(noise):
    parts = appearance_of([noise[:2], noise[2:3], noise[3:]])

    assert parts == appearance_of([noise])


def test_single_rows_have_no_noise():
    assert appearance_of([np.zeros((1, 2, 50), np.float32)]).noise < 0.01


def test_values_far_away_are_counted_at_the_limit():
    block = np.full((1, 3, 3), 1e6, np.float32)

    assert appearance_of([block]).landmarks == (11.99875,) * 5
