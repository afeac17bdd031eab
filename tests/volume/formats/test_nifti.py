import pickle

import nibabel
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
    """Write (x, y, z) voxels of 5 x 4 x 50 as nibabel does."""

    def write(array=ARRAY.T, name="a.nii", unit="micron", slope=None):
        image = nibabel.Nifti1Image(array, np.diag([5, 4, 50, 1]))
        image.header.set_xyzt_units(unit)
        if slope is not None:
            image.header.set_slope_inter(slope, 1)
        image.to_filename(tmp_path / name)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII.GZ"])
def test_axes_are_turned_once(written, name):
    volume = open_volume(written(name=name))

    assert volume.shape == (5, 7, 9)
    assert volume.spacing_nm == (50_000, 4_000, 5_000)
    found = volume.read(INNER)
    np.testing.assert_array_equal(found, ARRAY[INNER.slices])
    assert found.flags.c_contiguous


@pytest.mark.parametrize(("unit", "nm"), [("meter", 1e9), ("mm", 1e6), ("micron", 1e3)])
def test_units_are_converted(written, unit, nm):
    assert open_volume(written(unit=unit)).spacing_nm == (50 * nm, 4 * nm, 5 * nm)


@pytest.mark.parametrize("unit", ["unknown", "hz"])
def test_an_unknown_unit_is_told(written, unit):
    path = written(unit="unknown")
    if unit == "hz":
        raw = bytearray(path.read_bytes())
        raw[123] = 5  # no such unit of length
        path.write_bytes(raw)

    with pytest.raises(
        SpacingError,
        match=r"no voxel size, states 50 x 4 x 5 \(z y x\) without a unit; pass --spac",
    ):
        require_spacing(open_volume(path))
    assert open_volume(path, spacing_nm=(1, 2, 3)).spacing_nm == (1, 2, 3)


def test_further_axes_of_one_element_are_dropped(written):
    volume = open_volume(written(ARRAY.T[..., None]))

    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY)


def test_a_single_image_is_one_slice(written):
    volume = open_volume(written(ARRAY[0].T))

    np.testing.assert_array_equal(volume.read(Box.whole((1, 7, 9))), ARRAY[:1])


def test_several_time_points_are_refused(written):
    with pytest.raises(
        VolumeError, match=r"has shape \(9, 7, 5, 2\) \(x, y, z, \.\.\.\); expected thr"
    ):
        open_volume(written(np.stack([ARRAY.T, ARRAY.T], axis=-1)))


def test_scaled_values_become_float32(written):
    volume = open_volume(written(np.float32(ARRAY.T), slope=None))
    assert volume.dtype == np.float32

    path = written()
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([0.5, 3], "<f4").tobytes()  # slope, intercept
    path.write_bytes(raw)
    volume = open_volume(path)

    assert volume.dtype == np.float32
    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY * 0.5 + 3)
    with pytest.raises(VolumeError, match="labels must be whole numbers"):
        open_volume(path, labels=True).read(WHOLE)


def test_colours_are_refused(written):
    rgb = np.zeros((9, 7, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(VolumeError, match="holds colours or other records; expected"):
        open_volume(written(rgb))


@pytest.mark.parametrize(("dtype", "name"), [("c8", "complex64"), ("f8", "float64")])
def test_other_numbers_are_refused(written, dtype, name):
    with pytest.raises(VolumeError, match=f"holds {name}; expected one of"):
        open_volume(written(ARRAY.T.astype(dtype)))


def test_a_truncated_file_is_refused_at_once(written):
    path = written()
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(
        VolumeError, match=r"cannot be read as NIfTI \(982 bytes expected, 882 found\)"
    ):
        open_volume(path)


def test_a_truncated_packed_file_is_refused_when_it_ends(written):
    noise = np.random.default_rng(0).integers(0, 256, (50, 60, 70)).astype(np.uint8)
    path = written(noise.T, name="a.nii.gz")
    path.write_bytes(path.read_bytes()[:-1000])
    volume = open_volume(path)

    with pytest.raises(VolumeError, match=r"a\.nii\.gz: cannot be read as NIfTI \("):
        volume.read(Box.whole(noise.shape))


def test_what_is_no_nifti_is_said_to_be_damaged(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"x" * 1000)
    with pytest.raises(VolumeError, match=r"a\.nii: cannot be read as NIfTI \("):
        open_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_it_goes_to_other_processes(written, name):
    copy = pickle.loads(pickle.dumps(open_volume(written(name=name))))

    np.testing.assert_array_equal(copy.read(WHOLE), ARRAY)


def test_slices_of_a_packed_file_are_kept(written):
    volume = open_volume(written(name="a.nii.gz"))

    assert volume.chunk == (1, 7, 9)
    assert volume.cache_bytes > 0
    np.testing.assert_array_equal(volume.read(INNER), volume.read(INNER))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", ["image", "label"])
def test_nibabel_reads_what_is_written(tmp_path, name, kind):
    volume = ArrayVolume(ARRAY.astype(np.uint16), spacing_nm=(50, 4.6, 5))

    convert(volume, tmp_path / name, kind=kind)

    image = nibabel.load(tmp_path / name)
    assert image.header.get_xyzt_units()[0] == "micron"
    np.testing.assert_allclose(image.header.get_zooms(), (0.005, 0.0046, 0.05))
    np.testing.assert_allclose(image.affine, np.diag([0.005, 0.0046, 0.05, 1]))
    found = np.asarray(image.dataobj)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, ARRAY.T)
    assert image.header.get_intent()[0] == ("label" if kind == "label" else "none")
    assert open_volume(tmp_path / name).spacing_nm == (50, 4.6, 5)


def test_long_axes_need_the_second_version(tmp_path):
    array = np.zeros((1, 1, 40_000), np.uint8)
    array[0, 0, -1] = 7

    convert(ArrayVolume(array, spacing_nm=(50, 4, 5)), tmp_path / "a.nii")

    image = nibabel.load(tmp_path / "a.nii")
    assert isinstance(image, nibabel.Nifti2Image)
    assert np.asarray(image.dataobj)[-1, 0, 0] == 7
    volume = open_volume(tmp_path / "a.nii")
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), array)


def test_packing_is_the_same_twice(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        convert(ArrayVolume(ARRAY, spacing_nm=(50, 4, 5)), tmp_path / name)

    first, second = ((tmp_path / n).read_bytes() for n in ("a.nii.gz", "b.nii.gz"))
    assert first == second
