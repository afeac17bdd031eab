import numpy as np
import pytest
import tifffile

from densecell.errors import OutputError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume, write_tiff
from densecell.volume.formats import tiff_writing
from densecell.volume.formats.tiff_writing import id_colours

SPACING = (50, 4.6, 5)


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 2**15, (5, 7, 9)).astype(np.uint16)


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "float32", "int16", "uint32", "int32", "uint64"]
)
@pytest.mark.parametrize("compress", [False, True])
def test_what_is_written_is_read_with_its_voxel_size(tmp_path, array, dtype, compress):
    array = array.astype(dtype)

    write_tiff(
        tmp_path / "a.tif", ArrayVolume(array, spacing_nm=SPACING), compress=compress
    )

    volume = open_volume(tmp_path / "a.tif")
    assert volume.spacing_nm == pytest.approx(SPACING)
    assert volume.dtype == array.dtype
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), array)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), array)


def test_labels_are_shown_in_colours_and_keep_their_values(tmp_path, array):
    labels = (array % 4).astype(np.uint8)
    colours = np.zeros((256, 3), np.uint8)
    colours[3] = (10, 20, 255)

    write_tiff(
        tmp_path / "a.tif", ArrayVolume(labels, spacing_nm=SPACING), colours=colours
    )

    volume = open_volume(tmp_path / "a.tif", labels=True)
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), labels)
    assert volume.spacing_nm == pytest.approx(SPACING)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej
        assert (tif.imagej_metadata["min"], tif.imagej_metadata["max"]) == (0, 255)
        assert tif.pages[0].colormap[:, 3].tolist() == [10 * 257, 20 * 257, 255 * 257]
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), labels)


def test_every_id_has_a_colour_of_its_own():
    colours = id_colours()

    assert colours[0].tolist() == [0, 0, 0]
    assert len(np.unique(colours, axis=0)) > 200
    assert np.abs(np.diff(colours[1:].astype(int), axis=0)).sum(1).min() > 90


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_narrow_volumes_keep_their_axes(tmp_path, array, dtype):
    array = array[:, :, :1].astype(dtype)

    write_tiff(tmp_path / "a.tif", ArrayVolume(array, spacing_nm=SPACING))

    volume = open_volume(tmp_path / "a.tif")
    assert volume.shape == (5, 7, 1)
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), array)


def test_narrow_volumes_of_large_ids_are_refused(tmp_path, array):
    volume = ArrayVolume(array[:, :, :1].astype(np.uint64), spacing_nm=SPACING)
    with pytest.raises(
        VolumeError, match=r"uint64 of shape \(5, 7, 1\), one voxel wide"
    ):
        write_tiff(tmp_path / "a.tif", volume)


def test_fiji_finds_unit_and_depth(tmp_path, array):
    write_tiff(tmp_path / "a.tif", ArrayVolume(array, spacing_nm=SPACING))

    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej
        assert tif.imagej_metadata["slices"] == 5
        assert tif.imagej_metadata["spacing"] == 50
        assert tif.imagej_metadata["unit"] == "nm"
        assert tif.series[0].axes == "ZYX"


def test_slices_are_written_one_by_one(tmp_path, array):
    write_tiff(
        tmp_path / "a.tif",
        iter(array),
        spacing_nm=SPACING,
        shape=(5, 7, 9),
        dtype="uint16",
    )

    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), array)


@pytest.mark.parametrize(
    ("compress", "format"), [(False, "ImageJ TIFF"), (True, "OME-TIFF, adobe deflate")]
)
def test_large_stacks_are_read_back(tmp_path, array, monkeypatch, compress, format):
    monkeypatch.setattr(tiff_writing, "CLASSIC_BYTES", 100)

    write_tiff(
        tmp_path / "a.tif", ArrayVolume(array, spacing_nm=SPACING), compress=compress
    )

    volume = open_volume(tmp_path / "a.tif")
    assert volume.format == format
    assert volume.spacing_nm == pytest.approx(SPACING)
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), array)


def test_the_voxel_size_must_be_known(tmp_path, array):
    with pytest.raises(SpacingError, match="has no voxel size"):
        write_tiff(tmp_path / "a.tif", ArrayVolume(array))
    with pytest.raises(VolumeError, match="give shape, dtype and spacing_nm"):
        write_tiff(tmp_path / "a.tif", iter(array), spacing_nm=SPACING)


def test_what_exists_is_not_overwritten_unasked(tmp_path, array):
    (tmp_path / "a.tif").write_text("old")
    volume = ArrayVolume(array, spacing_nm=SPACING)

    with pytest.raises(OutputError, match=r"a\.tif: exists; .* or pass --overwrite"):
        write_tiff(tmp_path / "a.tif", volume)
    assert (tmp_path / "a.tif").read_text() == "old"
    write_tiff(tmp_path / "a.tif", volume, overwrite=True)

    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), array)


@pytest.mark.parametrize(
    ("depth", "message"),
    [
        (4, "more slices than the 4 announced"),
        (6, "5 slices instead of the 6 announced"),
    ],
)
def test_a_wrong_number_of_slices_leaves_no_file(tmp_path, array, depth, message):
    with pytest.raises(VolumeError, match=message):
        write_tiff(
            tmp_path / "a.tif",
            iter(array),
            spacing_nm=SPACING,
            shape=(depth, 7, 9),
            dtype=np.uint16,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_slice_of_another_kind_is_refused(tmp_path, array):
    planes = [array[0], array[1].astype(np.uint8)]
    message = r"slice 1 is \(7, 9\) of uint8; expected \(7, 9\) of uint16"
    with pytest.raises(VolumeError, match=message):
        write_tiff(
            tmp_path / "a.tif",
            planes,
            spacing_nm=SPACING,
            shape=(2, 7, 9),
            dtype="uint16",
        )
