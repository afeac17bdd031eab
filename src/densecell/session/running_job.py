"""Run one job: wait for others, run its command, note how it ended.

A process of its own, `python -m densecell.session.running_job FOLDER`: it outlives the
session that started it.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from densecell.claim import claimed
from densecell.config import write_text
from densecell.errors import OutputError
from densecell.session.jobs import (
    CANCEL,
    LOG,
    STATE,
    JobState,
    JobStatus,
    environment,
    interpreter,
    read_order,
)

POLL_S = 0.2
PATIENCE_S = 20.0  # after which a command that was asked to stop is killed


def run_job(folder: Path) -> JobStatus:
    """Run the job of a folder to its end."""
    pid = os.getpid()
    status = JobStatus(pid=pid, begun=psutil.Process(pid).create_time())
    _note(folder, status)
    with ExitStack() as stack:
        while True:
            if (folder / CANCEL).exists():
                return _end(folder, status, "cancelled", "")
            try:
                stack.enter_context(claimed(folder.parent / "running"))
                break
            except OutputError:  # another job runs
                time.sleep(1.0)
        status = status.model_copy(update={"state": "running", "started": time.time()})
        _note(folder, status)
        return _run(folder, status)


def _run(folder: Path, status: JobStatus) -> JobStatus:
    order = read_order(folder)
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            [*interpreter(), *order.words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
        )
        asked: float | None = None
        while process.poll() is None:
            if asked is None and (folder / CANCEL).exists():
                process.send_signal(signal.SIGTERM)
                asked = time.monotonic()
            if asked is not None and time.monotonic() - asked > PATIENCE_S:
                process.kill()
            time.sleep(POLL_S)
    if asked is not None:
        return _end(folder, status, "cancelled", "")
    if process.returncode:
        return _end(folder, status, "failed", _last_words(folder / LOG))
    return _end(folder, status, "done", "")


def _end(folder: Path, status: JobStatus, state: JobState, reason: str) -> JobStatus:
    ended = {"state": state, "reason": reason, "ended": time.time()}
    status = status.model_copy(update=ended)
    _note(folder, status)
    return status


def _note(folder: Path, status: JobStatus) -> None:
    write_text(folder / STATE, status.model_dump_json() + "\n")


def _last_words(log: Path) -> str:
    """The error that a command ended with."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [n for n, line in enumerate(lines) if line.startswith("densecell:")]
    said = lines[found[-1] :] if found else lines[-3:]
    return " ".join(" ".join(said).split())[:600]


if __name__ == "__main__":
    run_job(Path(sys.argv[1]))
