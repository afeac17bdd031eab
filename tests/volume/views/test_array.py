import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume


def test_only_three_axes_are_a_volume():
    with pytest.raises(VolumeError, match=r"expected a \(Z, Y, X\) array, .*\(7, 9\)"):
        ArrayVolume(np.zeros((7, 9), np.uint8))


def test_an_npy_file_is_read_only_and_of_native_byte_order(tmp_path):
    array = np.arange(315, dtype=">u2").reshape(5, 7, 9)
    np.save(tmp_path / "a.npy", array)

    volume = open_volume(tmp_path / "a.npy", spacing_nm=(50, 4, 5))

    assert volume.dtype.isnative
    assert volume.spacing_nm == (50, 4, 5)
    np.testing.assert_array_equal(
        volume.read(Box((1, 2, 3), (4, 6, 8))), array[1:4, 2:6, 3:8]
    )
    with pytest.raises(VolumeError, match="opened for reading only"):
        volume.write(Box((0, 0, 0), (1, 1, 1)), np.zeros((1, 1, 1), np.uint16))


def test_a_broken_npy_file_is_named(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 7, 9), np.uint16))
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(whole[:200])
    with pytest.raises(
        VolumeError, match=r"a\.npy: cannot be read as \.npy \(.*\); save"
    ):
        open_volume(tmp_path / "a.npy")
