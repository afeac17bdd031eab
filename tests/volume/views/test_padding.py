import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, read_padded


class Recorder(ArrayVolume):
    """Remembers what was read."""

    def _read(self, box):
        self.seen = box
        return super()._read(box)


@pytest.fixture
def array():
    return np.arange(5 * 7 * 9, dtype=np.uint16).reshape(5, 7, 9)


@pytest.mark.parametrize("margin", [(0, 0, 0), (1, 2, 3), (4, 6, 8), (11, 23, 40)])
def test_the_border_is_mirrored_as_numpy_does(array, margin):
    box = Box.whole(array.shape).grown(margin)

    found = read_padded(array, box)

    expected = np.pad(array, [(m, m) for m in margin], mode="reflect")
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint16


def test_a_single_slice_is_repeated(array):
    found = read_padded(array[:1], Box((-2, 0, 0), (3, 7, 9)))

    np.testing.assert_array_equal(found, np.repeat(array[:1], 5, axis=0))


@given(
    start=st.tuples(*[st.integers(-30, 30)] * 3),
    size=st.tuples(*[st.integers(0, 12)] * 3),
)
def test_boxes_anywhere_are_read_from_the_mirrored_volume(start, size):
    array = np.arange(2 * 3 * 5).reshape(2, 3, 5).astype(np.int32)
    mirrored = np.pad(array, 45, mode="reflect")
    box = Box((0, 0, 0), size).shifted(start)

    found = read_padded(ArrayVolume(array), box)

    np.testing.assert_array_equal(found, mirrored[box.shifted((45, 45, 45)).slices])


def test_only_what_is_needed_is_read(array):
    volume = Recorder(array)

    read_padded(volume, Box((-2, 3, 7), (1, 5, 11)))

    assert volume.seen == Box((0, 3, 6), (3, 5, 9))


def test_the_array_is_copied(array):
    found = read_padded(array, Box((0, 0, 0), (1, 1, 1)))
    found[:] = 99

    assert array[0, 0, 0] == 0


def test_senseless_requests_are_refused(array):
    with pytest.raises(
        VolumeError, match=r"box \(2, 0, 0\) to \(1, 1, 1\) ends before"
    ):
        read_padded(array, Box((2, 0, 0), (1, 1, 1)))
    with pytest.raises(VolumeError, match=r"empty volume of shape \(0, 7, 9\)"):
        read_padded(array[:0], Box((0, 0, 0), (1, 1, 1)))
    with pytest.raises(VolumeError, match=r"\(Z, Y, X\) array, got shape \(7, 9\)"):
        read_padded(array[0], Box((0, 0, 0), (1, 1, 1)))
