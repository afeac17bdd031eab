import pickle

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume

INNER = Box((1, 2, 3), (4, 6, 8))


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 2**16, (12, 7, 9)).astype(np.uint16)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "slices").mkdir()
    return tmp_path / "slices"


def write_png(path, plane):
    path.write_bytes(imagecodecs.png_encode(plane))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_slices_are_ordered_by_number(folder, array, dtype):
    planes = array.astype(dtype)
    for z, plane in enumerate(planes):
        write_png(folder / f"slice_{z}.PNG", plane)
    (folder / "notes.txt").touch()
    (folder / ".slice_5.png").touch()

    volume = open_volume(folder)

    assert volume.shape == (12, 7, 9)
    assert volume.dtype == dtype
    assert volume.spacing_nm is None
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), planes)
    np.testing.assert_array_equal(volume.read(INNER), planes[INNER.slices])


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"byteorder": ">"}])
def test_tiff_slices_are_read(folder, array, options):
    for z, plane in enumerate(array):
        tifffile.imwrite(folder / f"s{z}.tif", plane, **options)

    volume = open_volume(folder, spacing_nm=(50, 4, 5))

    assert volume.spacing_nm == (50, 4, 5)
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


def test_a_folder_can_be_sent_to_another_process(folder, array):
    write_png(folder / "0.png", array[0])

    copy = pickle.loads(pickle.dumps(open_volume(folder, spacing_nm=(50, 4, 5))))

    assert copy.spacing_nm == (50, 4, 5)
    np.testing.assert_array_equal(copy.read(Box.whole(copy.shape)), array[:1])


def test_a_folder_without_slices_says_what_it_expected(folder):
    with pytest.raises(
        VolumeError, match="slices: holds no slices; expected PNG or TIFF"
    ):
        open_volume(folder)


def test_other_images_are_named(folder):
    (folder / "0.gif").touch()
    with pytest.raises(VolumeError, match=r"found \.gif, convert them to PNG"):
        open_volume(folder)


def test_mixed_kinds_are_refused(folder, array):
    write_png(folder / "0.png", array[0])
    tifffile.imwrite(folder / "1.tif", array[1])
    tifffile.imwrite(folder / "2.tiff", array[2])
    with pytest.raises(VolumeError, match=r"slices: mixes 1 \.png and 2 \.tif files"):
        open_volume(folder)


@pytest.mark.parametrize(
    ("plane", "found"),
    [
        (np.zeros((9, 7), np.uint16), "9 x 7 voxels of uint16"),
        (np.zeros((7, 9), np.uint8), "7 x 9 voxels of uint8"),
    ],
)
def test_a_slice_unlike_the_first_is_named_when_it_is_read(folder, array, plane, found):
    write_png(folder / "0.png", array[0])
    write_png(folder / "1.png", plane)
    volume = open_volume(folder)

    volume.read(Box((0, 0, 0), (1, 7, 9)))
    with pytest.raises(VolumeError, match=rf"1\.png: is {found}; .*0\.png is 7 x 9 of"):
        volume.read(Box((0, 0, 0), (2, 7, 9)))


def test_a_stack_among_the_slices_is_refused(folder, array):
    tifffile.imwrite(folder / "0.tif", array)
    with pytest.raises(
        VolumeError, match=r"0\.tif: holds 12 slices; expected one image"
    ):
        open_volume(folder)


@pytest.mark.parametrize(
    ("samples", "kind"),
    [(2, "grey with alpha"), (3, "colour"), (4, "colour with alpha")],
)
def test_colour_is_refused(folder, samples, kind):
    write_png(folder / "0.png", np.zeros((7, 9, samples), np.uint8))
    message = rf"0\.png: is a PNG of 8-bit {kind}; expected 8- or 16-bit greyscale"
    with pytest.raises(VolumeError, match=message):
        open_volume(folder)


def test_what_is_no_png_is_refused(folder):
    (folder / "0.png").write_bytes(b"no png")
    with pytest.raises(VolumeError, match=r"0\.png: cannot be read as PNG \(not a PNG"):
        open_volume(folder)


def test_a_truncated_png_is_refused(folder, array):
    write_png(folder / "0.png", array[0])
    whole = (folder / "0.png").read_bytes()
    (folder / "0.png").write_bytes(whole[: len(whole) // 2])
    volume = open_volume(folder)
    with pytest.raises(VolumeError, match=r"0\.png: cannot be read as PNG .*truncated"):
        volume.read(Box.whole(volume.shape))


def test_labels_are_whole_numbers(folder):
    tifffile.imwrite(folder / "0.tif", np.full((7, 9), 0.5, np.float32))
    labels = open_volume(folder, labels=True)
    with pytest.raises(VolumeError, match=r"is 0\.5; labels must be whole numbers"):
        labels.read(Box.whole(labels.shape))


def test_missing_slices_are_said(folder, array, caplog):
    for z in (1, 2, 4, 5, 9):
        write_png(folder / f"slice_{z:03}.png", array[z])

    volume = open_volume(folder)

    assert volume.format == ("folder of 5 .png slices, slice_001.png to slice_009.png")
    said = f"{folder}: no slices 3, 6, 7, 8 between slice_001.png and slice_009.png"
    assert volume.notes == (said,)
    assert said in caplog.text


def test_slices_where_zero_is_white_are_inverted_and_it_is_said_once(folder, array):
    for z in range(3):
        tifffile.imwrite(folder / f"s{z}.tif", array[z], photometric="miniswhite")

    volume = open_volume(folder)

    np.testing.assert_array_equal(
        volume.read(Box.whole(volume.shape)), 65535 - array[:3]
    )
    assert volume.notes == (
        f"{folder / 's0.tif'}: says that 0 is white; its values are inverted, so that "
        "0 is black",
    )
    labels = open_volume(folder, labels=True)
    np.testing.assert_array_equal(labels.read(Box.whole(volume.shape)), array[:3])


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".bmp"])
def test_jpeg_and_bmp_slices_are_read(folder, array, suffix):
    planes = (array // 256).astype(np.uint8)
    for z, plane in enumerate(planes):
        Image.fromarray(plane).save(folder / f"s{z}{suffix}", quality=95)
    wanted = [np.asarray(Image.open(folder / f"s{z}{suffix}")) for z in range(12)]

    volume = open_volume(folder)

    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), wanted)
    np.testing.assert_array_equal(volume.read(INNER), np.array(wanted)[INNER.slices])
    lossy = suffix != ".bmp"
    assert [n for n in volume.notes if "JPEG is lossy" in n] == list(volume.notes)
    assert len(volume.notes) == lossy


def test_previews_beside_slices_are_ignored(folder, array):
    write_png(folder / "0.png", array[0])
    Image.fromarray(np.zeros((2, 3), np.uint8)).save(folder / "preview.jpg")

    assert open_volume(folder).shape == (1, 7, 9)


def test_jpeg_and_bmp_slices_are_not_mixed(folder):
    for name in ("0.jpg", "1.bmp"):
        Image.fromarray(np.zeros((7, 9), np.uint8)).save(folder / name)
    with pytest.raises(VolumeError, match=r"mixes 1 \.bmp and 1 \.jpg files"):
        open_volume(folder)


def test_labels_as_jpeg_are_refused(folder):
    Image.fromarray(np.zeros((7, 9), np.uint8)).save(folder / "0.jpg")
    with pytest.raises(VolumeError, match="changes labels along borders: save them as"):
        open_volume(folder, labels=True)
