import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume, require_spacing

GATAN = Path(__file__).parents[4] / "shared" / "data" / "formats" / "gatan"
ARRAY = np.random.default_rng(0).integers(-(2**15), 2**15, (5, 7, 9)).astype(np.int16)
WHOLE, INNER = Box.whole((5, 7, 9)), Box((1, 2, 3), (4, 6, 8))
TYPES = {"int16": 1, "float32": 2, "uint8": 6, "int32": 7, "int8": 9, "uint16": 10}
NM = [(5.0, "nm"), (4.0, "nm"), (50.0, "nm")]  # x, y, z
CODES = {"h": 2, "i": 3, "H": 4, "I": 5, "f": 6, "d": 7, "b": 9, "B": 10}


class Writer:
    """Tags as DigitalMicrograph writes them, of version 3 or 4."""

    def __init__(self, version, order):
        self.wide, self.order = version == 4, order

    def long(self, *numbers):
        return struct.pack(f">{len(numbers)}{'Q' if self.wide else 'I'}", *numbers)

    def group(self, tags):
        """Nested dicts and lists are groups; arrays, texts and numbers are content."""
        pairs = [("", t) for t in tags] if isinstance(tags, list) else [*tags.items()]
        body = b"".join(self.tag(name, value) for name, value in pairs)
        return b"\0\1" + self.long(len(pairs)) + body

    def tag(self, name, value):
        is_group = isinstance(value, dict | list)
        body = self.group(value) if is_group else self.content(value)
        head = struct.pack(">BH", 20 if is_group else 21, len(name)) + name.encode()
        return head + (self.long(len(body)) if self.wide else b"") + body

    def content(self, value):
        if isinstance(value, int | float):
            kind = "I" if isinstance(value, int) else "f"
            info, data = [CODES[kind]], struct.pack(self.order + kind, value)
        else:
            if isinstance(value, str):
                value = np.frombuffer(value.encode("utf-16-le"), "<u2")
            info = [20, CODES[value.dtype.char], value.size]
            data = value.astype(value.dtype.newbyteorder(self.order)).tobytes()
        return b"%%%%" + self.long(len(info), *info) + data


def tree(array, calibrations=NM, data_type=None):
    dimensions = [{"Scale": step, "Units": unit} for step, unit in calibrations]
    number = data_type or TYPES[array.dtype.name]
    image = {
        "Calibrations": {"Dimension": dimensions},
        "Data": array.ravel(),
        "DataType": number,
        "Dimensions": list(array.shape[::-1]),
    }
    small = image | {"Data": np.zeros(4, np.uint8), "DataType": 23}
    return {
        "Points": np.zeros(3, np.float32),
        "ImageList": [{"ImageData": small}, {"ImageData": image}],
        "Thumbnails": [{"ImageIndex": 0}],
    }


@pytest.fixture
def written(tmp_path):
    def write(tags=None, version=4, order="<"):
        writer = Writer(version, order)
        body = writer.group(tree(ARRAY) if tags is None else tags)
        path = tmp_path / f"a.dm{version}"
        head = struct.pack(">I", version) + writer.long(len(body))
        path.write_bytes(head + struct.pack(">I", order == "<") + body + bytes(8))
        return path

    return write


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", TYPES)
def test_voxels_and_their_size_are_read(written, version, order, dtype):
    data = ARRAY.astype(dtype)

    volume = open_volume(written(tree(data), version, order))

    assert volume.spacing_nm == (50, 4, 5)
    assert volume.dtype == ("int16" if dtype == "int8" else dtype)
    assert volume.format == f"DigitalMicrograph {version}"
    np.testing.assert_array_equal(volume.read(WHOLE), data)
    np.testing.assert_array_equal(volume.read(INNER), data[INNER.slices])


def test_a_single_image_is_one_slice(written):
    volume = open_volume(written(tree(ARRAY[0], NM[:2])))

    assert volume.shape == (1, 7, 9)
    np.testing.assert_array_equal(volume.read(Box.whole((1, 7, 9)))[0], ARRAY[0])


@pytest.mark.parametrize("z", [[(2.5, "s")], [(1.0, "")], []])
def test_where_only_the_plane_has_a_size_that_of_z_is_asked_for(written, z):
    micrometres = [(0.005, "µm"), (0.004, "µm")]

    volume = open_volume(written(tree(ARRAY, micrometres + z)))

    with pytest.raises(
        SpacingError,
        match=r"states 4 x 5 nm in plane \(y x\) and nothing along z; pass",
    ):
        require_spacing(volume)


def test_spectra_are_refused(written):
    energy = [*NM[:2], (0.5, "eV")]
    with pytest.raises(
        VolumeError, match=r"holds spectra, with an axis in eV; expecte"
    ):
        open_volume(written(tree(ARRAY, energy)))
    with pytest.raises(
        VolumeError, match="is a spectrum; expected an image or a stack"
    ):
        open_volume(written(tree(ARRAY[0, 0], NM[:1])))


@pytest.mark.parametrize(
    ("number", "held"), [(3, "complex numbers"), (5, "packed"), (23, "colours")]
)
def test_other_numbers_are_refused(written, number, held):
    with pytest.raises(VolumeError, match=f"holds {held}.*; expected grey values"):
        open_volume(written(tree(ARRAY, data_type=number)))


def test_several_images_are_refused(written):
    tags = tree(ARRAY)
    tags["ImageList"] *= 2
    with pytest.raises(
        VolumeError, match="holds 3 images besides its thumbnail; expec"
    ):
        open_volume(written(tags))


def test_fewer_values_than_voxels_are_refused(written):
    tags = tree(ARRAY)
    tags["ImageList"][1]["ImageData"]["Dimensions"] = [9, 7, 6]
    with pytest.raises(VolumeError, match=r"\(756 bytes expected, 630 found\)"):
        open_volume(written(tags))


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_a_truncated_file_is_said_to_be_damaged(written, version, share):
    path = written(version=version)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data)) + 1])

    with pytest.raises(VolumeError, match="cannot be read as DM"):
        open_volume(path)


def test_tags_without_end_are_refused(written):
    tags = deep = {}
    for _ in range(60):
        deep["a"] = {}
        deep = deep["a"]
    with pytest.raises(VolumeError, match="its tags have no end"):
        open_volume(written(tags))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 900), value=st.integers(0, 255))
def test_a_changed_byte_costs_a_sentence_at_most(written, place, value):
    path = written(tree(ARRAY[:1, :2, :3]))
    raw = bytearray(path.read_bytes())
    raw[min(place, len(raw) - 1)] = value
    path.write_bytes(raw)

    try:
        volume = open_volume(path)
        volume.read(Box.whole(volume.shape))
    except VolumeError:
        pass


def test_it_goes_to_other_processes(written):
    copy = pickle.loads(pickle.dumps(open_volume(written(), spacing_nm=(40, 10, 10))))

    assert copy.spacing_nm == (40, 10, 10)
    np.testing.assert_array_equal(copy.read(WHOLE), ARRAY)


# Values as rosettasciio 0.15 and ncempy 1.16 read them.
REAL = {
    "dmTest_3D_int16_64,65,66.dm3": (
        (66, 65, 64), "int16", (4000, 3, 0.002), "74d18841e7c66eb3",
    ),
    "dmTest_3D_int16_64,65,66.dm4": (
        (66, 65, 64), "int16", (4000, 3, 0.002), "74d18841e7c66eb3",
    ),
    "dmTest_float32_nonSquare_diffPixelSize.dm3": (
        (1, 64, 128), "float32", None, "91d6a03091a93169",
    ),
    "dmTest_float32_nonSquare_diffPixelSize.dm4": (
        (1, 64, 128), "float32", None, "91d6a03091a93169",
    ),
    "test-1.dm3": ((2, 2, 2), "int16", None, "e3fd6a0a483c5b12"),
    "test-1.dm4": ((2, 2, 2), "int16", None, "e3fd6a0a483c5b12"),
    "test_dm_image_um_unit.dm3": ((1, 68, 68), "int32", None, "4070ab174269b258"),
    "test_stackbuilder_imagestack.dm3": (
        (3, 2, 16), "uint32", None, "fc3ef4e53a4bf72b",
    ),
}  # fmt: skip


@pytest.mark.skipif(not GATAN.exists(), reason=f"needs the files in {GATAN}")
@pytest.mark.parametrize("name", REAL)
def test_real_files_have_the_values_of_another_reader(name):
    shape, dtype, spacing, checksum = REAL[name]

    volume = open_volume(GATAN / name)

    found = volume.read(Box.whole(volume.shape))
    assert (volume.shape, volume.dtype, volume.spacing_nm) == (shape, dtype, spacing)
    assert hashlib.sha256(found.tobytes()).hexdigest()[:16] == checksum


def test_a_large_file_is_read_by_boxes(written):
    """10 GB of holes in the place of the values."""
    small, shape = np.arange(1, 4, dtype=np.int16), (1000, 2000, 2500)
    tags = tree(small.reshape(1, 1, 3))
    image = tags["ImageList"][1]["ImageData"]
    image["Dimensions"] = list(shape[::-1])
    path = written(tags)
    raw = path.read_bytes()
    place, voxels = raw.index(small.tobytes()), 5_000_000_000
    with path.open("wb") as file:  # the count of values stands before them
        file.write(raw[: place - 8] + struct.pack(">Q", voxels) + small.tobytes())
        file.seek(place + 2 * voxels)
        file.write(raw[place + small.nbytes :])

    volume = open_volume(path)

    assert volume.shape == shape
    np.testing.assert_array_equal(
        volume.read(Box((0, 0, 0), (1, 1, 4))), [[[1, 2, 3, 0]]]
    )
    assert not volume.read(Box((999, 1999, 2490), shape)).any()
