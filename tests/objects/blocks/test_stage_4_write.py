"""Final ids go into stores whose chunks fit the blocks."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from densecell.geometry import Box
from densecell.objects.blocks import stage_4_write
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.stage_4_write import make_stores, write_objects
from densecell.result import read_measurement

SHAPE = (3, 6, 8)


@pytest.fixture
def labels():
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[:, :, 1:6] = 1
    drawn[1, 2:5, 3] = 2
    return drawn


@pytest.fixture
def merged(tmp_path, labels, resolved, plain):
    found, ids = resolved(labels, plain(block=(2, 3, 4)), tmp_path)
    return Job(tmp_path, read_measurement(tmp_path)), found, ids


def test_every_voxel_gets_its_final_id(merged):
    job, found, ids = merged
    make_stores(job, found)

    for number in range(len(job.measurement.blocks)):
        write_objects(job, number)

    assert set(job.final) == {"cells", "organelles", "parts"}
    for name, volume in job.final.items():
        assert volume.dtype == np.uint32
        np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), ids[name])
    assert not job.stage("write").waiting()


def test_stores_that_are_made_are_kept(merged):
    job, found, _ = merged
    make_stores(job, found)
    write_objects(job, 0)

    make_stores(job, found)  # a resume

    assert job.final["cells"].read(Box.whole(SHAPE)).any()


def test_more_objects_than_32_bits_hold_get_64(merged, monkeypatch):
    monkeypatch.setattr(stage_4_write, "MOST_UINT32", 0)
    job, found, _ = merged

    make_stores(job, found)

    assert job.final["cells"].dtype == np.uint64


@pytest.mark.parametrize(
    ("block", "chunk"),
    [
        ((64, 512, 512), (16, 128, 128)),
        ((5, 130, 7), (5, 65, 7)),
        ((17, 127, 131), (1, 127, 1)),
    ],
)
def test_chunks_cut_blocks_evenly(block, chunk):
    assert stage_4_write._chunk(SimpleNamespace(block=block)) == chunk


def test_blocks_are_shards_of_the_store(merged, tmp_path):
    job, found, _ = merged

    make_stores(job, found)

    store = tmp_path / "segmentation.zarr" / "labels" / "cells" / "0" / "zarr.json"
    grid = json.loads(store.read_text())["chunk_grid"]
    assert tuple(grid["configuration"]["chunk_shape"]) == job.measurement.block
