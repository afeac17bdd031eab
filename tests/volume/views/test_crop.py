import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, CroppedVolume


@pytest.fixture
def volume():
    array = np.arange(315, dtype=np.uint16).reshape(5, 7, 9)
    return ArrayVolume(array, spacing_nm=(50, 4, 5))


def test_a_crop_reads_its_own_part(volume):
    crop = CroppedVolume(volume, Box((1, 2, 3), (4, 6, 8)))

    found = crop.read(Box((1, 0, 2), (3, 4, 5)))

    np.testing.assert_array_equal(found, volume.array[2:4, 2:6, 5:8])
    assert crop.shape == (3, 4, 5)
    assert crop.spacing_nm == (50, 4, 5)


def test_a_crop_writes_through(volume):
    crop = CroppedVolume(volume, Box((1, 2, 3), (4, 6, 8)))

    crop.write(Box((0, 0, 0), (1, 1, 2)), np.array([[[900, 901]]], np.uint16))

    assert volume.array[1, 2, 3:5].tolist() == [900, 901]
    assert (volume.array >= 900).sum() == 2


def test_a_crop_ends_where_its_box_ends(volume):
    crop = CroppedVolume(volume, Box((1, 2, 3), (4, 6, 8)))
    with pytest.raises(
        VolumeError, match=r"not inside the volume of shape \(3, 4, 5\)"
    ):
        crop.read(Box((0, 0, 0), (4, 4, 5)))


@pytest.mark.parametrize("stop", [(1, 6, 8), (6, 6, 8)])
def test_empty_and_outer_boxes_are_refused(volume, stop):
    message = r"is empty or not inside the volume of shape \(5, 7, 9\); give Z0 Y0 X0"
    with pytest.raises(VolumeError, match=message):
        CroppedVolume(volume, Box((1, 2, 3), stop))
