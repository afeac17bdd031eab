import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume, require_spacing

ARRAY = np.random.default_rng(0).integers(0, 2**15, (5, 7, 9)).astype(np.int16)
WHOLE, INNER = Box.whole((5, 7, 9)), Box((1, 2, 3), (4, 6, 8))
TYPES = {"uint8": "byte", "int16": "short", "uint16": "ushort", "float32": "float"}
BOX = "BoundingBox 10 50 -3 27 100 300"  # steps of 5, 5 and 50


@pytest.fixture
def written(tmp_path):
    def write(data=ARRAY, *, parameters=BOX, order="<", kind=None, packed=""):
        z, y, x = data.shape
        endian = "BINARY-LITTLE-ENDIAN" if order == "<" else "BINARY"
        kind = kind or TYPES[data.dtype.name]
        header = (
            f"# AmiraMesh {endian} 2.1\n\ndefine Lattice {x} {y} {z}\n\nParameters {{\n"
            f'    {parameters},\n    CoordType "uniform"\n}}\n\n'
            f"Lattice {{ {kind} Data }} @1{packed}\n\n# Data section follows\n@1\n"
        )
        values = data.astype(data.dtype.newbyteorder(order)).tobytes()
        path = tmp_path / "a.am"
        path.write_bytes(header.encode() + values + b"\n")
        return path

    return write


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", TYPES)
def test_voxels_are_read(written, dtype, order):
    data = ARRAY.astype(dtype)

    volume = open_volume(written(data, order=order))

    assert volume.dtype == dtype
    np.testing.assert_array_equal(volume.read(WHOLE), data)
    np.testing.assert_array_equal(volume.read(INNER), data[INNER.slices])
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(INNER), data[INNER.slices])


def test_the_bounding_box_is_that_of_centres(written):
    units = f'{BOX},\n    Units {{ Coordinates "nm" }}'

    assert open_volume(written(parameters=units)).spacing_nm == (50, 5, 5)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (BOX, "has no voxel size, states 50 x 5 x 5 .* without a unit of length; pass"),
        ('Content "short"', "has no voxel size; pass --spacing"),
        (f'{BOX}, CoordType "stacked"', "states stacked coordinates, not uniform"),
    ],
)
def test_a_size_that_is_not_stated_is_asked_for(written, parameters, words):
    with pytest.raises(SpacingError, match=words):
        require_spacing(open_volume(written(parameters=parameters)))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"packed": "(HxByteRLE,4014522)"}, "HxByteRLE"),
        ({"packed": "(HxZip,100)"}, "HxZip"),
        ({"kind": "complex"}, "complex"),
    ],
)
def test_what_is_not_read_is_refused_by_name(written, options, what):
    with pytest.raises(
        VolumeError, match=f"of {what}, which densecell does not read; "
    ):
        open_volume(written(**options))


def test_vectors_are_refused(written):
    with pytest.raises(VolumeError, match="no Amira lattice of one number a voxel"):
        open_volume(written(kind="float[3]"))


@pytest.mark.parametrize("share", [0.01, 0.2, 0.9])
def test_a_truncated_file_is_said_to_be_damaged(written, share):
    path = written()
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(VolumeError, match=r"a\.am: cannot be read as Amira \("):
        open_volume(path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 250), value=st.integers(0, 255))
def test_a_changed_byte_costs_a_sentence_at_most(written, place, value):
    path = written()
    raw = bytearray(path.read_bytes())
    raw[place] = value
    path.write_bytes(raw)

    try:
        volume = open_volume(path)
        volume.read(Box.whole(volume.shape))
    except VolumeError:
        pass
