"""Work in processes of their own, which begin at the work.

A server loads all that commands need once and forks (`multiprocessing.forkserver`):
a run takes no time to start, so that kills hit its work.
"""

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

LOADED = [
    "soak.jobs",
    "soak.fetching",
    "openvino",
    "densecell.cli.train",
    "densecell.compute",
    "densecell.ensemble",
    "densecell.objects",
    "densecell.report.model",
    "densecell.surfaces",
    "fast_simplification",
    "trimesh.visual.material",
]
LOOK_EVERY_S = 0.002


def start(work: Callable[[], None], log: Path) -> BaseProcess:
    """Begin some work in a process of its own, which says all to a file."""
    process = _context().Process(target=_run, args=(work, log))
    process.start()
    return process


def finish(process: BaseProcess) -> int:
    """Wait for the end of a process; give its exit code."""
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def kill(process: BaseProcess) -> bool:
    """Kill a run and all that it started; tell whether it was still running."""
    try:
        os.killpg(process.pid or 0, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        process.join()
    return process.exitcode == -signal.SIGKILL


def said(log: Path) -> str:
    """Last line that was said."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else ""


def wait_until(process: BaseProcess, moment: float) -> None:
    """Wait for a moment of the monotonic clock, or the end of a run."""
    while process.is_alive() and time.monotonic() < moment:
        time.sleep(LOOK_EVERY_S)


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    return context


def _run(work: Callable[[], None], log: Path) -> None:
    """Work in a group of processes of its own."""
    os.setsid()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    try:
        work()
    except SystemExit as end:
        os._exit(1 if end.code else 0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
