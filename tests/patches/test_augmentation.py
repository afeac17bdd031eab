import numpy as np
import pytest

from densecell.config import AugmentationConfig
from densecell.patches.augmentation import (
    Changes,
    SectionChanges,
    change_geometry,
    change_intensities,
    draw_changes,
)

NOTHING = Changes(
    flips=(False, False, False),
    quarter_turns=0,
    knots=None,
    gain=1.0,
    offset=0.0,
    noise=0.0,
    noise_seed=0,
)
OFF = AugmentationConfig(
    flips=False, rotations=False, elastic=0, brightness=0, contrast=0, noise=0
)
STRONG = AugmentationConfig(elastic=1.0)
WINDOW = np.arange(3 * 4 * 5).reshape(3, 4, 5)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_reflections_are_exact():
    changes = NOTHING._replace(flips=(True, False, True))

    changed = change_geometry(WINDOW, changes, nearest=True)

    np.testing.assert_array_equal(changed, WINDOW[::-1, :, ::-1])


def test_a_quarter_turn_is_exact_and_in_plane():
    changes = NOTHING._replace(quarter_turns=1)
    window = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])

    changed = change_geometry(window, changes, nearest=True)

    np.testing.assert_array_equal(changed, [[[2, 4], [1, 3]], [[6, 8], [5, 7]]])


def test_still_knots_move_nothing():
    changes = NOTHING._replace(knots=np.zeros((2, 2, 2), np.float32))
    image = rng().normal(size=(2, 30, 50)).astype(np.float32)

    changed = change_geometry(image, changes, nearest=False)

    np.testing.assert_allclose(changed, image, atol=1e-6)


def test_a_shift_moves_by_so_many_pixels():
    knots = np.zeros((2, 3, 3), np.float32)
    knots[0] = 2.0  # every pixel comes from two rows below
    window = rng().normal(size=(1, 40, 50))

    changed = change_geometry(window, NOTHING._replace(knots=knots), nearest=False)

    np.testing.assert_allclose(changed[0, :-2], window[0, 2:], atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_labels_move_with_their_image(axis, seed):
    ramp = np.indices((3, 96, 96))[axis]  # its value tells where a pixel came from
    changes = draw_changes(STRONG, ramp.shape, rng(seed))
    assert changes.knots is not None

    image = change_geometry(ramp.astype(np.float32), changes, nearest=False)
    labels = change_geometry(ramp.astype(np.uint8), changes, nearest=True)

    assert labels.dtype == np.uint8
    assert np.abs(image - labels).max() <= 0.5 + 1e-3
    assert not np.array_equal(labels, ramp)


def test_every_slice_moves_by_the_same_field():
    plane = rng().normal(size=(96, 96)).astype(np.float32)
    changes = draw_changes(STRONG, (3, 96, 96), rng(1))._replace(quarter_turns=0)

    changed = change_geometry(np.stack([plane] * 3), changes, nearest=False)

    np.testing.assert_array_equal(changed[0], changed[1])
    np.testing.assert_array_equal(changed[0], changed[2])


def test_no_new_labels_arise():
    labels = np.where(rng().random((2, 64, 64)) < 0.5, 3, 255).astype(np.uint8)

    changed = change_geometry(
        labels, draw_changes(STRONG, labels.shape, rng()), nearest=True
    )

    assert set(np.unique(changed)) == {3, 255}


def test_intensities_are_stretched_and_shifted():
    window = np.array([[[-1.0, 0.0, 2.0]]], np.float32)
    changes = NOTHING._replace(gain=1.5, offset=0.25)

    changed = change_intensities(window, changes)

    np.testing.assert_allclose(changed, [[[-1.25, 0.25, 3.25]]])
    assert changed.dtype == np.float32
    assert window[0, 0, 2] == 2.0  # the input is untouched


def test_noise_has_its_deviation_and_is_replayed_by_its_seed():
    window = np.zeros((4, 50, 50), np.float32)
    changes = NOTHING._replace(noise=0.5, noise_seed=3)

    noise = change_intensities(window, changes)

    assert noise.std() == pytest.approx(0.5, rel=0.05)
    np.testing.assert_array_equal(noise, change_intensities(window, changes))


def test_everything_can_be_switched_off():
    window = rng().normal(size=(3, 16, 16)).astype(np.float32)
    for seed in range(20):
        changes = draw_changes(OFF, window.shape, rng(seed))

        changed = change_intensities(
            change_geometry(window, changes, nearest=False), changes
        )

        np.testing.assert_array_equal(changed, window)


def test_what_is_drawn_follows_the_settings():
    config = AugmentationConfig(elastic=0.5, brightness=0.1, contrast=0.2, noise=0.3)

    drawn = [draw_changes(config, (3, 64, 64), rng(seed)) for seed in range(200)]

    gains, offsets, noises = (
        np.array([getattr(d, name) for d in drawn])
        for name in ("gain", "offset", "noise")
    )
    assert 0.8 <= gains.min() < 0.82
    assert 1.18 < gains.max() <= 1.2
    assert np.abs(offsets).max() <= 0.1 * 4
    assert 0 <= noises.min() < noises.max() <= 0.3
    assert {d.quarter_turns for d in drawn} == {0, 1, 2, 3}
    assert {d.flips for d in drawn} == {
        (z, y, x) for z in (True, False) for y in (True, False) for x in (True, False)
    }
    assert 70 < sum(d.knots is not None for d in drawn) < 130
    assert max(np.abs(d.knots).max() for d in drawn if d.knots is not None) <= 20


def test_windows_that_are_not_square_turn_by_halves():
    drawn = [draw_changes(STRONG, (3, 64, 48), rng(seed)) for seed in range(50)]

    assert {d.quarter_turns for d in drawn} == {0, 2}


def test_single_sections_are_moved_with_their_labels():
    window = rng().integers(0, 9, (3, 40, 50))
    moved = (SectionChanges(), SectionChanges(shift=(2, -3)), SectionChanges())
    changes = NOTHING._replace(sections=moved)

    changed = change_geometry(window, changes, nearest=True)

    np.testing.assert_array_equal(changed[[0, 2]], window[[0, 2]])
    np.testing.assert_array_equal(changed[1, :-2, 3:], window[1, 2:, :-3])


def test_single_sections_are_spoilt_in_their_intensities():
    window = rng().normal(size=(4, 30, 40)).astype(np.float32)
    spoilt = (
        SectionChanges(),
        SectionChanges(blur=1.5),
        SectionChanges(gain=2.0, offset=1.0),
        SectionChanges(missing=True),
    )

    changed = change_intensities(window, NOTHING._replace(sections=spoilt))

    np.testing.assert_array_equal(changed[0], window[0])
    assert changed[1].std() < 0.4 * window[1].std()
    np.testing.assert_allclose(changed[2], 2 * window[2] + 1, rtol=1e-6)
    assert np.unique(changed[3]).tolist() == [window[3].min()]


def test_faults_of_sections_are_drawn_by_their_shares():
    config = AugmentationConfig(
        missing=0.1, blurred=0.2, shifted=0.3, section_contrast=0.25
    )

    drawn = [
        section
        for seed in range(200)
        for section in draw_changes(config, (5, 16, 16), rng(seed)).sections
    ]

    assert len(drawn) == 1000
    assert 70 < sum(s.missing for s in drawn) < 130
    assert 160 < sum(s.blur > 0 for s in drawn) < 240
    assert 250 < sum(s.shift != (0, 0) for s in drawn) < 350
    assert 0.75 <= min(s.gain for s in drawn) < 0.76
    assert max(abs(s.offset) for s in drawn) <= 0.25 * 4


def test_a_window_of_one_slice_keeps_it():
    config = AugmentationConfig(missing=1.0, shifted=1.0)

    (section,) = draw_changes(config, (1, 16, 16), rng()).sections

    assert not section.missing
    assert section.shift == (0, 0)
