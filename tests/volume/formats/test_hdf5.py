import json
import pickle
import re
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


def test_labels_are_not_taken_for_an_image_of_several_channels(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as new:
        new["raw"] = np.zeros((2, 5, 7, 9), np.uint8)
        new["label"] = np.zeros((5, 7, 9), np.uint16)

    with pytest.raises(
        VolumeError, match=r"say which dataset, .*/label .*, /raw \(2, "
    ):
        open_volume(tmp_path / "a.h5")
    with pytest.raises(
        VolumeError, match=r"a\.h5/raw: has shape \(2, 5, 7, 9\); expec"
    ):
        open_volume(tmp_path / "a.h5" / "raw")


def tagged(path, data, axes, **options):
    """Write a dataset whose axes ilastik has named."""
    with h5py.File(path, "w") as new:
        dataset = new.create_dataset("exported_data", data=data, **options)
        tags = [{"key": a, "typeFlags": 2, "resolution": 0} for a in axes]
        dataset.attrs["axistags"] = json.dumps({"axes": tags})
    return path


@pytest.mark.parametrize("axes", ["zyx", "xyz", "yxz", "zyxc", "tzyxc", "cxytz"])
def test_axistags_say_the_order(tmp_path, axes):
    stored = [axis for axis in axes if axis in "zyx"]
    data = ARRAY.transpose(["zyx".index(axis) for axis in stored])
    data = data.reshape(
        [dict(zip("zyxct", (5, 7, 9, 1, 1), strict=True))[a] for a in axes]
    )
    path = tagged(tmp_path / "a.h5", data, axes, chunks=True)

    volume = open_volume(path)

    assert volume.shape == (5, 7, 9)
    found = volume.read(INNER)
    np.testing.assert_array_equal(found, ARRAY[INNER.slices])
    assert found.flags.c_contiguous
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(INNER), ARRAY[INNER.slices])


def test_a_channel_of_a_flat_map_is_one_slice(tmp_path):
    data = np.arange(7 * 9 * 3, dtype=np.uint8).reshape(7, 9, 3)
    path = tagged(tmp_path / "a.h5", data, "yxc")

    with pytest.raises(VolumeError, match=r"has axes y=7, x=9, c=3; expected one chan"):
        open_volume(path)
    volume = open_volume(path, channel="1")

    assert str(volume.path) == f"{path}/exported_data#channel=1"
    np.testing.assert_array_equal(volume.read(Box.whole((1, 7, 9))), data[None, ..., 1])
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(Box.whole((1, 7, 9)))[0], data[..., 1])


@pytest.mark.parametrize("axes", ["zy", "zyxc", "zzx", "zyc"])
def test_axistags_that_contradict_the_shape_are_refused(tmp_path, axes):
    path = tagged(tmp_path / "a.h5", ARRAY, axes)
    names = ", ".join(axes)
    with pytest.raises(
        VolumeError, match=rf"names the axes {names}, but its shape is \(5, 7, 9\); sav"
    ):
        open_volume(path)


@pytest.mark.parametrize("tags", ["{", "[]", '{"axes": [1]}', 3])
def test_damaged_axistags_are_refused(tmp_path, tags):
    path = tagged(tmp_path / "a.h5", ARRAY, "zyx")
    with h5py.File(path, "r+") as old:
        old["exported_data"].attrs["axistags"] = tags
    with pytest.raises(VolumeError, match=r"its attribute axistags is damaged; save"):
        open_volume(path)


@pytest.mark.parametrize(
    "shape", [(1, 5, 7, 9), (5, 7, 9, 1), (5, 1, 7, 9), (1, 1, 7, 9)]
)
def test_axes_of_one_element_are_dropped(tmp_path, shape):
    data = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    with h5py.File(tmp_path / "a.h5", "w") as new:
        new["data"] = data

    volume = open_volume(tmp_path / "a.h5")

    squeezed = data.reshape([n for n in shape if n > 1])
    np.testing.assert_array_equal(
        volume.read(Box.whole(volume.shape)).squeeze(), squeezed
    )


@pytest.mark.parametrize("shape", [(7, 9, 1, 1), (7, 1, 9, 1)])
def test_axes_of_one_element_are_not_dropped_where_it_matters_which(tmp_path, shape):
    with h5py.File(tmp_path / "a.h5", "w") as new:
        new["data"] = np.zeros(shape, np.uint8)
    with pytest.raises(
        VolumeError, match=rf"has shape {re.escape(str(shape))}; expect"
    ):
        open_volume(tmp_path / "a.h5")


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
        ("rgb", r"a\.h5/rgb: has shape \(5, 7, 9, 3\); expected \(Z, Y, X\), or an "),
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
