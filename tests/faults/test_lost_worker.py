"""A worker of a cluster that dies changes no byte, and leaves nothing behind."""

import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from distributed import KilledWorker

from densecell.compute import Cluster
from densecell.config import InferenceConfig, MeshConfig, ObjectsConfig
from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume
from densecell.errors import ClusterError
from densecell.objects import measure_objects, open_source
from densecell.surfaces import mesh_result
from densecell.training import train_on_cluster
from densecell.volume import ArrayVolume, open_volume, write_tiff
from soak.jobs import LABELS, write_classes
from soak.kills import JOBS, Tally, contents, undisturbed
from soak.processes import finish
from soak.workers import CLUSTER, COMMANDS, compared, lose_one

HALF = ".0.5ab.partial"  # as what writes a chunk names it
LOST = KilledWorker("task", SimpleNamespace(address="tcp://node7:1234"), 3)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_worker_killed_in_the_middle_changes_nothing(command, tmp_path):
    with JOBS[command](tmp_path) as job:
        undisturbed(job, tmp_path / "whole")
        job.more, tally = CLUSTER, Tally()

        process = lose_one(job, tmp_path / "out", after=0, tally=tally)

        assert finish(process) == 0
        assert compared(job, tmp_path / "out", contents(job, tmp_path / "whole")) == []
    [place] = tally.places
    assert place.stage not in ("ranking", "finishing")


def test_half_a_chunk_is_removed_at_the_end_of_segment(tmp_path, trained, discs):
    image, out = tmp_path / "image.tif", tmp_path / "out"
    write_tiff(image, ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    request = SegmentRequest(
        inference=InferenceConfig(engine="torch", precision="float32")
    )
    ensemble = load_ensemble(trained / "models" / "tiny")

    steps = segment_volume(open_volume(image), ensemble, out, request)

    check_dropped(steps, out / LABELS)


def test_half_a_chunk_is_removed_at_the_end_of_measure_and_mesh(tmp_path):
    write_classes(tmp_path)
    source = open_source(tmp_path / LABELS, out=tmp_path)

    measured = measure_objects(source, ObjectsConfig())
    check_dropped(measured, tmp_path / "segmentation.zarr" / "labels" / "cells")
    meshed = mesh_result(tmp_path, MeshConfig(formats=("ply",)))
    check_dropped(meshed, tmp_path / "meshes")


def check_dropped(steps, folder):
    """Leave half a file as soon as there is a folder for it; see that it goes."""
    left = False
    for _ in steps:
        if folder.exists() and not left:
            (folder / HALF).touch()
            left = True
    assert left
    assert not (folder / HALF).exists()


class Losing(ThreadPoolExecutor):
    """Loses the workers that train one member."""

    def __init__(self, lost):
        super().__init__(1)
        self.lost = lost

    def submit(self, work, task, *number):
        if list(number) != [self.lost]:
            return super().submit(work, task, *number)
        future = Future()
        future.set_exception(LOST)
        return future


def test_a_member_that_loses_all_workers_is_named_when_the_others_are_trained(
    tmp_path, write_project, trained
):
    project, model = write_project(tmp_path), tmp_path / "model"

    sentence = re.escape(
        f"{model}: 1 of 2 members were lost. Fix the cause and run the same command "
        "again, which continues from what is on disk:\n  member_00: 4 workers were "
        "lost one after another over it, the last one at tcp://node7:1234; most often "
        "they have too little memory, or their jobs too little time"
    )
    with pytest.raises(ClusterError, match=f"^{sentence}$"), Losing(0) as threads:
        on_cluster(project, model, threads)
    assert not (model / "member_00" / "outcome.json").exists()
    assert (model / "member_01" / "outcome.json").exists()

    with ThreadPoolExecutor(1) as threads:
        progress = on_cluster(project, model, threads)

    assert [p.member for p in progress if p.outcome] == [0, 1]
    for name in ("member_00", "member_01"):
        expected = trained / "models" / "tiny" / name / "weights.safetensors"
        found = model / name / "weights.safetensors"
        assert found.read_bytes() == expected.read_bytes()
    assert not list(model.rglob(HALF))


def on_cluster(project, model, executor):
    """Train in threads as if they were workers, one of which leaves half a file."""
    cluster = Cluster(executor, lambda: 1, "")
    steps = train_on_cluster(project, model.parent, model, cluster, threads=1)
    progress = []
    for step in steps:
        (model / HALF).touch()
        progress.append(step)
    return progress
