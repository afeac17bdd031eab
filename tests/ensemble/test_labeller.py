"""The same bytes wherever blocks are labelled, and after any loss."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

from densecell.compute import connect
from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume
from densecell.errors import BlocksFailedError, OutputError
from densecell.volume import open_volume

TILES = InferenceConfig(
    tile=(4, 32, 32), margin=(1, 8, 8), engine="torch", precision="float32", threads=1
)
REQUEST = SegmentRequest(inference=TILES)
LABEL = """
import sys
from pathlib import Path
from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, load_ensemble, memory, segment_volume
from densecell.volume import open_volume
memory.BLOCK_VOXELS = 1
volume, model, out = map(Path, sys.argv[1:4])
request = SegmentRequest(inference=InferenceConfig.model_validate_json(sys.argv[4]))
volume = open_volume(volume, spacing_nm=(40, 10, 10))
for step in segment_volume(volume, load_ensemble(model), out, request):
    print(step.done, flush=True)
"""


@pytest.fixture(scope="module")
def model(trained):
    return trained / "models" / "tiny"


@pytest.fixture(scope="module")
def image(discs, tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "image.npy"
    np.save(path, discs[0])
    return path


@pytest.fixture(scope="module", autouse=True)
def _small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 1)
        yield


@pytest.fixture(scope="module")
def here(image, model, tmp_path_factory):
    """Bytes of a result that this process computed."""
    out = tmp_path_factory.mktemp("here") / "r"
    list(segment(image, model, out))
    return bytes_of(out)


def segment(image, model, out, cluster=None):
    volume = open_volume(image, spacing_nm=(40, 10, 10))
    return segment_volume(volume, load_ensemble(model), out, REQUEST, cluster=cluster)


def bytes_of(out):
    files = [p for p in (out / "segmentation.zarr").rglob("*") if p.is_file()]
    assert files
    found = {str(p.relative_to(out)): p.read_bytes() for p in files}
    return found | {"agreement": (out / "agreement.json").read_bytes()}


@pytest.fixture(scope="module")
def one_worker():
    with connect("local:1") as cluster:
        yield cluster


def test_a_worker_gives_the_same_bytes(tmp_path, image, model, here, one_worker):
    steps = list(segment(image, model, tmp_path / "r", one_worker))

    assert len(steps) > 10
    assert bytes_of(tmp_path / "r") == here


def test_two_workers_give_the_same_bytes(tmp_path, image, model, here):
    with connect("local:2") as cluster:
        steps = list(segment(image, model, tmp_path / "r", cluster))

    assert len(steps) > 10
    assert bytes_of(tmp_path / "r") == here


def test_a_worker_killed_in_the_middle_loses_nothing(tmp_path, image, model, here):
    with connect("local:2") as cluster:
        for number, _ in enumerate(segment(image, model, tmp_path / "r", cluster)):
            if number == 3:
                workers = cluster.executor._client.run(os.getpid)
                psutil.Process(next(iter(workers.values()))).kill()

    assert bytes_of(tmp_path / "r") == here


def test_a_run_that_is_killed_goes_on_with_the_same_bytes(tmp_path, image, model, here):
    out = tmp_path / "r"
    words = [image, model, out, TILES.model_dump_json()]
    command = [sys.executable, "-c", LABEL, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for _ in range(4):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    before = finished(out)
    assert 3 <= len(before) < 18

    steps = list(segment(image, model, out))

    assert steps[0].done > 0
    assert bytes_of(out) == here
    assert {name: t for name, t in finished(out).items() if name in before} == before


def finished(out):
    """Time at which each block was marked; marked blocks are not done again."""
    marks = (out / "blocks" / "segment").glob("*.json")
    return {path.name: path.stat().st_mtime_ns for path in marks}


def test_workers_without_the_model_say_so(tmp_path, image, model, one_worker):
    run = segment(image, model, tmp_path / "r", one_worker)
    next(run)
    path = tmp_path / "r" / "run.yaml"
    path.write_text(path.read_text().replace(str(model), "/nowhere/tiny"))
    with pytest.raises(BlocksFailedError, match=r"/nowhere/tiny: no such model"):
        list(run)


def test_a_block_that_fails_is_named_and_tried_again_next_time(
    tmp_path, image, model, here, monkeypatch
):
    from densecell.ensemble import labeller

    read = labeller.read_region

    def torn(volume, statistics, runners, box):
        if box.start == (2, 16, 0):
            raise OSError("chunk 7 is torn")
        return read(volume, statistics, runners, box)

    monkeypatch.setattr(labeller, "read_region", torn)
    with pytest.raises(BlocksFailedError) as caught:
        list(segment(image, model, tmp_path / "r"))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"{tmp_path / 'r'}: 1 of 36 blocks failed, the others")
    assert lines[1].startswith(
        "  voxels (2, 16, 0) to (4, 32, 16): chunk 7 is torn (on "
    )
    assert len(finished(tmp_path / "r")) == 35
    assert not (tmp_path / "r" / "agreement.json").exists()

    monkeypatch.undo()
    list(segment(image, model, tmp_path / "r"))

    assert bytes_of(tmp_path / "r") == here


def test_marks_count_what_members_say(tmp_path, image, model):
    list(segment(image, model, tmp_path / "r"))

    marks = sorted((tmp_path / "r" / "blocks" / "segment").glob("*.json"))
    counts = np.sum([json.loads(m.read_text())["confusion"] for m in marks], 0)

    assert counts.shape == (2, 2, 2)
    assert counts.sum((1, 2)).tolist() == [6 * 48 * 56] * 2


def test_a_process_loads_a_run_once_and_anew_when_another_is_begun_there(
    tmp_path, image, model, here, monkeypatch
):
    from densecell.ensemble import labeller

    out, loads, load = tmp_path / "r", [], labeller.load_ensemble

    def counted(folder, **options):
        loads.append(options["only"])
        return load(folder, **options)

    monkeypatch.setattr(labeller, "load_ensemble", counted)
    list(segment(image, model, out))
    for number in (0, 1, 2):
        labeller.label_anywhere(out, number)
    assert len(loads) == 1
    assert bytes_of(out) == here

    shutil.rmtree(out)
    volume = open_volume(image, spacing_nm=(40, 10, 10))
    list(segment_volume(volume, load_ensemble(model, best=1), out, REQUEST))
    one = bytes_of(out)
    labeller.label_anywhere(out, 0)

    assert [len(names) for names in loads] == [2, 1]
    assert bytes_of(out) == one


def test_a_disk_that_is_full_at_the_end_is_told_and_the_run_goes_on(
    tmp_path, image, model, here, monkeypatch
):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("densecell.ensemble.segment.build_pyramid", full)
    with pytest.raises(OutputError) as caught:
        list(segment(image, model, tmp_path / "r"))
    assert re.fullmatch(
        rf"{tmp_path}/r: cannot be written \(No space left on device: \d+ of \d+ MB "
        r"free on .*\); make room there, and give the same command again",
        str(caught.value),
    )

    monkeypatch.undo()
    monkeypatch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 1)
    list(segment(image, model, tmp_path / "r"))

    assert bytes_of(tmp_path / "r") == here
