"""Let one process at a time work on an output, and refuse others while it does.

The claim is a lock of the operating system on a file. It ends with its process, even
when that is killed. Some network file systems know no locks; there, nothing is refused.
"""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from densecell.disk import not_writable
from densecell.errors import OutputError

LOCK = ".lock"
NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep other processes from working on a folder, which is made if necessary.

    Raises
    ------
    OutputError
        If another process works on it, or it cannot be written.
    """
    path, is_new = folder / LOCK, not folder.exists()
    lock = FileLock(path, thread_local=False, fallback_to_soft=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(
            f"{folder}: another densecell works on it ({_holder(path)}); wait until it "
            "has ended, or choose another place"
        ) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise not_writable(folder, error) from None
    try:
        _sign(path)
        yield
    finally:
        with suppress(OSError):  # Windows removes no file that is open
            path.unlink(missing_ok=True)
            if is_new:
                folder.rmdir()  # unless something was written there
        lock.release()


def refuse_claimed(folder: Path) -> None:
    """Refuse to change a folder that another process works on.

    Raises
    ------
    OutputError
        If another process works on it.
    """
    if folder.is_dir():
        with claimed(folder):
            pass


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing but a claim."""
    return all(path.name == LOCK for path in folder.iterdir())


def _sign(path: Path) -> None:
    """Write who holds the lock, for the message to those who are refused."""
    with suppress(OSError):  # a full disk, or a region that Windows has locked
        path.write_text(f"process {os.getpid()} on {socket.gethostname()}")


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") or "it has just begun"
    except (OSError, UnicodeDecodeError):
        return "it does not say which"
