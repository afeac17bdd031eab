"""Where blocks lie, and which files and volumes belong to them."""

import numpy as np
import pytest

from densecell.geometry import Box
from densecell.objects.blocks.job import Job
from densecell.objects.resolve import resolve_measurement

SHAPE = (5, 7, 9)  # in blocks of (2, 4, 4): a grid of 3 x 2 x 3


@pytest.fixture
def measurement(tmp_path, source_of, plain):
    source = source_of(np.ones(SHAPE, np.uint8), tmp_path)
    np.save(tmp_path / "other.npy", np.full(SHAPE, 2, np.uint8))
    source = source._replace(members={"member_00": "other.npy"})
    return resolve_measurement(source, plain(block=(2, 4, 4)))


@pytest.fixture
def job(tmp_path, measurement):
    return Job(tmp_path, measurement)


@pytest.mark.parametrize(
    ("box", "numbers"),
    [
        (Box((0, 0, 0), (1, 1, 1)), [0]),
        (Box((1, 3, 3), (3, 4, 5)), [0, 1, 6, 7]),
        (Box((4, 4, 8), SHAPE), [17]),
        (Box.whole(SHAPE), [*range(18)]),
    ],
)
def test_the_blocks_that_a_box_lies_in(job, box, numbers):
    assert job.blocks_in(box) == numbers


def test_files_of_stages_have_their_folder_and_number(job, tmp_path):
    folder = tmp_path / "blocks" / "measure" / "ensemble"

    assert job.mark("number", 3) == folder / "number" / "000003.npz"
    assert job.mark("write", 12) == folder / "write" / "000012.json"
    assert len(job.files()) == job.stage("join").count == 18
    assert job.stage("seen", 5).count == 5


def test_a_member_has_its_own_labels_and_no_confidence(tmp_path, measurement):
    ours = Job(tmp_path, measurement)
    member = Job(tmp_path, measurement, "member_00")

    whole = Box.whole(SHAPE)
    assert ours.labels.read(whole).max() == 1
    assert member.labels.read(whole).max() == 2
    assert member.folder != ours.folder
    assert member.confidence is ours.confidence is None
    assert ours.reference is None
    assert ours.affinities is None


def test_final_ids_are_looked_up_by_block(job):
    job.save_final("cells", np.array([0, 2, 5]), np.array([7, 0, 8, 7, 9], np.uint64))

    assert job.final_table("cells", 0).tolist() == [0, 7, 0]
    assert job.final_table("cells", 1).tolist() == [0, 8, 7, 9]
