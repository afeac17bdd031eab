from pathlib import Path

import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, intensities, intensity_statistics, normalise
from densecell.volume.intensities import Statistics, sampled_boxes


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 2**16, (19, 70, 301)).astype(np.uint16)


def test_small_volumes_are_measured_exactly(array):
    found = intensity_statistics(ArrayVolume(array))

    assert found.mean == pytest.approx(array.mean(), rel=1e-12)
    assert found.std == pytest.approx(array.std(), rel=1e-12)
    assert (found.low, found.high) == (array.min(), array.max())


def test_a_box_is_measured_alone(array):
    box = Box((1, 2, 3), (4, 6, 8))

    found = intensity_statistics(ArrayVolume(array), box=box)

    assert found.mean == pytest.approx(array[box.slices].mean())
    assert found.high == array[box.slices].max()


def test_a_far_offset_does_not_cancel():
    array = np.full((3, 4, 5), 2**24, np.float32)
    array[0] += 2

    assert intensity_statistics(ArrayVolume(array)).std == pytest.approx(
        array.std(dtype=float)
    )


def test_large_volumes_are_sampled_at_the_same_places(array, monkeypatch):
    monkeypatch.setattr(intensities, "EXACT_VOXELS", 1000)
    monkeypatch.setattr(intensities, "SAMPLE", (2, 8, 8))

    boxes = list(sampled_boxes(array.shape))
    found = intensity_statistics(ArrayVolume(array))

    assert len(boxes) == 64
    assert len(set(boxes)) > 60
    assert all(Box.whole(array.shape).contains(box) for box in boxes)
    assert boxes == list(sampled_boxes(array.shape))
    assert found == intensity_statistics(ArrayVolume(array))
    assert found.mean == pytest.approx(array.mean(), rel=0.05)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "nan"), (-np.inf, "-inf")])
def test_values_that_are_no_numbers_are_located(value, word):
    array = np.zeros((5, 7, 9), np.float32)
    array[3, 2, 6] = value
    volume = ArrayVolume(array, path=Path("a.tif"))
    message = rf"a\.tif: voxel \(z, y, x\) = \(3, 2, 6\) is {word}; .*numpy\.nan_to_num"
    with pytest.raises(VolumeError, match=message):
        intensity_statistics(volume)
    with pytest.raises(VolumeError, match=message):
        intensity_statistics(volume, box=Box((2, 1, 0), (4, 7, 9)))


def test_a_constant_image_is_refused():
    volume = ArrayVolume(np.full((2, 3, 4), 7, np.uint8), path=Path("a.tif"))
    with pytest.raises(
        VolumeError, match=r"a\.tif: every voxel is 7; .*the right file"
    ):
        intensity_statistics(volume)


def test_normalised_values_have_zero_mean_and_unit_deviation(array):
    before = array.copy()

    found = normalise(array, intensity_statistics(ArrayVolume(array)))

    assert found.dtype == np.float32
    assert found.mean(dtype=float) == pytest.approx(0, abs=1e-5)
    assert found.std(dtype=float) == pytest.approx(1, rel=1e-5)
    np.testing.assert_array_equal(array, before)


def test_normalising_is_a_shift_and_a_scale():
    found = normalise(np.array([3, 7], np.uint8), Statistics(5, 2, 0, 9))

    assert found.tolist() == [-1, 1]
