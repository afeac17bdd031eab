import pickle
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume

SHAPE = (5, 37, 49)
INNER = Box((1, 9, 13), (4, 33, 47))
KINDS = {
    "contiguous": {},
    "big-endian": {"byteorder": ">"},
    "zlib strips": {"compression": "zlib", "rowsperstrip": 8},
    "zstd tiles": {"compression": "zstd", "tile": (16, 16)},
    "plain tiles": {"tile": (16, 32)},
    "lzw with predictor": {"compression": "lzw", "predictor": True},
    "big-endian BigTIFF": {"bigtiff": True, "byteorder": ">", "compression": "lzw"},
    "ImageJ": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "OME": {"ome": True, "metadata": {"axes": "ZYX"}},
    "frames for slices": {"imagej": True, "metadata": {"axes": "TYX"}},
    "channels for slices": {"imagej": True, "metadata": {"axes": "CYX"}},
}


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 2**16, SHAPE).astype(np.uint16)


@pytest.fixture
def written(tmp_path, array):
    def write(data=array, **options):
        tifffile.imwrite(tmp_path / "a.tif", data, **options)
        return tmp_path / "a.tif"

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_equal_slices_of_the_array(written, array, kind):
    volume = open_volume(written(**KINDS[kind]))

    assert volume.shape == SHAPE
    assert volume.dtype == np.uint16
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])
    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), array)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint32", "int32", "uint64", "float32"]
)
@pytest.mark.parametrize("options", [{}, {"compression": "zlib", "byteorder": ">"}])
def test_dtypes_are_kept(written, array, dtype, options):
    volume = open_volume(written(array.astype(dtype), **options))

    assert volume.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(volume.read(INNER), array.astype(dtype)[INNER.slices])


def test_pages_written_one_by_one_are_a_stack(tmp_path, array):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for plane in array:
            tif.write(plane, metadata=None, contiguous=False)

    volume = open_volume(tmp_path / "a.tif")

    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_images_written_one_by_one_are_a_stack(tmp_path, array, compression):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for plane in array:
            tif.write(plane, compression=compression, contiguous=False)

    volume = open_volume(tmp_path / "a.tif")

    assert volume.shape == SHAPE
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


def test_pages_that_differ_are_refused(tmp_path, array):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for columns in [49] * 5 + [48] + [49] * 5:
            tif.write(array[0, :, :columns], metadata=None, compression="zlib")
    with pytest.raises(VolumeError, match=r"its pages differ in shape, dtype or compr"):
        open_volume(tmp_path / "a.tif").read(Box((0, 0, 0), (5, 1, 1)))


def test_a_single_image_is_one_slice(written, array):
    volume = open_volume(written(array[0]))

    assert volume.shape == (1, 37, 49)


def test_thin_volumes_keep_their_axes(written, array):
    assert open_volume(written(array[:, :1])).shape == (5, 1, 49)
    path = written(array[:, :, :1], ome=True, metadata={"axes": "ZYX"})
    assert open_volume(path).shape == (5, 37, 1)


def test_a_stack_with_empty_strips_reads_zeros_there(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tiles = iter([np.ones((16, 16), np.uint8), None])
        tif.write(
            tiles, shape=(16, 32), dtype=np.uint8, tile=(16, 16), compression="zlib"
        )

    found = open_volume(tmp_path / "a.tif").read(Box((0, 0, 0), (1, 16, 32)))

    assert found[..., :16].all()
    assert not found[..., 16:].any()


def test_only_the_strips_that_are_needed_are_decoded_and_only_once(written):
    volume = open_volume(written(compression="zlib", rowsperstrip=8))

    volume.read(Box((2, 9, 0), (4, 15, 10)))
    volume.read(Box((3, 8, 10), (4, 16, 20)))

    assert volume._cache.held == 2 * 8 * 49 * 2  # one strip of two slices, uint16


def test_threads_read_the_same(written, array):
    volume = open_volume(written(compression="zlib", rowsperstrip=4))
    boxes = [Box((z, y, 0), (z + 1, y + 5, 49)) for z in range(5) for y in range(32)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(volume.read, boxes))

    assert len(found) == 160
    for box, part in zip(boxes, found, strict=True):
        np.testing.assert_array_equal(part, array[box.slices])


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_a_volume_can_be_sent_to_another_process(written, array, options):
    volume = open_volume(written(**options), spacing_nm=(50, 4, 5))

    copy = pickle.loads(pickle.dumps(volume))

    assert copy.spacing_nm == (50, 4, 5)
    np.testing.assert_array_equal(copy.read(INNER), array[INNER.slices])


def test_a_tiff_cannot_be_written_into(written):
    with pytest.raises(VolumeError, match=r"a\.tif: TIFF is opened for reading only"):
        open_volume(written()).write(
            Box((0, 0, 0), (1, 1, 1)), np.zeros((1, 1, 1), "u1")
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused_in_one_line(written, kind, share):
    path = written(**KINDS[kind])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(VolumeError, match=r"a\.tif: cannot be read as TIFF") as caught:
        open_volume(path).read(Box.whole(SHAPE))

    assert "truncated or damaged: copy or save it again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_contiguous_voxels_cut_short_are_refused_on_opening(tmp_path, array):
    tifffile.imwrite(tmp_path / "a.tif", array, truncate=True)  # one page for all
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[:-99])
    with pytest.raises(VolumeError, match=r"\d+ bytes expected, \d+ found"):
        open_volume(tmp_path / "a.tif")


def test_damaged_strips_are_named_by_slice(written):
    path = written(compression="zlib")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[3].dataoffsets[0]
    damaged = bytearray(path.read_bytes())
    damaged[offset : offset + 40] = bytes(40)
    path.write_bytes(damaged)

    with pytest.raises(
        VolumeError, match=r"a\.tif: cannot be read as TIFF \(slice 3: "
    ):
        open_volume(path).read(Box.whole(SHAPE))


def test_a_list_of_pages_that_bites_its_tail_is_refused(written):
    path = written()
    content = bytearray(path.read_bytes())
    first = struct.unpack("<I", content[4:8])[0]
    tags = struct.unpack("<H", content[first : first + 2])[0]
    link = first + 2 + 12 * tags
    content[link : link + 4] = struct.pack("<I", first)
    path.write_bytes(content)
    with pytest.raises(VolumeError, match="the list of pages has no end"):
        open_volume(path)


def test_what_is_no_tiff_is_refused(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"no tiff at all")
    with pytest.raises(
        VolumeError, match=r"a\.tif: cannot be read as TIFF \(not a TIFF"
    ):
        open_volume(tmp_path / "a.tif")


@pytest.mark.parametrize("samples", [2, 3, 4])
def test_colour_is_refused_with_the_way_out(written, samples):
    path = written(
        np.zeros((7, 9, samples), np.uint8),
        planarconfig="contig",
        photometric="rgb" if samples > 2 else "minisblack",
    )
    with pytest.raises(
        VolumeError, match=rf"colour image with {samples} samples .*grey"
    ):
        open_volume(path)


@pytest.mark.parametrize(
    ("axes", "shape", "message"),
    [
        ("TZYX", (2, 3, 7, 9), r"choose one of 0 to 1 with --time, .*#time=0$"),
        (
            "CYX",
            (2, 7, 9),
            r"choose one of 0, 1 with --channel, .*; if those are slices, save them",
        ),
    ],
)
def test_one_of_several_channels_or_times_must_be_chosen(written, axes, shape, message):
    path = written(np.zeros(shape, np.uint8), imagej=True, metadata={"axes": axes})
    with pytest.raises(VolumeError, match=rf"has axes .*; expected one .*: {message}"):
        open_volume(path)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
@pytest.mark.parametrize("kind", [{"imagej": True}, {"ome": True}])
def test_a_channel_of_a_time_point_is_read(written, options, kind):
    data = np.arange(2 * 5 * 3 * 7 * 9, dtype=np.uint16).reshape(2, 5, 3, 7, 9)
    path = written(data, metadata={"axes": "TZCYX"}, **kind, **options)

    volume = open_volume(path, channel="2", time=1)

    assert str(volume.path) == f"{path}#channel=2#time=1"
    inner = Box((1, 2, 3), (4, 6, 8))
    np.testing.assert_array_equal(volume.read(inner), data[1, :, 2][inner.slices])
    again = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(again.read(inner), data[1, :, 2][inner.slices])
    with pytest.raises(VolumeError, match="has no channel '3'; there are 0, 1, 2"):
        open_volume(path, channel="3", time=1)


@pytest.mark.parametrize("shape", [(8, 2, 7, 9), (2, 8, 7, 9), (2, 3, 4, 7, 9)])
def test_several_axes_without_names_are_refused(written, shape):
    path = written(np.zeros(shape, np.uint8), photometric="minisblack")
    message = r"unnamed=2, .*slices cannot be told from channels; save one channel"
    with pytest.raises(VolumeError, match=message):
        open_volume(path)
    with pytest.raises(VolumeError, match=message):
        open_volume(path, channel="0")


def test_axes_without_names_of_one_element_are_dropped(written):
    data = np.arange(5 * 7 * 9, dtype=np.uint8).reshape(5, 1, 7, 9)

    volume = open_volume(written(data))

    assert volume.shape == (5, 7, 9)
    np.testing.assert_array_equal(volume.read(Box.whole((5, 7, 9))), data[:, 0])
    assert volume.notes == ()


def test_what_is_taken_for_slices_is_said(written, array, caplog):
    path = written(array, **KINDS["frames for slices"])

    volume = open_volume(path)

    assert volume.notes == (f"{path}: has 5 time points, taken for slices",)
    assert volume.notes[0] in caplog.text
    assert open_volume(path, time=3).shape == (1, *SHAPE[1:])


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_where_zero_is_white_values_are_inverted(written, array, options):
    path = written(array, photometric="miniswhite", **options)

    volume = open_volume(path)

    np.testing.assert_array_equal(volume.read(INNER), 65535 - array[INNER.slices])
    assert "says that 0 is white; its values are inverted" in volume.notes[0]
    labels = pickle.loads(pickle.dumps(open_volume(path, labels=True)))
    np.testing.assert_array_equal(labels.read(INNER), array[INNER.slices])
    assert labels.notes == ()


def test_signed_values_where_zero_is_white_are_read_as_stored(written, array):
    data = array.astype(np.float32)
    volume = open_volume(written(data, photometric="miniswhite"))

    np.testing.assert_array_equal(volume.read(INNER), data[INNER.slices])
    assert volume.notes[0].endswith("its values are read as stored")


@pytest.fixture
def several(tmp_path, array):
    """Write an OME-TIFF of one file a slice."""

    def write(name="s{}.ome.tif"):
        files = "".join(
            f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="'
            f'{name.format(z)}">urn:uuid:{z}</UUID></TiffData>'
            for z in range(5)
        )
        for z, plane in enumerate(array):
            xml = (
                '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas'
                f'/OME/2016-06" UUID="urn:uuid:{z}"><Image ID="Image:0"><Pixels ID="'
                'Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="49" SizeY="37" '
                'SizeZ="5" SizeC="1" SizeT="1" PhysicalSizeX="10" PhysicalSizeXUnit='
                '"nm" PhysicalSizeY="10" PhysicalSizeYUnit="nm" PhysicalSizeZ="40" '
                f'PhysicalSizeZUnit="nm">{files}</Pixels></Image></OME>'
            )
            tifffile.imwrite(
                tmp_path / f"s{z}.ome.tif", plane, description=xml, metadata=None,
                compression="zlib",
            )  # fmt: skip
        return tmp_path

    return write


def test_an_ome_tiff_of_several_files_is_one_volume(several, array):
    folder = several()

    for volume in (open_volume(folder / "s2.ome.tif"), open_volume(folder)):
        assert volume.shape == SHAPE
        assert volume.spacing_nm == (40, 10, 10)
        np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


def test_a_missing_file_of_several_is_named(several):
    folder = several()
    (folder / "s3.ome.tif").unlink()
    message = r"is one of the 5 files of an OME-TIFF, of which s3\.ome\.tif is missing"

    for path in (folder / "s1.ome.tif", folder):
        with pytest.raises(VolumeError, match=message):
            open_volume(path)


def test_files_of_another_folder_are_refused(several):
    folder = several("../s{}.ome.tif")
    with pytest.raises(VolumeError, match=r"names '\.\./s0\.ome\.tif' as a part of "):
        open_volume(folder / "s1.ome.tif")


def test_images_of_different_shape_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(np.zeros((7, 9), np.uint8), metadata=None)
        for _ in range(3):
            tif.write(np.zeros((3, 4), np.uint8), metadata=None)
    message = r"holds 2 images \(\(7, 9\), \(3, 3, 4\)\); expected one stack, or single"
    with pytest.raises(VolumeError, match=message):
        open_volume(tmp_path / "a.tif")


def test_volumetric_pages_are_refused(written):
    path = written(np.zeros((16, 32, 32), np.uint8), volumetric=True, tile=(16, 16, 16))
    with pytest.raises(
        VolumeError, match=r"its pages have shape .*; expected one slice"
    ):
        open_volume(path)


def test_wrong_dtypes_are_refused_and_the_file_is_closed(written, array):
    with pytest.raises(VolumeError, match=r"holds float64; .*convert it to float32"):
        open_volume(written(array.astype(np.float64)))
    with pytest.raises(VolumeError, match="holds complex64; expected one of"):
        open_volume(written(array.astype(np.complex64)), labels=True)


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_labels_of_other_dtypes_are_read_where_they_are_whole(written, array, dtype):
    path = written(array.astype(dtype))

    labels = open_volume(path, labels=True)

    assert labels.dtype == np.uint32
    np.testing.assert_array_equal(labels.read(INNER), array[INNER.slices])
    copy = pickle.loads(pickle.dumps(labels))
    np.testing.assert_array_equal(copy.read(INNER), array[INNER.slices])


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_labels_of_one_bit_are_read_as_stored(written, array, photometric):
    bits = array % 2 == 1

    labels = open_volume(written(bits, photometric=photometric), labels=True)

    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels.read(INNER), bits[INNER.slices])


def test_a_file_without_pages_is_refused(tmp_path):
    (tmp_path / "a.tif").write_bytes(struct.pack("<2sHI", b"II", 42, 0))
    with pytest.raises(
        VolumeError, match=r"a\.tif: cannot be read as TIFF \(.*\); it m"
    ):
        open_volume(tmp_path / "a.tif")


def test_slices_marked_as_colours_are_slices_and_it_is_said(tmp_path):
    stack = np.arange(3 * 20 * 24, dtype=np.uint8).reshape(3, 20, 24)
    colours = {"photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "a.tif", stack, **colours)

    volume = open_volume(tmp_path / "a.tif")

    assert (volume.read(Box.whole((3, 20, 24))) == stack).all()
    assert volume.notes[-1].endswith("has 3 planes marked as colours, taken for slices")
