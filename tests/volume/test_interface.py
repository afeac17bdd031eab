from pathlib import Path

import numpy as np
import pytest

from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box, Spacing
from densecell.volume import ArrayVolume, require_spacing

SPACING = (50, 4.6, 5)


@pytest.fixture
def volume():
    array = np.arange(5 * 7 * 9, dtype=np.uint16).reshape(5, 7, 9)
    return ArrayVolume(array, spacing_nm=SPACING, path=Path("a.tif"))


@pytest.mark.parametrize(
    "box",
    [
        Box((-1, 0, 0), (1, 1, 1)),
        Box((0, 0, 0), (6, 7, 9)),
        Box((4, 0, 0), (3, 7, 9)),
    ],
)
def test_boxes_outside_are_refused_with_the_shape_and_the_way_out(volume, box):
    message = r"a\.tif: box .* is not inside the volume of shape \(5, 7, 9\); clip it"
    with pytest.raises(VolumeError, match=message):
        volume.read(box)
    with pytest.raises(VolumeError, match=message):
        volume.write(box, np.zeros((1, 1, 1), np.uint16))


def test_an_empty_box_reads_nothing(volume):
    found = volume.read(Box((2, 3, 4), (2, 7, 9)))

    assert found.shape == (0, 4, 5)
    assert found.dtype == np.uint16


def test_what_is_read_belongs_to_the_caller(volume):
    found = volume.read(Box.whole(volume.shape))
    found[:] = 0

    assert volume.array.max() == 314


def test_an_array_of_another_shape_is_not_written(volume):
    message = r"array of shape \(1, 2, 3\) into a box of shape \(1, 3, 2\)"
    with pytest.raises(VolumeError, match=message):
        volume.write(Box((0, 0, 0), (1, 3, 2)), np.zeros((1, 2, 3), np.uint16))


def test_values_that_do_not_fit_are_not_written(volume):
    message = r"cannot write int64 values into a volume of uint16; convert them first"
    with pytest.raises(VolumeError, match=message):
        volume.write(Box((0, 0, 0), (1, 1, 1)), np.zeros((1, 1, 1), np.int64))


def test_smaller_numbers_are_written(volume):
    box = Box((1, 2, 3), (2, 4, 6))

    volume.write(box, np.full((1, 2, 3), 250, np.uint8))

    np.testing.assert_array_equal(volume.read(box), np.full((1, 2, 3), 250))
    assert volume.array.sum() == 49455 - sum(range(84, 87)) - sum(range(93, 96)) + 1500


def test_writing_an_empty_box_does_nothing(volume):
    volume.write(Box((0, 0, 0), (0, 1, 1)), np.zeros((0, 1, 1), np.uint16))

    assert volume.array.sum() == 49455


def test_a_read_only_volume_says_what_to_write_into():
    array = np.zeros((1, 2, 3), np.uint8)
    array.flags.writeable = False
    volume = ArrayVolume(array)
    with pytest.raises(
        VolumeError, match=r"opened for reading only; .*create_ome_zarr"
    ):
        volume.write(Box.whole(volume.shape), array)


def test_a_known_voxel_size_is_given(volume):
    assert require_spacing(volume) == Spacing(50, 4.6, 5)


def test_an_unknown_voxel_size_is_asked_for():
    volume = ArrayVolume(np.zeros((1, 2, 3), np.uint8), path=Path("raw.tif"))
    with pytest.raises(SpacingError, match=r"raw\.tif: has no voxel size; pass --spac"):
        require_spacing(volume)


@pytest.mark.parametrize(
    ("path", "name"),
    [("x/a.ome.tif", "a"), ("x/stack", "stack"), (".hidden", ".hidden")],
)
def test_the_name_is_that_of_the_file(path, name):
    assert ArrayVolume(np.zeros((1, 1, 1), np.uint8), path=Path(path)).name == name
