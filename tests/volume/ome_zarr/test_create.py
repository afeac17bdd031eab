import json

import numpy as np
import pytest
import yaozarrs
import zarr

from densecell.classes import ClassScheme
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Box, tile
from densecell.volume import Layout, build_pyramid, create_ome_zarr, open_volume

SHAPE = (5, 70, 90)
OPTIONS = {"shape": SHAPE, "dtype": np.uint8, "spacing_nm": (50, 4, 5)}


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 7, SHAPE).astype(np.uint8)


def test_what_is_written_block_by_block_is_read(tmp_path, array):
    options = OPTIONS | {"layout": Layout((2, 16, 16), (4, 32, 48))}

    volume = create_ome_zarr(tmp_path / "a.zarr", kind="image", **options)
    for box in tile(SHAPE, volume.shard):
        volume.write(box, array[box.slices])

    again = open_volume(tmp_path / "a.zarr")
    np.testing.assert_array_equal(again.read(Box.whole(SHAPE)), array)
    assert again.spacing_nm == (50, 4, 5)
    assert (again.chunk, again.shard) == ((2, 16, 16), (4, 32, 48))


def test_voxels_never_written_are_zero(tmp_path):
    volume = create_ome_zarr(tmp_path / "a.zarr", kind="label", **OPTIONS)

    assert not volume.read(Box.whole(SHAPE)).any()


def test_voxels_never_written_have_the_value_asked_for(tmp_path):
    volume = create_ome_zarr(
        tmp_path / "a.zarr", kind="label", layout=Layout(fill=255), **OPTIONS
    )
    part = Box((1, 2, 3), (2, 4, 6))

    volume.write(part, np.ones(part.shape, np.uint8))

    labels = open_volume(tmp_path / "a.zarr").read(Box.whole(SHAPE))
    assert (labels[part.slices] == 1).all()
    assert (labels == 255).sum() == labels.size - part.voxels


def test_chunks_and_shards_are_cut_to_the_volume(tmp_path):
    volume = create_ome_zarr(tmp_path / "a.zarr", kind="image", **OPTIONS)

    assert volume.chunk == (5, 70, 90)
    assert volume.shard == (5, 70, 90)


def test_a_shard_stays_a_multiple_of_its_chunk(tmp_path):
    options = OPTIONS | {"layout": Layout((2, 16, 128), (16, 64, 1024))}

    volume = create_ome_zarr(tmp_path / "a.zarr", kind="image", **options)

    assert volume.chunk == (2, 16, 90)
    assert volume.shard == (6, 64, 90)


def test_without_shards_every_chunk_is_a_file(tmp_path, array):
    options = OPTIONS | {"layout": Layout((5, 35, 45), None)}

    volume = create_ome_zarr(tmp_path / "a.zarr", kind="image", **options)
    volume.write(Box.whole(SHAPE), array)

    assert (
        len([f for f in (tmp_path / "a.zarr" / "0" / "c").rglob("*") if f.is_file()])
        == 4
    )


def test_a_result_group_is_valid_ome_zarr(tmp_path, array):
    root = tmp_path / "segmentation.zarr"
    images = ["confidence", "disagreement", "labels/classes", "labels/cells"]

    for name in images:
        kind = "label" if name.startswith("labels") else "image"
        scheme = ClassScheme.platelet() if name == "labels/classes" else None
        volume = create_ome_zarr(root / name, kind=kind, scheme=scheme, **OPTIONS)
        volume.write(Box.whole(SHAPE), array)
        build_pyramid(root / name, kind=kind)

    for name in [*images, "labels"]:
        yaozarrs.validate_zarr_store(str(root / name))
    listed = zarr.open_group(root / "labels").attrs["ome"]
    assert listed == {"version": "0.5", "labels": ["cells", "classes"]}
    assert zarr.open_group(root).attrs.asdict() == {}


def test_an_image_with_labels_inside_is_valid_ome_zarr(tmp_path):
    create_ome_zarr(tmp_path / "a.zarr", kind="image", **OPTIONS)
    create_ome_zarr(tmp_path / "a.zarr" / "labels" / "cells", kind="label", **OPTIONS)

    yaozarrs.validate_zarr_store(str(tmp_path / "a.zarr"))
    yaozarrs.validate_zarr_store(str(tmp_path / "a.zarr" / "labels" / "cells"))
    assert open_volume(tmp_path / "a.zarr").shape == SHAPE


def test_classes_carry_names_and_colours_by_id(tmp_path):
    path = tmp_path / "a.zarr"
    create_ome_zarr(path, kind="label", scheme=ClassScheme.platelet(), **OPTIONS)

    label = json.loads((path / "zarr.json").read_text())["attributes"]["ome"][
        "image-label"
    ]
    assert label["colors"][0] == {"label-value": 0, "rgba": [0, 0, 0, 0]}
    assert label["colors"][3] == {"label-value": 3, "rgba": [76, 115, 233, 255]}
    assert label["properties"][3] == {
        "label-value": 3,
        "name": "alpha granule",
        "role": "organelle",
        "parent": "cell",
    }


def test_what_exists_is_not_overwritten_unasked(tmp_path, array):
    volume = create_ome_zarr(tmp_path / "a.zarr", kind="image", **OPTIONS)
    volume.write(Box.whole(SHAPE), array)

    with pytest.raises(OutputError, match=r"a\.zarr: exists; .* or pass --overwrite"):
        create_ome_zarr(tmp_path / "a.zarr", kind="image", **OPTIONS)
    fresh = create_ome_zarr(
        tmp_path / "a.zarr", kind="image", overwrite=True, **OPTIONS
    )

    assert not fresh.read(Box.whole(SHAPE)).any()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        OutputError, match=r"a\.zarr: cannot be made \(.*\); choose anoth"
    ):
        create_ome_zarr(tmp_path / "file" / "a.zarr", kind="image", **OPTIONS)


@pytest.mark.parametrize("shape", [(0, 7, 9), (7, 9)])
def test_senseless_shapes_are_refused(tmp_path, shape):
    options = OPTIONS | {"shape": shape}
    with pytest.raises(
        VolumeError, match=r"shape of three positive sizes \(z y x\), got"
    ):
        create_ome_zarr(tmp_path / "a.zarr", kind="image", **options)


def test_a_shard_that_is_no_multiple_of_its_chunk_is_refused(tmp_path):
    options = OPTIONS | {"layout": Layout((2, 16, 16), (4, 30, 48))}
    message = r"shard \(4, 30, 48\) is no multiple of chunk \(2, 16, 16\); choose for"
    with pytest.raises(VolumeError, match=message):
        create_ome_zarr(tmp_path / "a.zarr", kind="image", **options)


def test_labels_are_whole_numbers(tmp_path):
    options = OPTIONS | {"dtype": np.float32}
    with pytest.raises(VolumeError, match="labels must be whole numbers, got float32"):
        create_ome_zarr(tmp_path / "a.zarr", kind="label", **options)


def test_equal_voxels_make_equal_bytes(tmp_path, array):
    for name in "ab":
        volume = create_ome_zarr(tmp_path / name / "v.zarr", kind="label", **OPTIONS)
        volume.write(Box.whole(SHAPE), array)

    a, b = (
        {
            f.relative_to(tmp_path / name): f.read_bytes()
            for f in (tmp_path / name).rglob("*")
            if f.is_file()
        }
        for name in "ab"
    )
    assert len(a) == 3
    assert a == b
