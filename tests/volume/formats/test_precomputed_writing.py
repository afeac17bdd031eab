import json

import numpy as np
import pytest
import tensorstore

from densecell.classes import ClassScheme
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, convert, create_ome_zarr, open_volume

SHAPE = (70, 70, 300)  # several chunks along each axis, two scales
SPACING = (50, 5, 4)
LABELS = np.random.default_rng(0).integers(0, 7, SHAPE).astype(np.uint8)


def volume_of(array):
    return ArrayVolume(array, spacing_nm=SPACING)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_an_image_keeps_its_values(tmp_path, dtype):
    data = LABELS.astype(dtype)

    convert(volume_of(data), tmp_path / "a.precomputed")

    again = open_volume(tmp_path / "a.precomputed")
    assert again.dtype == dtype
    assert again.spacing_nm == SPACING
    np.testing.assert_array_equal(again.read(Box.whole(SHAPE)), data)
    assert again.notes == ()


@pytest.mark.parametrize(
    ("dtype", "held"), [("uint8", "uint32"), ("uint32", "uint32"), ("uint64", "uint64")]
)
def test_labels_are_compressed_and_voted_for(tmp_path, dtype, held):
    data = LABELS.astype(dtype)

    convert(volume_of(data), tmp_path / "a.precomputed", kind="label")

    fine, coarse = (open_volume(tmp_path / "a.precomputed", level=n) for n in (0, 1))
    assert fine.dtype == held
    assert fine.format == "precomputed, compressed_segmentation, scale 0 of 2"
    np.testing.assert_array_equal(fine.read(Box.whole(SHAPE)), data)
    assert coarse.shape == (70, 35, 150)
    assert coarse.spacing_nm == (50, 10, 8)
    assert set(np.unique(coarse.read(Box.whole(coarse.shape)))) <= set(range(7))


def test_tensorstore_reads_it(tmp_path):
    convert(volume_of(LABELS), tmp_path / "a.precomputed")

    place = {"driver": "file", "path": f"{tmp_path}/a.precomputed/"}
    store = tensorstore.open(
        {"driver": "neuroglancer_precomputed", "kvstore": place}
    ).result()

    np.testing.assert_array_equal(store[..., 0].read().result().T, LABELS)


def test_empty_chunks_are_written_so_that_none_seems_lost(tmp_path):
    convert(volume_of(np.zeros((5, 7, 9), np.uint8)), tmp_path / "a.precomputed")

    again = open_volume(tmp_path / "a.precomputed")

    assert not again.read(Box.whole((5, 7, 9))).any()
    assert again.notes == ()


def test_names_of_classes_are_written(tmp_path):
    scheme = ClassScheme.platelet()
    source = create_ome_zarr(
        tmp_path / "a.zarr",
        shape=(5, 7, 9),
        dtype="uint8",
        spacing_nm=SPACING,
        kind="label",
        scheme=scheme,
    )

    convert(source, tmp_path / "a.precomputed", kind="label")

    info = json.loads((tmp_path / "a.precomputed" / "info").read_text())
    names = json.loads(
        (tmp_path / "a.precomputed" / info["segment_properties"] / "info").read_text()
    )["inline"]
    assert info["type"] == "segmentation"
    assert names["ids"] == [str(n) for n in scheme.ids]
    assert names["properties"][0]["values"] == [
        scheme.classes[n].name for n in scheme.ids
    ]


def test_nothing_is_overwritten_unasked(tmp_path):
    convert(volume_of(LABELS[:2]), tmp_path / "a.precomputed")
    with pytest.raises(OutputError, match="exists"):
        convert(volume_of(LABELS[:2]), tmp_path / "a.precomputed")
