"""Measuring and meshing in a process that is killed, and gone on with."""

import signal
import subprocess
import sys
import time

import numpy as np

from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.phantom import make_phantom
from densecell.volume import create_ome_zarr

SHAPE = (24, 160, 160)


def start(*words):
    """Start a command in a process of its own."""
    code = "from densecell.cli.main import main; main()"
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill_at(process, marks, *, least):
    """Kill a process as soon as it has finished so many pieces of work."""
    while process.poll() is None and len(list(marks())) < least:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def bytes_of(out, *folders):
    files = [p for f in folders for p in (out / f).rglob("*") if p.is_file()]
    assert files
    return {str(p.relative_to(out)): p.read_bytes() for p in files}


def write_classes(out):
    """Write true classes to where a result keeps its labels; give the command."""
    path = out / "segmentation.zarr" / "labels" / "classes"
    volume = create_ome_zarr(
        path,
        shape=SHAPE,
        dtype=np.uint8,
        spacing_nm=(40, 10, 10),
        kind="label",
        scheme=ClassScheme.platelet(),
    )
    volume.write(Box.whole(SHAPE), make_phantom(SHAPE, seed=1).classes)
    return ["measure", path, "--out", out, "--block", 8, 80, 80]


def test_killed_measuring_and_meshing_end_with_the_same_bytes(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(*write_classes(whole)).wait() == 0
    words = write_classes(killed)

    numbered = killed / "blocks" / "measure"
    kill_at(start(*words), lambda: numbered.rglob("0*.npz"), least=3)
    assert not (numbered / "finished").exists()
    assert start(*words).wait() == 0
    made = ("segmentation.zarr", "tables")
    assert bytes_of(killed, *made) == bytes_of(whole, *made)

    assert start("mesh", whole).wait() == 0
    marks = killed / "blocks" / "mesh"
    kill_at(start("mesh", killed), lambda: marks.glob("0*.json"), least=1)
    assert not (marks / "finished").exists()
    assert start("mesh", killed).wait() == 0
    assert bytes_of(killed, "meshes") == bytes_of(whole, "meshes")
