import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.volume import open_volume


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(
        VolumeError, match=r"no\.tif: does not exist; expected an OME-Zarr"
    ):
        open_volume(tmp_path / "no.tif")


@pytest.mark.parametrize("name", ["a.xyz", "a"])
def test_other_suffixes_are_refused_with_the_formats(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(
        VolumeError, match=r"which densecell does not read; expected an"
    ):
        open_volume(tmp_path / name)


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    (tmp_path / "a.tif").touch()
    with pytest.raises(VolumeError, match=r"a\.tif: is an empty file"):
        open_volume(tmp_path / "a.tif")


def test_only_ome_zarr_has_levels(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3), np.uint8))
    with pytest.raises(VolumeError, match=r"has no level 2; only OME-Zarr, N5 and"):
        open_volume(tmp_path / "a.npy", level=2)


def test_only_ome_zarr_has_channels(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3), np.uint8))
    with pytest.raises(VolumeError, match=r"a\.npy: has no channels to choose from, "):
        open_volume(tmp_path / "a.npy", channel="1")


def test_paths_may_be_words(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3), np.uint8))

    assert open_volume(str(tmp_path / "a.npy")).shape == (1, 2, 3)


def test_a_zarr_that_is_a_file_is_said_to_be_one(tmp_path):
    (tmp_path / "a.zarr").write_bytes(b"x")
    with pytest.raises(VolumeError, match=r"a\.zarr: is a file, but an OME-Zarr is a "):
        open_volume(tmp_path / "a.zarr")
