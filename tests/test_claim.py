import errno
import subprocess
import sys

import pytest
from filelock import FileLock

from densecell.claim import LOCK, claimed, is_empty, refuse_claimed
from densecell.errors import OutputError

HOLD = """
import sys, time
from pathlib import Path
from densecell.claim import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Let another process work on a folder."""
    command = [sys.executable, "-c", HOLD, tmp_path / "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_process_is_named_and_a_killed_one_holds_nobody_up(tmp_path, holder):
    out = tmp_path / "out"
    with (
        pytest.raises(
            OutputError,
            match=rf"out: another densecell works on it \(process "
            rf"{holder.pid} on .+\); wait until it has ended, or choose anot",
        ),
        claimed(out),
    ):
        pass
    with pytest.raises(OutputError, match="another densecell works on it"):
        refuse_claimed(out)

    holder.kill()
    holder.wait()

    assert (out / LOCK).exists()
    assert is_empty(out)
    refuse_claimed(out)
    with claimed(out):
        (out / "result").touch()
    assert [path.name for path in out.iterdir()] == ["result"]


def test_a_folder_that_nothing_was_written_to_is_not_left(tmp_path):
    with claimed(tmp_path / "deep" / "out"):
        assert not is_empty(tmp_path / "deep")

    assert list((tmp_path / "deep").iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK])
def test_file_systems_without_locks_are_worked_on(tmp_path, monkeypatch, number):
    def unknown(self, **options):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(FileLock, "acquire", unknown)

    with claimed(tmp_path / "out"):
        (tmp_path / "out" / "result").touch()

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result"]


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"out: cannot be written \(.*\); choose anot"),
        claimed(tmp_path / "file" / "out"),
    ):
        pass
