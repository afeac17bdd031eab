"""A worker finds all that it needs on disk, and loads it once."""

import numpy as np
import pytest

from densecell.objects import work
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.stage_3_merge import merge_blocks, save_final
from densecell.objects.blocks.stage_4_write import make_stores
from densecell.objects.resolve import resolve_measurement
from densecell.result import read_measurement, save_measurement


@pytest.fixture
def begun(tmp_path, source_of, plain):
    labels = np.zeros((2, 6, 8), np.uint8)
    labels[:, 1:5, 1:7] = 1
    labels[0, 2:4, 3] = 2
    source = source_of(labels, tmp_path)
    save_measurement(resolve_measurement(source, plain(block=(2, 3, 4))), tmp_path)
    return tmp_path


def test_stages_of_any_block_need_the_folder_only(begun):
    for stage in ("number", "join"):
        for n in range(4):
            work.block_anywhere(begun, "ensemble", stage, n)
    job = Job(begun, read_measurement(begun))
    found = merge_blocks(job)
    save_final(job, found)
    make_stores(job, found)

    work.block_anywhere(begun, "ensemble", "write", 2)
    work.batch_anywhere(begun, 0)

    assert job.stage("write").waiting() == [0, 1, 3]
    assert job.mark(work.SHAPES, 0).exists()


def test_a_job_is_loaded_once_and_anew_for_another_measurement(begun, plain):
    first = work._job(begun, "ensemble")
    assert work._job(begun, "ensemble") is first
    assert work._job(begun, "other") is not first

    changed = read_measurement(begun).model_copy(update={"block": (2, 6, 8)})
    save_measurement(changed, begun)

    assert work._job(begun, "ensemble").measurement.block == (2, 6, 8)
