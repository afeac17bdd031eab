"""Peak of the memory that a process and its children take while a block runs."""

import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

EVERY_S = 0.005


def trim_memory() -> None:
    """Return freed memory to the system, if the C library can (glibc).

    Otherwise what is taken next may fill the gaps, and goes unseen.
    """
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


class Peak:
    """Resident bytes: at the beginning, and at most so far."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.start = self.most = self.now()

    @property
    def grown(self) -> int:
        """By how much it grew at most."""
        return self.most - self.start

    def now(self) -> int:
        """Add up the process and its children."""
        total = 0
        with suppress(psutil.Error):
            for process in (self._process, *self._process.children(recursive=True)):
                with suppress(psutil.Error):  # ended meanwhile
                    total += process.memory_info().rss
        return total

    def look(self) -> None:
        """Note what is taken now."""
        self.most = max(self.most, self.now())


@contextmanager
def watched_memory(
    pid: int | None = None, *, every_s: float = EVERY_S
) -> Iterator[Peak]:
    """Watch the memory of a process and its children while the block runs.

    Parameters
    ----------
    pid
        Whose; none: this process.
    every_s
        Between two looks.
    """
    peak, over = Peak(psutil.Process(pid)), threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            peak.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()
        peak.look()
