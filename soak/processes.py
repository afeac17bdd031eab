"""Runs of a job in processes of their own, which begin at the work.

A server loads all that commands need once and forks (`multiprocessing.forkserver`):
a run takes no time to start, so that kills hit its work.
"""

import multiprocessing
import os
import signal
import time
import traceback
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from soak.jobs import Job

LOADED = [
    "soak.jobs",
    "soak.fetching",
    "openvino",
    "densecell.cli.train",
    "densecell.compute",
    "densecell.ensemble",
    "densecell.objects",
    "densecell.report.training_pictures",
    "densecell.surfaces",
    "fast_simplification",
    "trimesh.visual.material",
]
LOG = "log.txt"  # beside the output: what the command said
LOOK_EVERY_S = 0.002


def start(job: Job, out: Path) -> BaseProcess:
    """Begin a run, or go on with one."""
    process = _context().Process(target=_run, args=(job, out))
    process.start()
    return process


def kill(process: BaseProcess) -> bool:
    """Kill a run and all that it started; tell whether it was still running."""
    try:
        os.killpg(process.pid or 0, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        process.join()
    return process.exitcode == -signal.SIGKILL


def said(out: Path) -> str:
    """Give the last line of what a run said."""
    lines = out.with_suffix(f".{LOG}").read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else ""


def wait_until(process: BaseProcess, moment: float) -> None:
    """Wait for a moment of the monotonic clock, or the end of a run."""
    while process.is_alive() and time.monotonic() < moment:
        time.sleep(LOOK_EVERY_S)


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    return context


def _run(job: Job, out: Path) -> None:
    """Run in a group of processes of its own, saying all to a file."""
    os.setsid()
    log = os.open(out.with_suffix(f".{LOG}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        job.run(out)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
