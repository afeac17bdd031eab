"""Numbered blocks of work, each tried three times, in threads or on a cluster.

A block that fails does not stop the others. What no other block could survive either
(a full disk, a place that may not be written to) stops everything at once.
"""

import errno
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from densecell.compute.lost import result_of
from densecell.disk import not_writable
from densecell.errors import (
    BlocksFailedError,
    ClusterError,
    DensecellError,
    OutputError,
)

TRIES = 3
AT_ONCE = 2  # blocks of one process: one is computed, another read or written
HOPELESS = 10  # when so many fail before one succeeds, all will
SHOWN = 10  # failures that an error names
FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}

Work = Callable[[int], None]


class Outcome(NamedTuple):
    """What became of a block."""

    number: int
    error: str | None = None  # none: it is finished


def run_blocks(
    work: Work,
    numbers: Sequence[int],
    *,
    place: Path,
    executor: Executor | None = None,
    at_once: Callable[[], int] = lambda: AT_ONCE,
) -> Iterator[Outcome]:
    """Call `work` for every number; yield what became of each as it ends.

    Parameters
    ----------
    work
        Is called with one number. Safe for threads; for a cluster also picklable.
    numbers
        Numbers of the blocks. Any order gives the same result.
    place
        Folder that they write to.
    executor
        What runs them; none: two threads of this process.
    at_once
        How many blocks may be under way; asked again whenever one ends.

    Raises
    ------
    OutputError
        If the place to write to is full or may not be written to.
    BlocksFailedError
        If the first ten blocks fail, or all of fewer.
    """
    if executor is None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="block") as threads:
            yield from run_blocks(
                work, numbers, place=place, executor=threads, at_once=at_once
            )
        return
    waiting, failures, finished = iter(numbers), 0, 0
    running: dict[Future[Outcome], int] = {}
    try:
        while True:
            room = max(1, at_once()) - len(running)
            for number in islice(waiting, max(0, room)):
                running[executor.submit(attempt, work, number, place)] = number
            if not running:
                return
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=running.__getitem__):
                outcome = _outcome(future, running.pop(future))
                failures += outcome.error is not None
                finished += outcome.error is None
                yield outcome
            if not finished and failures >= min(HOPELESS, len(numbers)) > 1:
                raise BlocksFailedError(
                    f"the first {failures} blocks failed, each {TRIES} times, so the "
                    f"cause lies elsewhere; the last one: {outcome.error}"
                )
    finally:
        for future in running:
            future.cancel()


def attempt(work: Work, number: int, place: Path) -> Outcome:
    """Do one block, three times if need be; an error becomes a sentence."""
    for _ in range(TRIES):
        try:
            work(number)
            return Outcome(number)
        except OSError as error:
            if error.errno in FATAL:
                if isinstance(error, OutputError):  # which names the place
                    raise
                raise not_writable(place, error) from None
            last: Exception = error
        except Exception as error:
            last = error
    return Outcome(number, _sentence(last))


def bulleted(first: str, failures: Sequence[str]) -> str:
    """A sentence, and what failed below it: at most ten lines."""
    lines = [f"  {line}" for line in failures[:SHOWN]]
    more = [f"  and {len(failures) - SHOWN} more"] if len(failures) > SHOWN else []
    return "\n".join([first, *lines, *more])


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if not isinstance(error, DensecellError | OSError):
        text = f"{type(error).__name__}: {text}"
    return f"{text} (on {socket.gethostname()})"


def _outcome(future: "Future[Outcome]", number: int) -> Outcome:
    """Outcome of a block, also if its worker is lost."""
    try:
        return result_of(future)
    except OutputError:
        raise
    except ClusterError as error:
        return Outcome(number, str(error))
    except Exception as error:  # whatever else a scheduler says
        return Outcome(number, _sentence(error))
