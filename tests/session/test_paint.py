import errno
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.errors import OutputError
from densecell.geometry import Box, Spacing
from densecell.session.paint import PaintStore
from densecell.volume import open_volume

SHAPE = (5, 300, 270)
BOX = Box((2, 250, 100), (3, 260, 110))


def opened(folder):
    return PaintStore(
        folder,
        "em",
        shape=SHAPE,
        spacing_nm=Spacing(50, 4, 4),
        scheme=ClassScheme.from_ids([0, 1, 2]),
    )


def put(store, label, box=BOX, layer="paint", locked=()):
    mask = np.ones(box.shape, bool)
    return store.paint(layer, box, mask, label, note={"tool": "brush"}, locked=locked)


def on_disk(folder):
    return open_volume(folder / "labels" / "em_studio.zarr", labels=True)


def test_paint_is_a_label_volume_that_the_command_line_reads(tmp_path):
    put(opened(tmp_path), 1)

    labels = on_disk(tmp_path).read(Box.whole(SHAPE))

    assert labels.shape == SHAPE
    assert (labels[BOX.slices] == 1).all()
    assert (labels == 255).sum() == labels.size - BOX.voxels


def test_undo_and_redo_go_on_after_a_restart(tmp_path):
    store = opened(tmp_path)
    for label in (0, 1, 2):
        put(store, label)
    store.undo()

    again = opened(tmp_path)
    assert again.labels["paint"].painted == {1: BOX.voxels}
    again.undo()
    again.undo()
    assert not again.can_undo
    assert (on_disk(tmp_path).read(BOX) == 255).all()
    for _ in range(3):
        again = opened(tmp_path)
        again.redo()
    assert not again.can_redo
    assert (on_disk(tmp_path).read(BOX) == 2).all()


def test_locked_classes_stay(tmp_path):
    store = opened(tmp_path)
    put(store, 1)
    put(store, 2, box=BOX.grown((0, 1, 1)), locked=(1,))

    assert store.labels["paint"].painted == {1: BOX.voxels, 2: 12 * 12 - 100}


def test_the_next_cell_has_the_next_id(tmp_path):
    store = opened(tmp_path)
    assert store.next_id("cells") == 1
    put(store, 70_000, layer="cells")

    assert opened(tmp_path).next_id("cells") == 70_001


def test_labels_lost_since_the_last_steps_come_back_from_the_journal(tmp_path):
    put(opened(tmp_path), 1)
    shutil.rmtree(tmp_path / "labels" / "em_studio.zarr" / "0" / "c")

    opened(tmp_path)

    assert (on_disk(tmp_path).read(BOX) == 1).all()


def test_a_full_disk_is_said_and_nothing_changes(tmp_path, monkeypatch):
    store = opened(tmp_path)
    put(store, 1)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        put(store, 2)
    monkeypatch.undo()

    assert store.labels["paint"].painted == {1: BOX.voxels}
    assert opened(tmp_path).labels["paint"].painted == {1: BOX.voxels}
    put(store, 2)
    assert (on_disk(tmp_path).read(BOX) == 2).all()


KILLED = """
import sys, os, numpy as np
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from test_paint import opened, put
store = opened(Path(sys.argv[1]))
for n in range(40):
    done = put(store, n % 3)
    print(done.step, flush=True)
    if n == 33:
        os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path):
    here = os.path.dirname(__file__)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), here],
        capture_output=True,
        text=True,
        check=False,
    )
    steps = int(done.stdout.split()[-1])

    store = opened(tmp_path)

    assert done.returncode == -9
    assert steps == 34
    assert store.labels["paint"].painted == {33 % 3: BOX.voxels}
    assert sum(1 for _ in iter(store.undo, None)) == steps
