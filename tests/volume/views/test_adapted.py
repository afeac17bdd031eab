import numpy as np
import pytest
from scipy import ndimage

from densecell.geometry import Box
from densecell.volume import ArrayVolume, intensity_statistics, normalise
from densecell.volume.appearance import appearance_of
from densecell.volume.views.adapted import AdaptedVolume, GreyChange, change_to

SHAPE = (4, 70, 90)


@pytest.fixture
def tissue():
    """Smooth grey values without noise."""
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.normal(size=SHAPE), (0, 6, 6))
    return smooth / smooth.std()


def as_volume(array):
    grey = 100 + 40 * array
    return ArrayVolume(grey.astype(np.float32), spacing_nm=(40, 10, 10))


def noisy(tissue, sd):
    return tissue + np.random.default_rng(1).normal(0, sd, SHAPE)


def seen(volume):
    statistics = intensity_statistics(volume)
    return normalise(volume.read(Box.whole(volume.shape)), statistics)


def adapted(volume, wanted):
    statistics = intensity_statistics(volume)
    return AdaptedVolume(volume, statistics, change_to(wanted, volume, statistics))


def test_another_gamma_is_undone(tissue):
    learned = seen(as_volume(tissue))
    bent = np.exp(0.4 * tissue)

    volume = adapted(as_volume(bent), appearance_of([learned]))

    before = np.abs(seen(as_volume(bent)) - learned).mean()
    statistics = intensity_statistics(volume.volume)
    after = normalise(volume.read(Box.whole(SHAPE)), statistics)
    assert np.abs(after - learned).mean() < 0.35 * before


def test_noise_beyond_the_models_is_smoothed_away(tissue):
    learned = appearance_of([seen(as_volume(noisy(tissue, 0.2)))])

    volume = as_volume(noisy(tissue, 0.4))
    statistics = intensity_statistics(volume)
    change = change_to(learned, volume, statistics)

    left = appearance_of([change.apply(seen(volume))]).noise
    assert 0.3 < change.sigma_px < 1
    assert 0.7 * learned.noise < left <= 1.02 * learned.noise


def test_a_volume_like_those_learned_from_is_left_alone(tissue):
    volume = as_volume(noisy(tissue, 0.2))
    look = appearance_of([seen(volume)])

    change = change_to(look, volume, intensity_statistics(volume))

    assert change.sigma_px == 0
    np.testing.assert_allclose(change.apply(seen(volume)), seen(volume), atol=0.01)


def test_a_box_is_a_cut_of_the_whole(tissue):
    volume = adapted(
        as_volume(noisy(tissue, 0.5)), appearance_of([seen(as_volume(tissue))])
    )
    box = Box((1, 0, 13), (3, 31, 90))

    part = volume.read(box)

    np.testing.assert_array_equal(part, volume.read(Box.whole(SHAPE))[box.slices])
    assert part.dtype == np.float32


def test_grey_values_beyond_the_landmarks_go_on_straight():
    change = GreyChange(0.0, (-2, -1, 0, 1, 2), (-1, -0.5, 0, 1, 3))

    mapped = change.apply(np.array([[[-4, -2, -1.5, 0, 1.5, 3]]], np.float32))

    np.testing.assert_allclose(mapped, [[[-2, -1, -0.75, 0, 2, 5]]], atol=0.01)


def test_landmarks_that_fall_together_do_no_harm():
    change = GreyChange(0.0, (-1, 0, 0, 0, 1), (-1, -0.5, 0, 0.5, 1))

    mapped = change.apply(np.linspace(-1, 1, 9, dtype=np.float32).reshape(1, 1, 9))

    assert np.isfinite(mapped).all()
    assert (np.diff(mapped.ravel()) > 0).all()
