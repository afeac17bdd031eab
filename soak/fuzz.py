"""Damage good files at random: each is read, or refused with a sentence.

    python -m soak.fuzz --minutes 10
    python -m soak.fuzz --minutes 2 --only TIFF --only settings

Any other exception is a failure; so is taking more than twenty seconds or two
gigabytes of memory. Failures that end in the same line count once.
"""

import argparse
import resource
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from densecell.errors import DensecellError
from soak.damage import Damage, damages
from soak.jobs import Train
from soak.targets import TARGETS, Target

LONGEST_S = 20
MOST_BYTES = 2_000_000_000  # more than there was before
ROUND = 200  # examples; then the clock is looked at
UNLIMITED = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Hang(BaseException):
    """It took too long."""


class Fuzzed:
    """A target with its good files in a folder, to be damaged one at a time."""

    def __init__(self, target: Target, folder: Path, model: Path | None) -> None:
        self.target, self.folder = target, folder
        folder.mkdir(parents=True)
        if target.needs_model and model is not None:
            shutil.copytree(model, folder / "model")
        target.prepare(folder)
        self.good = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and target.damaged(path)
        }
        self.whole = folder.with_name(f"{folder.name}.good")
        shutil.copytree(folder, self.whole)

    def examples(self) -> st.SearchStrategy[tuple[str, Damage]]:
        """Draw a file and what is done to it."""
        return st.sampled_from(sorted(self.good)).flatmap(
            lambda name: st.tuples(st.just(name), damages(name))
        )

    def check(self, example: tuple[str, Damage]) -> None:
        """Use the files with one of them damaged; an error with a sentence is well."""
        name, damage = example
        (self.folder / name).write_bytes(damage(self.good[name]))
        try:
            with limited(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.target.use(self.folder)
        except DensecellError:
            pass
        finally:
            self._restore()

    def _restore(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.whole, self.folder)


@contextmanager
def limited() -> Iterator[None]:
    """Bound the time and the memory of what is done inside."""

    def end(*_: object) -> None:
        raise Hang(f"more than {LONGEST_S} s")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = psutil.Process().memory_info().vms + MOST_BYTES
    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> None:
    args = arguments()
    failed = False
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        names = args.only or list(TARGETS)
        model = (
            made_model(folder) if any(TARGETS[n].needs_model for n in names) else None
        )
        for target in names:
            fuzzed = Fuzzed(TARGETS[target], folder / target, model)
            count, failures = fuzz(fuzzed, 60 * args.minutes, args.seed)
            print(
                f"{target}: {count} examples in {args.minutes:g} minutes, "
                f"{len(failures)} failures",
                flush=True,
            )
            for line, (sentence, example) in failures.items():
                print(f"  {line}: {sentence}\n    {example}", flush=True)
            failed |= bool(failures)
    raise SystemExit(failed)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="for each target")
    parser.add_argument(
        "--only", action="append", choices=TARGETS, help="may be repeated"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="for files; dropped at the end")
    return parser.parse_args()


def made_model(folder: Path) -> Path:
    """Train a small model."""
    training = Train(folder / "inputs")
    training.prepare()
    training.begin(folder / "project")
    training.run(folder / "project")
    return folder / "project" / "models" / "soak"


def fuzz(
    fuzzed: Fuzzed, seconds: float, first: int
) -> tuple[int, dict[str, tuple[str, str]]]:
    """Try examples until the time is over; give their number and what failed where."""
    failures: dict[str, tuple[str, str]] = {}
    count, end, number = 0, time.monotonic() + seconds, first

    def tried(example: tuple[str, Damage]) -> None:
        nonlocal count
        if time.monotonic() > end:
            return
        count += 1
        try:
            fuzzed.check(example)
        except (Exception, Hang) as error:
            line, sentence = where(error)
            failures.setdefault(line, (sentence, repr(example)))

    while time.monotonic() < end:
        run = given(fuzzed.examples())(tried)
        seed(number)(settings(UNLIMITED, max_examples=ROUND)(run))()
        number += 1
    return count, failures


def where(error: BaseException) -> tuple[str, str]:
    """Last line of densecell that an error came through, and what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "densecell" in Path(f.filename).parts] or frames
    at = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    return at, f"{type(error).__name__}: {str(error)[:150]}"


if __name__ == "__main__":
    main()
