import pickle

import mrcfile
import numpy as np
import pytest

from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, convert, open_volume, require_spacing

ARRAY = np.random.default_rng(0).integers(0, 2**15, (5, 7, 9)).astype(np.int16)
WHOLE = Box.whole((5, 7, 9))
INNER = Box((1, 2, 3), (4, 6, 8))


@pytest.fixture
def written(tmp_path):
    """Write a file of voxels of 5 x 4 x 50 nm (x, y, z), then change its header."""

    def write(array=ARRAY, name="a.mrc", **header):
        with mrcfile.new(tmp_path / name, array) as new:
            new.voxel_size = (50, 40, 500)  # angstrom; x, y, z
            for key, value in header.items():
                new.header[key] = value
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["a.mrc", "a.map", "a.rec", "a.st"])
def test_voxels_and_their_size_are_read(written, name):
    volume = open_volume(written(name=name))

    assert volume.spacing_nm == (50, 4, 5)
    assert volume.format == "MRC, mode 1"
    np.testing.assert_array_equal(volume.read(INNER), ARRAY[INNER.slices])


@pytest.mark.parametrize(("mode", "dtype"), [(2, np.float32), (6, np.uint16)])
def test_other_modes_keep_their_type(written, mode, dtype):
    volume = open_volume(written(ARRAY.astype(dtype)))

    assert volume.dtype == dtype
    assert volume.format == f"MRC, mode {mode}"
    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY.astype(dtype))


def test_bytes_are_signed(written):
    array = ARRAY.astype(np.int8)
    assert array.min() < 0

    volume = open_volume(written(array))

    assert volume.dtype == np.int16
    np.testing.assert_array_equal(volume.read(WHOLE), array)


@pytest.mark.parametrize(("flags", "dtype"), [(0, np.uint8), (1, np.int16)])
def test_imod_says_whether_bytes_are_signed(written, flags, dtype):
    path = written(ARRAY.astype(np.int8))
    raw = bytearray(path.read_bytes())
    raw[152:160] = np.array([1146047817, flags], "<i4").tobytes()
    path.write_bytes(raw)

    volume = open_volume(path)

    assert volume.dtype == dtype
    expected = ARRAY.astype(np.int8).view(np.uint8 if flags == 0 else np.int8)
    np.testing.assert_array_equal(volume.read(WHOLE), expected)


def stamped(path, flags=None, **header):
    """Change the header of a file: IMOD's stamp with flags, and statistics."""
    with mrcfile.open(path, "r+") as file:
        for name, value in header.items():
            file.header[name] = value
    raw = bytearray(path.read_bytes())
    if flags is not None:
        raw[152:160] = np.array([1146047817, flags], "<i4").tobytes()
    path.write_bytes(raw)
    return path


def test_statistics_say_that_bytes_are_unsigned(written, caplog):
    array = ARRAY.astype(np.uint8)
    path = stamped(written(array.view(np.int8)), dmin=0, dmax=255)

    volume = open_volume(path)

    assert volume.dtype == np.uint8
    np.testing.assert_array_equal(volume.read(WHOLE), array)
    assert "its bytes are unsigned: the header states 255 as largest" in caplog.text


def test_bytes_without_statistics_are_signed_with_a_note(written):
    volume = open_volume(stamped(written(ARRAY.astype(np.int8)), dmin=0, dmax=-1))

    assert volume.dtype == np.int16
    assert volume.notes[-1].endswith("whether its bytes are signed; read as signed")


def test_to_signed_labels_of_imod_128_is_added(written):
    ids = (ARRAY % 7).astype(np.int16)
    path = stamped(written((ids - 128).astype(np.int8)), flags=1)

    labels = open_volume(path, labels=True)

    np.testing.assert_array_equal(labels.read(WHOLE), ids)
    assert labels.dtype == np.uint8
    assert labels.notes[-1].endswith("its labels are IMOD's signed bytes; 128 is added")
    copy = pickle.loads(pickle.dumps(labels))
    np.testing.assert_array_equal(copy.read(WHOLE), ids)
    np.testing.assert_array_equal(open_volume(path).read(WHOLE), ids - 128)


def test_signed_labels_that_are_not_negative_are_read_as_stored(written):
    ids = (ARRAY % 7).astype(np.int8)

    labels = open_volume(stamped(written(ids), flags=1), labels=True)

    np.testing.assert_array_equal(labels.read(WHOLE), ids)


@pytest.mark.parametrize("mode", [3, 101])
def test_modes_that_are_not_read_are_refused_with_the_way_out(written, mode):
    path = written()
    raw = bytearray(path.read_bytes())
    raw[12:16] = np.array([mode], "<i4").tobytes()
    path.write_bytes(raw)
    with pytest.raises(
        VolumeError, match=rf"mode {mode}, .*expected mode 0, 1, 2 or 6"
    ):
        open_volume(path)


def test_the_order_of_axes_is_that_of_the_header(written):
    # Columns are z, rows x, sections y: the file holds (y, x, z).
    path = written(ARRAY.transpose(1, 2, 0).copy(), mapc=3, mapr=1, maps=2)
    with mrcfile.open(path, "r+") as file:
        file.header.mx, file.header.my, file.header.mz = 9, 7, 5
        file.header.cella = (9 * 50, 7 * 40, 5 * 500)

    volume = open_volume(path)

    assert volume.shape == (5, 7, 9)
    assert volume.spacing_nm == (50, 4, 5)
    np.testing.assert_array_equal(volume.read(INNER), ARRAY[INNER.slices])


def test_big_endian_files_become_native(written):
    volume = open_volume(written(ARRAY.astype(">i2")))

    found = volume.read(WHOLE)

    assert found.dtype.isnative
    np.testing.assert_array_equal(found, ARRAY)


def test_a_single_image_is_one_slice(written):
    assert open_volume(written(ARRAY[0])).shape == (1, 7, 9)


def test_a_size_of_zero_is_no_size(written):
    volume = open_volume(written(cella=(0, 0, 0)))

    assert volume.spacing_nm is None
    with pytest.raises(
        SpacingError,
        match=r"has no voxel size, has a header with a cell of 0 x 0 x 0 angstrom, a "
        r"size of zero; pass --spacing",
    ):
        require_spacing(volume)


def test_senseless_axes_are_refused(written):
    with pytest.raises(
        VolumeError, match=r"columns, rows and sections are axes \(1, 1, 3\)"
    ):
        open_volume(written(mapr=1))


def test_complex_numbers_are_refused(written):
    with pytest.raises(VolumeError, match="holds complex64; expected one of"):
        open_volume(written(ARRAY.astype(np.complex64)))


def test_several_volumes_are_refused(written):
    stack = np.zeros((2, 5, 7, 9), np.int16)
    with pytest.raises(VolumeError, match=r"has shape \(2, 5, 7, 9\); expected one"):
        open_volume(written(stack))


def test_a_truncated_file_is_said_to_be_damaged(written):
    path = written()
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(VolumeError, match=r"a\.mrc: cannot be read as MRC \("):
        open_volume(path)


def test_what_is_no_mrc_is_said_to_be_damaged(tmp_path):
    (tmp_path / "a.mrc").write_bytes(b"x" * 3000)
    with pytest.raises(VolumeError, match=r"a\.mrc: cannot be read as MRC \("):
        open_volume(tmp_path / "a.mrc")


def test_a_header_that_asks_for_more_memory_than_there_is(written, monkeypatch):
    def ask(*args, **kwargs):
        raise MemoryError

    path = written()
    monkeypatch.setattr(mrcfile, "mmap", ask)

    with pytest.raises(VolumeError, match=r"cannot be read as MRC \(MemoryError\)"):
        open_volume(path)


def test_it_goes_to_other_processes(written):
    copy = pickle.loads(pickle.dumps(open_volume(written())))

    np.testing.assert_array_equal(copy.read(WHOLE), ARRAY)


@pytest.mark.parametrize(
    ("dtype", "read"),
    [
        (np.uint8, np.uint16),
        (np.uint16, np.uint16),
        (np.int16, np.int16),
        (np.float32, np.float32),
    ],
)
def test_mrcfile_reads_what_is_written(tmp_path, dtype, read):
    array = ARRAY.astype(dtype)

    convert(ArrayVolume(array, spacing_nm=(50, 4.6, 5)), tmp_path / "a.mrc")

    assert mrcfile.validate(tmp_path / "a.mrc")
    with mrcfile.open(tmp_path / "a.mrc") as file:
        assert file.is_volume()
        assert file.data.dtype == read
        np.testing.assert_array_equal(file.data, array)
        assert file.voxel_size.tolist() == pytest.approx((50, 46, 500))
        assert file.header.dmax == array.max()
    assert open_volume(tmp_path / "a.mrc").spacing_nm == (50, 4.6, 5)


def test_writing_is_the_same_twice(tmp_path):
    for name in ("a.mrc", "b.mrc"):
        convert(ArrayVolume(ARRAY, spacing_nm=(50, 4, 5)), tmp_path / name)

    assert (tmp_path / "a.mrc").read_bytes() == (tmp_path / "b.mrc").read_bytes()


def test_wide_ids_do_not_fit(tmp_path):
    volume = ArrayVolume(ARRAY.astype(np.uint32), spacing_nm=(50, 4, 5))

    with pytest.raises(
        VolumeError, match=r"MRC holds uint8, .*, the volume is uint32; write \.zarr"
    ):
        convert(volume, tmp_path / "a.mrc")
    assert list(tmp_path.iterdir()) == []
