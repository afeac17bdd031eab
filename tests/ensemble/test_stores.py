import json

import numpy as np
import pytest
import yaozarrs

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest
from densecell.ensemble.blocks import BlockLabels
from densecell.ensemble.resolve import resolve_run
from densecell.ensemble.stores import create_stores, images, open_stores
from densecell.geometry import Box
from densecell.volume import open_ome_zarr

SHAPE = (6, 48, 56)
TILES = InferenceConfig(
    engine="torch", precision="float32", threads=1, tile=(4, 32, 32), margin=(1, 8, 8)
)


def labels_of(shape, *, members=2, affinities=0):
    """Output for one block: class 1 everywhere, with a probability of 0.75."""
    ones = np.ones(shape, np.uint8)
    return BlockLabels(
        channels=ones,
        confidence=191 * ones,
        disagreement=0 * ones,
        members=np.stack([ones] * members),
        probabilities=np.stack([0.25 * ones, 0.75 * ones]).astype(np.float32),
        affinities=np.full((affinities, *shape), 1.2, np.float32),
    )


@pytest.fixture
def run(volume, ensemble):
    request = SegmentRequest(inference=TILES, keep_members=True, probabilities=True)
    return resolve_run(volume, ensemble, request)


def test_arrays_that_are_not_requested_are_left_out(run):
    few = run.model_copy(update={"keep_members": False, "probabilities": False})
    names = {"labels/classes", "confidence", "disagreement"}

    assert set(images(few)) == names
    assert set(images(run)) - names == {
        *(f"labels/{name}" for name in run.model.members),
        "probability_0",
        "probability_1",
    }
    assert {name for name, kind in images(run).items() if kind == "label"} == {
        "labels/classes",
        *(f"labels/{name}" for name in run.model.members),
    }


def test_a_block_is_a_shard_of_chunks_as_one_tile_writes_them(run, tmp_path):
    larger = run.inference.model_copy(update={"block": (4, 32, 48)})
    create_stores(run.model_copy(update={"inference": larger}), tmp_path)

    store = tmp_path / "segmentation.zarr" / "confidence" / "0" / "zarr.json"
    written = json.loads(store.read_text())
    (sharding,) = written["codecs"]
    assert written["chunk_grid"]["configuration"]["chunk_shape"] == [4, 32, 48]
    assert sharding["configuration"]["chunk_shape"] == [4, 16, 16]


def test_what_is_written_is_read_back_as_bytes(run, tmp_path):
    pairs = run.model_copy(update={"affinities": ((-1, 0, 0),)})
    create_stores(pairs, tmp_path)
    block = Box((0, 16, 0), (2, 32, 16))

    labels = labels_of(block.shape, affinities=1)
    open_stores(pairs, tmp_path).write(block, labels, pairs.classes)

    expected = {name: 1 for name, kind in images(pairs).items() if kind == "label"}
    expected |= {"confidence": 191, "disagreement": 0}
    expected |= {"probability_0": 64, "probability_1": 191, "affinity_0": 255}
    assert set(expected) == set(images(pairs))
    for name, value in expected.items():
        array = open_ome_zarr(tmp_path / "segmentation.zarr" / name)
        assert array.shape == SHAPE
        assert (array.read(block) == value).all()
    offsets = json.loads(
        (tmp_path / "segmentation.zarr" / "affinities.json").read_text()
    )
    assert offsets == {"format": 1, "offsets": [[-1, 0, 0]], "attractive": 3}


def test_other_programs_open_an_unfinished_store_as_the_confidence(run, tmp_path):
    create_stores(run, tmp_path)

    store = tmp_path / "segmentation.zarr"
    yaozarrs.validate_zarr_store(store)
    (image,) = yaozarrs.open_group(store).ome_metadata().multiscales
    assert [level.path for level in image.datasets] == ["confidence/0"]
    labels = yaozarrs.open_group(store / "labels" / "classes").ome_metadata()
    assert labels.image_label.source.image == "../../"
