"""Kill commands at random moments; see that they end with the same bytes all the same.

    python -m soak.kills --kills 50
    python -m soak.kills --kills 20 --only train --only fetch --seed 7

Each command is run once undisturbed. Then it is begun anew and killed (SIGKILL, with
all its processes) at a moment drawn evenly between the first sign of work and the end
of the undisturbed run, gone on with, killed again, and so on until it ends by itself
before the moment comes; then the next run is begun. All that a run leaves is compared
with the undisturbed run: the names of all files, and the bytes of what it made.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

from soak.fetching import Fetch, packed
from soak.jobs import Job, Measure, Mesh, Place, Segment, Train
from soak.processes import finish, kill, said, start, wait_until
from soak.serving import serving

DOWNLOAD_BYTES_PER_S = 4_000_000
BEFORE_WORK = Place("before any work", 0)


@dataclass
class Tally:
    """What became of all runs of a command."""

    seconds: float = 0.0  # of the undisturbed run
    places: list[Place] = field(default_factory=list)  # one for each kill
    runs: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{len(self.places)} kills ({self._where()}); {self.runs} runs of "
            f"{self.seconds:.1f} s compared, {len(self.differences)} differ"
        )

    def _where(self) -> str:
        by_stage: dict[str, list[int]] = defaultdict(list)
        for place in self.places:
            by_stage[place.stage].append(place.done)
        return ", ".join(
            f"{stage} {len(done)}"
            + (f" at {min(done)}-{max(done)}" if max(done) else "")
            for stage, done in sorted(by_stage.items())
        )


Soak = Callable[[Job, Path, int, random.Random], Tally]


def main() -> None:
    run_all(soak, list(JOBS), arguments(__doc__, list(JOBS), kills=50))


def run_all(work: Soak, commands: list[str], args: argparse.Namespace) -> None:
    """Soak one command after the other, print what became of each, and exit."""
    failed = False
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        for command in args.only or commands:
            rng = random.Random(f"{args.seed} {command}")
            with JOBS[command](Path(name) / command) as job:
                tally = work(job, Path(name) / command, args.kills, rng)
            print(f"{command}: {tally}", flush=True)
            for difference in tally.differences:
                print(f"  {difference}", flush=True)
            failed |= bool(tally.differences)
    raise SystemExit(failed)


def arguments(
    text: str | None, commands: list[str], *, kills: int
) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(text or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=kills, help="of each command")
    parser.add_argument(
        "--only", action="append", choices=commands, help="may be repeated"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="for runs; dropped at the end")
    return parser.parse_args()


def soak(job: Job, folder: Path, kills: int, rng: random.Random) -> Tally:
    """Kill a job so many times in as many runs as it takes."""
    tally = Tally()
    whole = folder / "whole"
    begun, ended = undisturbed(job, whole)
    tally.seconds = ended
    expected = contents(job, whole)

    while len(tally.places) < kills:
        out = folder / f"run-{tally.runs}"
        job.begin(out)
        while True:
            process, started = begin(job, out), time.monotonic()
            if len(tally.places) < kills:
                wait_until(process, started + rng.uniform(begun, ended))
                if kill(process):
                    tally.places.append(job.place(out) or BEFORE_WORK)
                    continue
            finish(process)
            break
        tally.runs += 1
        if process.exitcode:
            tally.differences.append(f"{out.name}: failed: {said(log_of(out))}")
        found = compared(job, out, expected)
        tally.differences += found
        if not process.exitcode and not found:
            shutil.rmtree(out)
    return tally


def undisturbed(job: Job, out: Path) -> tuple[float, float]:
    """Run a job whole; give the seconds after which it began to work, and ended."""
    job.begin(out)
    process, started, begun = begin(job, out), time.monotonic(), None
    before = job.place(out)
    while process.is_alive():
        if begun is None and job.place(out) != before:
            begun = time.monotonic() - started
        wait_until(process, time.monotonic() + 0.01)
    if process.exitcode:
        raise RuntimeError(f"{out}: the undisturbed run failed: {said(log_of(out))}")
    return begun or 0.0, time.monotonic() - started


def begin(job: Job, out: Path) -> BaseProcess:
    """Begin a run, or go on with one."""
    return start(partial(job.run, out), log_of(out))


def log_of(out: Path) -> Path:
    """File beside a run that holds what it said."""
    return out.with_suffix(".log")


def contents(job: Job, out: Path) -> dict[str, bytes | None]:
    """All files by name, with their bytes where these must be the same."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    names = {path.relative_to(out).as_posix(): path for path in files}
    return {
        name: path.read_bytes() if name.startswith(job.made) else None
        for name, path in names.items()
    }


def compared(job: Job, out: Path, expected: dict[str, bytes | None]) -> list[str]:
    """Say what a run left otherwise than it should."""
    return [f"{out.name}: {text}" for text in differences(expected, contents(job, out))]


def differences(
    expected: dict[str, bytes | None], found: dict[str, bytes | None]
) -> Iterator[str]:
    """Word what a run left otherwise than the undisturbed one."""
    for name in sorted(expected | found):
        if name not in found:
            yield f"{name}: is missing"
        elif name not in expected:
            yield f"{name}: is left over"
        elif found[name] != expected[name]:
            yield f"{name}: has other bytes"


@contextmanager
def prepared(kind: Callable[[Path], Job], folder: Path) -> Iterator[Job]:
    """Make a job with its input."""
    folder.mkdir(parents=True, exist_ok=True)
    job, log = kind(folder / "inputs"), folder / "inputs.log"
    if finish(start(job.prepare, log)):
        raise RuntimeError(f"{folder}: the input cannot be made: {said(log)}")
    yield job


@contextmanager
def fetching(folder: Path) -> Iterator[Job]:
    """Serve the data set while it is fetched."""
    (folder / "inputs").mkdir(parents=True)
    with serving() as server:
        server.content, digests = packed(folder / "inputs")
        server.bytes_per_s = DOWNLOAD_BYTES_PER_S
        yield Fetch(folder / "inputs", server.url, digests)


JOBS: dict[str, Callable[[Path], AbstractContextManager[Job]]] = {
    "train": partial(prepared, Train),
    "segment": partial(prepared, Segment),
    "measure": partial(prepared, Measure),
    "mesh": partial(prepared, Mesh),
    "fetch": fetching,
}

if __name__ == "__main__":
    main()
