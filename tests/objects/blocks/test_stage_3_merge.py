"""What blocks left on disk is put together: totals, overlaps, final ids."""

import numpy as np
import pytest

from densecell.objects.blocks.job import Job
from densecell.objects.blocks.stage_3_merge import (
    best_cells,
    merge_blocks,
    save_final,
    total_contacts,
    total_voxels,
)
from densecell.objects.blocks.stage_4_write import make_stores, write_objects
from densecell.objects.resolve import resolve_measurement
from densecell.objects.work import BLOCK_STAGES

SHAPE = (2, 6, 8)


@pytest.fixture
def labels():
    """A cell with a mitochondrion, across all blocks, and another cell."""
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[:, 1:5, :5] = 1
    drawn[:, 2:4, 2:5] = 2
    drawn[0, 0, 7] = 1
    drawn[1, 5, 6:] = 255  # ignored
    return drawn


@pytest.fixture
def jobs(tmp_path, source_of, plain, labels):
    """The ensemble and a member, whose mitochondrion is smaller; both numbered."""
    other = labels.copy()
    other[:, 2, 2:5] = 1
    np.save(tmp_path / "other.npy", other)
    source = source_of(labels, tmp_path)._replace(members={"m": "other.npy"})
    measurement = resolve_measurement(source, plain(block=(2, 3, 4)))
    ours, member = (Job(tmp_path, measurement, name) for name in ("ensemble", "m"))

    def number(job):
        for stage in ("number", "join"):
            for n in range(len(measurement.blocks)):
                BLOCK_STAGES[stage](job, n)

    number(ours)
    found = merge_blocks(ours)
    save_final(ours, found)
    make_stores(ours, found)
    for n in range(len(measurement.blocks)):
        write_objects(ours, n)
    number(member)
    return ours, member


def test_totals_are_those_of_the_whole_volume(jobs, labels):
    ours, _ = jobs

    voxels = total_voxels(ours)

    assert voxels.tolist() == [(labels == i).sum() for i in range(7)]
    contacts = total_contacts(ours)
    assert contacts.shape == (7, 7)
    assert contacts[0, 1] > contacts[1, 2] > 0
    np.testing.assert_array_equal(contacts, contacts.T)


def test_objects_across_blocks_are_one(jobs):
    found = merge_blocks(jobs[0])

    assert found["cells"].sums.voxels.tolist() == [1, 2 * 4 * 5]
    assert found["organelles"].sums.voxels.tolist() == [2 * 2 * 3]
    assert found["organelles"].host.tolist() == [2]


def test_objects_of_members_lie_in_cells_of_the_ensemble(jobs):
    _, member = jobs

    found = merge_blocks(member)

    assert found["organelles"].sums.voxels.tolist() == [6]
    assert best_cells(member, "organelles", found["organelles"]).tolist() == [2]
