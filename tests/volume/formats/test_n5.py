import json
import pickle
import sys
import time

import numpy as np
import pytest
import tensorstore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.errors import (
    MissingExtraError,
    MissingVolumeError,
    SpacingError,
    VolumeError,
)
from densecell.geometry import Box
from densecell.volume import describe, open_volume, require_spacing

ARRAY = np.random.default_rng(0).integers(1, 250, (5, 7, 9)).astype(np.uint16)
WHOLE, INNER = Box.whole((5, 7, 9)), Box((1, 2, 3), (4, 6, 8))
NM = {"pixelResolution": {"dimensions": [4, 5, 50], "unit": "nm"}}


def put(path, array=ARRAY, compression=None, **attributes):
    """Write an array whose last axis is x, as N5 has it: x first."""
    metadata = {
        "dimensions": array.shape[::-1],
        "blockSize": [4] * array.ndim,
        "dataType": array.dtype.name,
        "compression": compression or {"type": "gzip"},
    }
    spec = {
        "driver": "n5",
        "kvstore": {"driver": "file", "path": f"{path}/"},
        "metadata": metadata,
    }
    tensorstore.open(spec, create=True).result().write(array.T).result()
    change(path, **attributes)
    return path


def change(folder, **attributes):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "attributes.json"
    old = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(old | attributes))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint64", "int16", "float32"])
def test_voxels_are_read(tmp_path, dtype):
    data = ARRAY.astype(dtype)

    volume = open_volume(put(tmp_path / "a.n5", data, **NM))

    assert volume.dtype == dtype
    assert volume.spacing_nm == (50, 5, 4)
    np.testing.assert_array_equal(volume.read(WHOLE), data)
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(INNER), data[INNER.slices])


@pytest.mark.parametrize("packed", ["raw", "gzip", "bzip2", "xz", "zstd"])
def test_compressions_are_read(tmp_path, packed):
    path = put(tmp_path / "a.n5", compression={"type": packed})

    volume = open_volume(path)

    assert volume.format == f"N5, {packed}, level 0 of 1"
    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY)


def pyramid(folder, first=None, second=None):
    put(folder / "s0", **(first or {}))
    put(folder / "s1", ARRAY[:, ::2, ::2], **(second or {}))
    return folder


FACTORS = {"downsamplingFactors": [2, 2, 1]}


@pytest.mark.parametrize(
    ("group", "first", "second"),
    [
        (NM, {}, FACTORS),  # n5-viewer
        ({}, NM, NM | FACTORS),
        ({"resolution": [4, 5, 50], "units": ["nm"] * 3}, {}, FACTORS),
        (NM | {"scales": [[1, 1, 1], [2, 2, 1]]}, {}, {}),  # n5-viewer, old
        (
            {},
            *(
                {
                    "transform": {
                        "axes": ["z", "y", "x"],
                        "scale": scale,
                        "units": ["nm"] * 3,
                    }
                }
                for scale in ([50, 5, 4], [50, 10, 8])
            ),
        ),  # COSEM
    ],
)
def test_levels_have_their_voxel_size(tmp_path, group, first, second):
    change(pyramid(tmp_path / "a.n5" / "raw", first, second), **group)

    fine, coarse = (open_volume(tmp_path / "a.n5", level=n) for n in (0, 1))

    assert fine.path == tmp_path / "a.n5" / "raw"
    assert fine.spacing_nm == (50, 5, 4)
    assert coarse.spacing_nm == (50, 10, 8)
    assert coarse.shape == (5, 4, 5)
    assert coarse.format == "N5, gzip, level 1 of 2"


def test_a_given_size_is_that_of_the_finest_level(tmp_path):
    pyramid(tmp_path / "a.n5", {}, FACTORS)

    volume = open_volume(tmp_path / "a.n5", level=1, spacing_nm=(40, 3, 3))

    assert volume.spacing_nm == (40, 6, 6)


def test_painteras_data_is_found_and_its_unit_asked_for(tmp_path):
    labels = tmp_path / "a.n5" / "labels"
    pyramid(labels / "data")
    put(labels / "unique-labels" / "s0")
    change(labels, painteraData={"type": "label"})
    change(labels / "data", resolution=[4.0, 5.0, 50.0])

    volume = open_volume(tmp_path / "a.n5")

    assert volume.path == labels / "data"
    with pytest.raises(SpacingError, match=r"states 50 x 5 x 4 \(z y x\) without a un"):
        require_spacing(volume)


def test_several_data_sets_are_listed(tmp_path):
    for name in ("setup0", "setup1"):
        pyramid(tmp_path / "a.n5" / name / "timepoint0")
    with pytest.raises(
        VolumeError, match="several data sets: setup0/timepoint0, setup1/timepoint0; op"
    ):
        open_volume(tmp_path / "a.n5")


def test_channels_are_chosen_where_axes_are_named(tmp_path):
    both = np.stack([ARRAY, ARRAY + 1])
    path = put(tmp_path / "a.n5", both, axes=["x", "y", "z", "c"])

    volume = open_volume(path, channel="1")

    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY + 1)
    with pytest.raises(VolumeError, match="expected one channel: choose one of 0, 1"):
        open_volume(path)


def test_axes_without_names_are_refused(tmp_path):
    path = put(tmp_path / "a.n5", np.stack([ARRAY, ARRAY]))
    with pytest.raises(VolumeError, match=r"has 4 axes of .* and no names of axes; "):
        open_volume(path)


@pytest.mark.parametrize("inside", ["", "data", "data/s0"])
def test_label_multisets_are_refused_by_name(tmp_path, inside):
    labels = tmp_path / "a.n5" / "labels"
    put(labels / "data" / "s0", ARRAY.astype(np.uint8), isLabelMultiset=True)
    change(labels, painteraData={"type": "label"})
    change(labels / "data", isLabelMultiset=True)
    with pytest.raises(VolumeError, match="holds label multisets of Paintera, several"):
        open_volume(labels / inside)


def test_a_folder_of_blocks_is_named_for_what_it_is(tmp_path):
    path = put(tmp_path / "a.n5" / "raw")
    with pytest.raises(VolumeError, match=r"folder of blocks inside the .*a\.n5/raw: "):
        open_volume(path / "0" / "1")


def test_missing_blocks_are_said_once_and_read_as_zero(tmp_path, caplog):
    path = put(tmp_path / "a.n5", **NM)
    (path / "0" / "1" / "0").unlink()
    expected = ARRAY.copy()
    expected[:4, 4:, :4] = 0

    volume = open_volume(path)
    first, second = volume.read(WHOLE), volume.read(WHOLE)

    np.testing.assert_array_equal(first, expected)
    np.testing.assert_array_equal(second, expected)
    assert caplog.text.count("some of its chunks are missing and read as 0") == 1
    assert "missing" in describe(open_volume(path)).notes[0]


def test_metadata_alone_is_refused(tmp_path):
    change(put(tmp_path / "a.n5"))
    (tmp_path / "a.n5" / "attributes.json").rename(tmp_path / "attributes.json")
    (tmp_path / "b.n5").mkdir()
    (tmp_path / "attributes.json").rename(tmp_path / "b.n5" / "attributes.json")
    with pytest.raises(VolumeError, match="holds metadata, but no blocks of voxels"):
        open_volume(tmp_path / "b.n5")
    with pytest.raises(MissingVolumeError, match="holds no N5 data set"):
        open_volume(tmp_path / "a.n5")


def test_an_unknown_compression_is_refused_by_name(tmp_path):
    path = put(tmp_path / "a.n5")
    change(path, compression={"type": "zpaq"})
    with pytest.raises(
        VolumeError, match="compressed by zpaq, which densecell does no"
    ):
        open_volume(path)


def test_chunks_beyond_a_gibibyte_are_refused(tmp_path):
    path = put(tmp_path / "a.n5")
    change(path, blockSize=[1000, 1000, 1000], dimensions=[9000, 9000, 9000])
    with pytest.raises(VolumeError, match=r"chunks of 1,000,000,000 voxels, more than"):
        open_volume(path)


def test_a_large_store_opens_at_once_and_is_read_by_boxes(tmp_path):
    path = put(tmp_path / "a.n5")
    change(path, dimensions=[40_000, 40_000, 4_000])
    before = time.perf_counter()

    corner = open_volume(path).read(Box((1, 1, 1), (4, 4, 4)))

    assert time.perf_counter() - before < 5  # a second on an idle machine
    np.testing.assert_array_equal(corner, ARRAY[1:4, 1:4, 1:4])


def test_the_missing_extra_is_one_line(tmp_path, monkeypatch):
    path = put(tmp_path / "a.n5")
    monkeypatch.setitem(sys.modules, "tensorstore", None)
    with pytest.raises(MissingExtraError, match=r"N5 .*pip install 'densecell\[format"):
        open_volume(path)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    block=st.booleans(),
    place=st.integers(0, 400),
    value=st.integers(0, 255),
    cut=st.booleans(),
)
def test_a_changed_byte_costs_a_sentence_at_most(tmp_path, block, place, value, cut):
    path = tmp_path / "a.n5"
    if not path.exists():
        put(path, **NM)
    file = path / "0" / "0" / "0" if block else path / "attributes.json"
    sound = file.read_bytes()
    raw = bytearray(sound)
    place %= len(raw)
    raw[place] = value
    file.write_bytes(raw[:place] if cut else raw)

    try:
        volume = open_volume(path)
        volume.read(Box((0, 0, 0), tuple(min(n, 9) for n in volume.shape)))
    except VolumeError:
        pass
    finally:
        file.write_bytes(sound)
