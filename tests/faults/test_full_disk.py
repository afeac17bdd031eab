"""A disk that is full in the middle: a sentence, and the same bytes once there is room.

The commands and their input are those that `soak` kills.
"""

import re
import sys
from functools import partial

import pytest

from soak.convert import Convert
from soak.kills import JOBS, begin, contents, differences, prepared
from soak.processes import finish, said, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing to mount")
SUFFIXES = (".zarr", ".tif", ".h5", ".mrc", ".nii", ".nii.gz", "")
COMMANDS = JOBS | {
    f"convert to {suffix or 'slices'}": partial(prepared, partial(Convert, suffix))
    for suffix in SUFFIXES
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_named_and_with_room_the_same_command_goes_on(
    command, tmp_path, small_disk
):
    with COMMANDS[command](tmp_path) as job:
        whole, out = tmp_path / "whole", small_disk.path / "out"
        log = tmp_path / "log.txt"  # not on the full disk
        job.begin(whole)
        before = used(whole)
        assert finish(begin(job, whole)) == 0
        small_disk.resize(64 << 20)
        job.begin(out)
        small_disk.resize(before + (used(whole) - before) // 2)

        code = finish(start(partial(job.run, out), log))

        assert code == 1
        assert re.fullmatch(
            rf"densecell: {out}\S*: cannot be written \(No space left on device: "
            rf"\d+ of \d+ MB free on {small_disk.path}\); make room there, and give "
            "the same command again",
            said(log),
        )
        small_disk.resize(64 << 20)
        assert finish(start(partial(job.run, out), log)) == 0, said(log)
        assert [*differences(contents(job, whole), contents(job, out))] == []


def used(folder):
    """Bytes of whole pages of memory that a folder takes."""
    files = [path.lstat() for path in folder.rglob("*")]
    return sum(-(-file.st_size // 4096) * 4096 for file in files)
