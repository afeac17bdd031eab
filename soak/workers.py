"""Kill workers of dask at random moments; see that commands end with the same bytes.

    python -m soak.workers --kills 20
    python -m soak.workers --kills 5 --only train --seed 7

Each command is run once in one process. Then it is run on two workers (`--cluster
local:2`), again and again; in each run one of them is killed (SIGKILL) at a moment
drawn evenly from the time that an undisturbed run takes, counted from the first piece
of work. The command has to end by itself, and all that it leaves is compared with what
the one process left.
"""

import random
import shutil
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from soak.jobs import Job
from soak.kills import (
    BEFORE_WORK,
    JOBS,
    Tally,
    arguments,
    begin,
    compared,
    contents,
    log_of,
    run_all,
    undisturbed,
)
from soak.processes import finish, said, wait_until

COMMANDS = [name for name in JOBS if name != "fetch"]
CLUSTER = ("--cluster", "local:2")


def main() -> None:
    run_all(lose_workers, COMMANDS, arguments(__doc__, COMMANDS, kills=20))


def lose_workers(job: Job, folder: Path, kills: int, rng: random.Random) -> Tally:
    """Run a job on workers until so many were killed, one in each run."""
    undisturbed(job, folder / "whole")
    expected = contents(job, folder / "whole")
    job.more = CLUSTER
    begun, ended = undisturbed(job, folder / "cluster")
    tally = Tally(ended)
    tally.differences += compared(job, folder / "cluster", expected)

    while len(tally.places) < kills:
        out = folder / f"run-{tally.runs}"
        process = lose_one(job, out, after=rng.uniform(0, ended - begun), tally=tally)
        tally.runs += 1
        if finish(process):
            tally.differences.append(f"{out.name}: failed: {said(log_of(out))}")
        found = compared(job, out, expected)
        tally.differences += found
        if not process.exitcode and not found:
            shutil.rmtree(out)
    return tally


def lose_one(job: Job, out: Path, *, after: float, tally: Tally) -> BaseProcess:
    """Begin a run, and kill a worker so many seconds after the first piece of work."""
    job.begin(out)
    process = begin(job, out)
    while process.is_alive() and not (job.place(out) or BEFORE_WORK).done:
        wait_until(process, time.monotonic() + 0.01)
    wait_until(process, time.monotonic() + after)
    if kill_worker(process):
        tally.places.append(job.place(out) or BEFORE_WORK)
    return process


def kill_worker(process: BaseProcess) -> bool:
    """Kill a worker of a run; tell whether there was one."""
    try:
        workers = [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if any("spawn_main" in word for word in child.cmdline())
        ]
        workers[0].kill()
    except (psutil.NoSuchProcess, IndexError):  # the run has just ended
        return False
    return True


if __name__ == "__main__":
    main()
