"""How a command ends when it is stopped, or fails in a way that nobody expected."""

import os
import platform
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

OF_SIGNALS = 128  # plus the signal's number: the exit code that shells expect
STOPPING = ("SIGTERM", "SIGHUP")  # SIGHUP: a closed terminal; not on Windows


@contextmanager
def interrupted_by_signals() -> Iterator[list[int]]:
    """Let SIGTERM and SIGHUP stop a command as Ctrl-C does.

    Yields a list that gets the number of the signal. One that is ignored, as under
    `nohup`, stays so. Processes that are forked from this one die of the signal.
    """
    received: list[int] = []
    owner = os.getpid()

    def stop(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        received.append(number)
        raise KeyboardInterrupt

    before = {}
    for name in STOPPING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, stop)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def unexpected(error: Exception, words: list[str]) -> str:
    """One line on an error that no part of the program has worded.

    The traceback goes into a file, whose place the line names.
    """
    if isinstance(error, MemoryError):
        return (
            "not enough memory; close other programs, or compute a smaller part "
            f"(--box, --max-memory){_kept(error, words)}"
        )
    if isinstance(error, OSError) and error.strerror:
        file = f"{_short(error.filename)}: " if error.filename else ""
        return f"{file}{error.strerror}{_kept(error, words)}"
    first = " ".join(str(error).split()) or "no message"
    return (
        f"unexpected {type(error).__name__}: {_short(first)}. This is a fault of "
        f"densecell: please report it with the command{_kept(error, words)}"
    )


def _kept(error: Exception, words: list[str]) -> str:
    """Write the traceback to a file of its own, and say where it is."""
    text = "".join(traceback.format_exception(error))
    about = f"densecell {' '.join(words)}\nPython {platform.python_version()}, "
    about += f"{platform.platform()}\n\n"
    moment = time.strftime("%Y%m%d-%H%M%S")
    try:
        path = Path(tempfile.gettempdir()) / f"densecell-{moment}-{os.getpid()}.log"
        with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(about + text)
    except OSError:
        return "; `densecell --debug ...` shows where"
    return f" (details: {path})"


def _short(text: object, most: int = 200) -> str:
    """A text that fits a line, and that every terminal can print."""
    plain = os.fsdecode(text) if isinstance(text, bytes) else str(text)
    plain = plain.encode(sys.getdefaultencoding(), "backslashreplace").decode()
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."
