import pickle
import sys

import h5py
import numpy as np
import pytest

from densecell.errors import (
    MissingExtraError,
    OutputError,
    SpacingError,
    VolumeError,
)
from densecell.geometry import Box
from densecell.volume import ArrayVolume, convert, open_volume, require_spacing

ARRAY = np.random.default_rng(0).integers(0, 2**16, (5, 7, 9)).astype(np.uint16)
INNER = Box((1, 2, 3), (4, 6, 8))


@pytest.fixture
def file(tmp_path):
    """Write a file as CREMI's are laid out, and give its path."""
    with h5py.File(tmp_path / "a.h5", "w") as new:
        raw = new.create_dataset("volumes/raw", data=ARRAY, chunks=(2, 3, 4))
        raw.attrs["resolution"] = [50.0, 4.0, 5.0]
        raw.attrs["units"] = "nm"
        new["volumes/labels"] = ARRAY.astype(np.uint8)
        new["rgb"] = np.zeros((5, 7, 9, 3), np.uint8)
        new["complex"] = np.zeros((5, 7, 9), np.complex64)
        new["text"] = "hello"
    return tmp_path / "a.h5"


def test_a_dataset_is_read_by_its_path(file):
    volume = open_volume(file / "volumes" / "raw")

    assert volume.spacing_nm == (50, 4, 5)
    assert volume.chunk == (2, 3, 4)
    assert volume.name == "raw"
    np.testing.assert_array_equal(volume.read(INNER), ARRAY[INNER.slices])


def test_the_only_volume_needs_no_path(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as new:
        new["scores"] = np.zeros(3)
        new["main"] = ARRAY

    volume = open_volume(tmp_path / "a.hdf5")

    assert volume.path == tmp_path / "a.hdf5" / "main"
    np.testing.assert_array_equal(volume.read(Box.whole((5, 7, 9))), ARRAY)


def test_one_of_several_volumes_must_be_named(file):
    with pytest.raises(
        VolumeError, match=r"say which dataset, as a\.h5/PATH; there are /complex \(5, "
    ):
        open_volume(file)


def test_a_path_that_is_not_there_lists_what_is(file):
    with pytest.raises(
        VolumeError, match=r"no dataset 'raw'; there are .*/volumes/raw \(5, 7, 9\)"
    ):
        open_volume(file / "raw")


def test_a_group_is_no_dataset(file):
    with pytest.raises(VolumeError, match="has no dataset 'volumes'"):
        open_volume(file / "volumes")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rgb", r"a\.h5/rgb: has shape \(5, 7, 9, 3\); expected \(Z, Y, X\)"),
        ("text", r"a\.h5/text: has shape \(\); expected \(Z, Y, X\)"),
        ("complex", r"holds complex64; expected one of uint8"),
    ],
)
def test_what_is_no_volume_of_numbers_is_refused(file, name, message):
    with pytest.raises(VolumeError, match=message):
        open_volume(file / name)


def test_an_unknown_unit_is_told(file):
    with h5py.File(file, "r+") as old:
        old["volumes/raw"].attrs["units"] = "pixel"

    volume = open_volume(file / "volumes/raw")

    with pytest.raises(
        SpacingError,
        match=r"no voxel size, states a resolution of 50 x 4 x 5 in 'pixel', no unit "
        r"of length; pass --spacing",
    ):
        require_spacing(volume)
    assert open_volume(file / "volumes/raw", spacing_nm=(1, 2, 3)).spacing_nm == (
        1,
        2,
        3,
    )


def test_a_missing_unit_is_told(file):
    with h5py.File(file, "r+") as old:
        del old["volumes/raw"].attrs["units"]

    with pytest.raises(SpacingError, match=r"50 x 4 x 5 without a unit; pass --spac"):
        require_spacing(open_volume(file / "volumes/raw"))


def test_micrometres_of_ilastik_and_fiji_are_read(file):
    with h5py.File(file, "r+") as old:
        old["volumes/labels"].attrs["element_size_um"] = np.float32([0.05, 0.0046, 0.1])

    assert open_volume(file / "volumes/labels").spacing_nm == (50, 4.6, 100)


def test_a_truncated_file_is_said_to_be_damaged(file):
    file.write_bytes(file.read_bytes()[:2000])

    with pytest.raises(VolumeError, match=r"a\.h5: cannot be read as HDF5 \(.*trunc"):
        open_volume(file / "volumes/raw")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(VolumeError, match=r"b\.h5/raw: does not exist; expected"):
        open_volume(tmp_path / "b.h5" / "raw")


def test_it_goes_to_other_processes(file):
    copy = pickle.loads(pickle.dumps(open_volume(file / "volumes/raw")))

    np.testing.assert_array_equal(copy.read(INNER), ARRAY[INNER.slices])


@pytest.mark.parametrize(
    ("name", "inside"), [("b.h5", "data"), ("b.h5/a/b", "a/b"), ("b.hdf5", "data")]
)
def test_h5py_reads_what_is_written(tmp_path, name, inside):
    convert(ArrayVolume(ARRAY, spacing_nm=(50, 4.6, 5)), tmp_path / name)

    with h5py.File(tmp_path / name.split("/")[0]) as file:
        np.testing.assert_array_equal(file[inside][:], ARRAY)
        np.testing.assert_allclose(
            file[inside].attrs["element_size_um"], [0.05, 0.0046, 0.005]
        )
    assert open_volume(tmp_path / name).spacing_nm == (50, 4.6, 5)


def test_writing_is_the_same_twice(tmp_path):
    for name in ("a.h5", "b.h5"):
        convert(ArrayVolume(ARRAY, spacing_nm=(50, 4, 5)), tmp_path / name)

    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_other_datasets_are_never_dropped(file):
    volume = ArrayVolume(ARRAY, spacing_nm=(50, 4, 5))
    before = file.read_bytes()

    with pytest.raises(OutputError, match=r"a\.h5: exists; choose another place"):
        convert(volume, file / "new")
    with pytest.raises(OutputError, match=r"also holds /complex, /rgb.*choose another"):
        convert(volume, file / "new", overwrite=True)

    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_the_missing_extra_is_one_line(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)

    with pytest.raises(
        MissingExtraError,
        match=r"^HDF5 files need h5py, .* pip install 'densecell\[formats\]'$",
    ):
        open_volume(file / "volumes/raw")
