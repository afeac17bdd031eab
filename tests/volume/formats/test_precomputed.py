import json
import pickle

import numpy as np
import pytest
import tensorstore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import describe, open_volume

ARRAY = np.random.default_rng(0).integers(1, 250, (5, 7, 9)).astype(np.uint32)
WHOLE, INNER = Box.whole((5, 7, 9)), Box((1, 2, 3), (4, 6, 8))


def put(path, array=ARRAY, *, kind="segmentation", channels=1, **scale):
    """Write a scale; the last axis of an array is x, that of several channels first."""
    array = array if channels > 1 else array[np.newaxis]
    spec = {
        "driver": "neuroglancer_precomputed",
        "kvstore": {"driver": "file", "path": f"{path}/"},
        "multiscale_metadata": {
            "type": kind,
            "data_type": array.dtype.name,
            "num_channels": channels,
        },
        "scale_metadata": {
            "size": array.shape[:0:-1],
            "resolution": [4, 5, 50],
            "encoding": "raw",
            "chunk_size": [4, 4, 4],
        }
        | scale,
    }
    tensorstore.open(spec, create=True).result().write(array.T).result()
    return path


def change(path, scale=None, **attributes):
    info = json.loads((path / "info").read_text())
    info["scales"][0] |= scale or {}
    (path / "info").write_text(json.dumps(info | attributes))


@pytest.mark.parametrize(
    ("dtype", "encoding"),
    [
        ("uint8", "raw"),
        ("uint16", "png"),
        ("uint32", "compressed_segmentation"),
        ("uint64", "compressed_segmentation"),
        ("float32", "raw"),
    ],
)
def test_voxels_are_read(tmp_path, dtype, encoding):
    data = ARRAY.astype(dtype)
    blocks = {"compressed_segmentation_block_size": [8, 8, 8]}
    more = blocks if encoding == "compressed_segmentation" else {}

    volume = open_volume(put(tmp_path / "a", data, encoding=encoding, **more))

    assert volume.dtype == dtype
    assert volume.spacing_nm == (50, 5, 4)
    assert volume.format == f"precomputed, {encoding}, scale 0 of 1"
    np.testing.assert_array_equal(volume.read(WHOLE), data)
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(INNER), data[INNER.slices])


def test_shards_are_read(tmp_path):
    sharding = {
        "@type": "neuroglancer_uint64_sharded_v1",
        "preshift_bits": 1,
        "minishard_bits": 1,
        "shard_bits": 1,
        "hash": "identity",
    }

    volume = open_volume(put(tmp_path / "a", sharding=sharding))

    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY)


def test_scales_have_their_voxel_size(tmp_path):
    put(tmp_path / "a")
    put(tmp_path / "a", ARRAY[:, ::2, ::2], resolution=[8, 10, 50])

    coarse = open_volume(tmp_path / "a", level=1)
    given = open_volume(tmp_path / "a", level=1, spacing_nm=(40, 3, 3))

    assert coarse.spacing_nm == (50, 10, 8)
    assert given.spacing_nm == (40, 6, 6)
    np.testing.assert_array_equal(coarse.read(Box.whole((5, 4, 5))), ARRAY[:, ::2, ::2])
    with pytest.raises(VolumeError, match="has no level 2; it has 0 to 1"):
        open_volume(tmp_path / "a", level=2)


def test_a_channel_is_chosen(tmp_path):
    both = np.stack([ARRAY, ARRAY + 1])
    path = put(tmp_path / "a", both, kind="image", channels=2)

    volume = open_volume(path, channel="1")

    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY + 1)
    with pytest.raises(VolumeError, match="expected one channel: choose one of 0, 1"):
        open_volume(path)


def test_where_it_begins_is_said(tmp_path):
    path = put(tmp_path / "a", voxel_offset=[30, 20, 10])

    volume = open_volume(path)

    np.testing.assert_array_equal(volume.read(INNER), ARRAY[INNER.slices])
    assert "begins at voxel 10, 20, 30 (z, y, x)" in volume.notes[0]


def test_missing_chunks_are_said_and_read_as_zero(tmp_path):
    path = put(tmp_path / "a")
    (path / "4_5_50" / "0-4_0-4_0-4").unlink()
    expected = ARRAY.copy()
    expected[:4, :4, :4] = 0

    volume = open_volume(path)

    np.testing.assert_array_equal(volume.read(WHOLE), expected)
    assert "some of its chunks are missing" in describe(volume).notes[0]


def test_jpeg_is_said_to_be_lossy_and_refused_for_labels(tmp_path):
    path = put(tmp_path / "a", ARRAY.astype(np.uint8), kind="image", encoding="jpeg")

    assert "is compressed as JPEG, which is lossy" in open_volume(path).notes[0]
    with pytest.raises(VolumeError, match="JPEG, which changes values; labels must be"):
        open_volume(path, labels=True)


@pytest.mark.parametrize(
    ("scale", "attributes", "message"),
    [
        ({"encoding": "zfpc"}, {}, "is encoded as zfpc, which densecell does not read"),
        (
            {},
            {"@type": "neuroglancer_skeletons"},
            "holds neuroglancer_skeletons, not a",
        ),
        ({}, {"scales": []}, "it lists no scales"),
        ({"resolution": "4 nm"}, {}, "info: cannot be read as precomputed"),
        ({"key": "elsewhere"}, {}, "holds metadata, but no voxels in elsewhere; copy"),
        ({"chunk_sizes": [[4000, 4000, 4000]]}, {}, "more than 1 GiB"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, scale, attributes, message):
    path = put(tmp_path / "a")
    change(path, scale, **attributes)
    with pytest.raises(VolumeError, match=message):
        open_volume(path)


def test_broken_json_is_said_to_be_damaged(tmp_path):
    path = put(tmp_path / "a")
    (path / "info").write_text("{")
    with pytest.raises(VolumeError, match="info: cannot be read as JSON"):
        open_volume(path)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    chunk=st.booleans(),
    place=st.integers(0, 600),
    value=st.integers(0, 255),
    cut=st.booleans(),
)
def test_a_changed_byte_costs_a_sentence_at_most(tmp_path, chunk, place, value, cut):
    path = tmp_path / "a"
    if not path.exists():
        put(path)
    file = path / "4_5_50" / "0-4_0-4_0-4" if chunk else path / "info"
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
