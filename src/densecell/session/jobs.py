"""Jobs of a project: commands in processes of their own, which outlive the session.

::

    PROJECT/studio/jobs/0003/
        job.json      the command
        state.json    waiting, running, done, failed or cancelled; by `running_job`
        log.txt       what the command said
        cancel        asks it to stop
"""

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import BaseModel

from densecell.config import write_text
from densecell.errors import ConfigError

JOBS = "jobs"
JOB, STATE, LOG, CANCEL = "job.json", "state.json", "log.txt", "cancel"
TAIL = 2000  # characters of the log that are shown
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


class JobOrder(BaseModel, frozen=True):
    """What a job does."""

    id: str
    kind: str
    words: tuple[str, ...]  # of the command, after `densecell`
    created: float  # seconds since 1970
    seconds: float  # that it will take, about
    model: str  # folder of the model, from the project; empty: none

    @property
    def command(self) -> str:
        """The command as a person would type it."""
        return shlex.join(["densecell", *self.words])


class JobStatus(BaseModel, frozen=True):
    """How a job is."""

    state: JobState = "waiting"
    pid: int = 0
    begun: float = 0.0  # when its process was made
    started: float | None = None
    ended: float | None = None
    reason: str = ""


class Jobs:
    """Jobs of a project.

    Parameters
    ----------
    folder
        Of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "studio" / JOBS

    def start(
        self, kind: str, words: Sequence[str], *, seconds: float, model: str = ""
    ) -> JobOrder:
        """Start a command; it waits while another job runs."""
        number = 1 + max((int(p.name) for p in self._folders()), default=0)
        order = JobOrder(
            id=f"{number:04}",
            kind=kind,
            words=tuple(words),
            created=time.time(),
            seconds=seconds,
            model=model,
        )
        folder = self.path / order.id
        folder.mkdir(parents=True)
        write_text(folder / JOB, order.model_dump_json(indent=1) + "\n")
        self._launch(folder)
        return order

    def orders(self) -> list[JobOrder]:
        """All jobs, the oldest first."""
        return [read_order(folder) for folder in self._folders()]

    def status(self, job: str) -> JobStatus:
        """How a job is; one whose process is gone has failed."""
        found = read_status(self._existing(job))
        if found.state in ("waiting", "running") and not _lives(found):
            reason = "its process ended without a word; resume it to go on"
            return found.model_copy(update={"state": "failed", "reason": reason})
        return found

    def cancel(self, job: str) -> None:
        """Ask a job to stop; what is done so far is kept."""
        folder = self._existing(job)
        if self.status(job).state not in ("waiting", "running"):
            raise ConfigError(f"job {job} has ended already")
        (folder / CANCEL).touch()

    def resume(self, job: str) -> None:
        """Run the command of a job again. It continues where it stopped."""
        folder = self._existing(job)
        if self.status(job).state in ("waiting", "running"):
            raise ConfigError(f"job {job} is running or waits already")
        (folder / CANCEL).unlink(missing_ok=True)
        self._launch(folder)

    def log(self, job: str) -> str:
        """End of what a job said."""
        path = self._existing(job) / LOG
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4 * TAIL))
            text = file.read().decode("utf-8", "replace")
        return text.replace("\r", "\n")[-TAIL:]

    def _launch(self, folder: Path) -> None:
        """Start the process that waits, runs the command and notes how it ends."""
        words = [sys.executable, "-m", "densecell.session.running_job", str(folder)]
        with (folder / LOG).open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._folder,
            )
        # Waited for, so that no zombie looks as if it still worked.
        threading.Thread(target=process.wait, daemon=True).start()
        begun = psutil.Process(process.pid).create_time()
        status = JobStatus(pid=process.pid, begun=begun)
        if not (folder / STATE).exists() or read_status(folder).pid != process.pid:
            write_text(folder / STATE, status.model_dump_json() + "\n")

    def _folders(self) -> list[Path]:
        if not self.path.is_dir():
            return []
        return sorted(
            p for p in self.path.iterdir() if p.name.isdecimal() and (p / JOB).exists()
        )

    def _existing(self, job: str) -> Path:
        folder = self.path / job
        if not job.isdecimal() or not (folder / JOB).exists():
            raise ConfigError(f"there is no job {job!r}")
        return folder


def read_order(folder: Path) -> JobOrder:
    """What the job of a folder does."""
    return JobOrder.model_validate_json((folder / JOB).read_text(encoding="utf-8"))


def read_status(folder: Path) -> JobStatus:
    """What the job of a folder noted last."""
    try:
        text = (folder / STATE).read_text(encoding="utf-8")
        return JobStatus.model_validate(json.loads(text))
    except (OSError, ValueError):
        return JobStatus()


def _lives(status: JobStatus) -> bool:
    if not status.pid:
        return True  # it is being started
    try:
        process = psutil.Process(status.pid)
        same = abs(process.create_time() - status.begun) < 2
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def shown_job(
    order: JobOrder, status: JobStatus, log: str, curve: list[dict[str, Any]]
) -> dict[str, Any]:
    """A job as a client shows it.

    Parameters
    ----------
    curve
        Step, steps, loss, score and seconds at each validation.
    """
    running = status.state == "running" and status.started is not None
    now = status.ended or time.time()
    spent = now - status.started if status.started else 0.0
    progress = min(0.99, spent / max(order.seconds, 1.0)) if status.started else 0.0
    if status.state == "done":
        progress = 1.0
    scores = [point["score"] for point in curve if point["score"] is not None]
    return {
        "id": order.id,
        "kind": order.kind,
        "command": order.command,
        "state": status.state,
        "progress": round(progress, 3),
        "rate": None,
        "seconds_left": max(0.0, order.seconds - spent) if running else None,
        "log_tail": log,
        "curve": curve,
        "score": max(scores, default=None),
        "started": status.started,
        "reason": status.reason,
    }


def interpreter() -> list[str]:
    """Words that run `densecell` with this Python."""
    return [sys.executable, "-c", "from densecell.cli.main import main; main()"]


def environment() -> dict[str, str]:
    """Environment of a job: no colours, no bars that move."""
    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "PYTHONUNBUFFERED": "1"}
