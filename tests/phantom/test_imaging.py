import numpy as np
import pytest

from densecell.geometry import Spacing
from densecell.phantom import SECOND_SUBJECT, Imaging, make_phantom
from densecell.phantom.imaging import render
from densecell.phantom.lattice import Lattice

PLAIN = Imaging(noise=0, section_contrast=0, section_brightness=0)
LATTICE = Lattice((2, 40, 50), Spacing(40, 10, 10))


def rendered(stain, imaging, seed=0):
    rng = np.random.default_rng(seed)
    return render(stain, LATTICE, imaging=imaging, rng=rng)


def test_an_even_stain_without_noise_is_an_even_image():
    stain = np.full(LATTICE.shape, 100, np.float32)

    image = rendered(stain, PLAIN)

    assert image.dtype == np.uint8
    assert np.unique(image).tolist() == [100]


def test_contrast_and_brightness_change_grey_around_mid_grey():
    stain = np.full(LATTICE.shape, 100, np.float32)

    image = rendered(stain, PLAIN.model_copy(update={"contrast": 0.5}))
    brighter = rendered(stain, PLAIN.model_copy(update={"brightness": 20.0}))

    assert np.unique(image).tolist() == [114]  # 128 - 28 / 2
    assert np.unique(brighter).tolist() == [120]


def test_noise_has_its_standard_deviation():
    stain = np.full(LATTICE.shape, 128, np.float32)

    image = rendered(stain, PLAIN.model_copy(update={"noise": 12.0}))

    assert image.std() == pytest.approx(12, rel=0.1)


def test_a_stain_is_not_modified():
    stain = np.full(LATTICE.shape, 128, np.float32)

    rendered(stain, SECOND_SUBJECT)

    assert (stain == 128).all()


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        Imaging.model_validate({"sharpness": 3})


def test_a_second_subject_looks_different_on_the_same_truth(small_phantom):
    second = make_phantom((3, 64, 80), seed=5, imaging=SECOND_SUBJECT)

    np.testing.assert_array_equal(small_phantom.classes, second.classes)
    np.testing.assert_array_equal(small_phantom.cells, second.cells)
    assert np.std(second.intensities) < 0.9 * np.std(small_phantom.intensities)
