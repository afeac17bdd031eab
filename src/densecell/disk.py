"""Write outputs aside and rename them; say in words why a place cannot be written."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any

from densecell.errors import DensecellError, OutputError

PARTIAL = ".partial"  # in the name of everything that is being written
FULL = {errno.ENOSPC, errno.EDQUOT}
ALMOST_FULL = 1_000_000  # bytes; libraries that write in C do not say why they fail


def not_writable(path: Path, error: OSError) -> OutputError:
    """Error that says why `path` cannot be written, and what to do."""
    reason = error.strerror or " ".join(str(error).split())
    if error.filename and not _is_near(Path(os.fsdecode(error.filename)), path):
        reason = f"{reason}: {os.fsdecode(error.filename)}"
    number = error.errno
    if number is None and (
        os.strerror(errno.ENOSPC) in str(error) or _usage(path).free < ALMOST_FULL
    ):
        number = errno.ENOSPC
    if number in FULL:
        what = f"{os.strerror(number)}: {_room(path)}"
        remedy = "make room there, and give the same command again"
    else:
        what, remedy = reason, "choose another place"
    worded = OutputError(f"{path}: cannot be written ({what}); {remedy}")
    worded.errno = number
    return worded


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says while `path` is written into an error for the user.

    Raises
    ------
    OutputError
        The error of `not_writable`.
    """
    try:
        yield
    except DensecellError:  # worded where it happened
        raise
    except OSError as error:
        raise not_writable(path, error) from None


def reserve(path: Path, size: int) -> None:
    """Reserve room for a file before memory is mapped to it, or fail at once.

    Otherwise a disk that fills up would kill the process without a message.
    """
    if _usage(path).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with path.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):  # not on macOS and Windows
            os.posix_fallocate(file.fileno(), 0, size)


def flush(path: Path) -> None:
    """Write to the disk what the system still holds of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def written_aside(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the same folder, which becomes `path` on success.

    Whoever reads `path` sees the old output or the new one, never a half. After an
    error the old output is still there, and nothing else. A file is flushed before it
    is renamed; it never replaces a folder.

    Raises
    ------
    OutputError
        If `path` exists and `overwrite` is false, or the folder is not writable.
    """
    check_free(path, overwrite=overwrite)
    aside = path.with_name(f".{path.name}{PARTIAL}-{os.getpid()}-{get_ident()}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(aside)
        try:
            yield aside
            check_free(path, overwrite=overwrite)  # others may have been faster
            if aside.is_file():
                flush(aside)
            _replace(aside, path)
        finally:
            remove(aside)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that is taken, unless it may be overwritten."""
    taken = path.is_symlink() or path.exists()
    if taken and not overwrite and not is_empty_folder(path):
        raise OutputError(f"{path}: exists; choose another place or pass --overwrite")


def is_empty_folder(path: Path) -> bool:
    """Whether `path` is a folder with nothing in it."""
    return path.is_dir() and not any(path.iterdir())


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def drop_partial(folder: Path) -> None:
    """Remove what killed writers left in a folder. Nobody else may work on it."""
    for path in [*folder.rglob(f"*{PARTIAL}*")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _is_near(file: Path, path: Path) -> bool:
    """Whether a message that names `path` also says where `file` is."""
    return file.absolute().is_relative_to(path.absolute().parent)


def _usage(path: Path) -> Any:
    return shutil.disk_usage(next(p for p in path.absolute().parents if p.exists()))


def _room(path: Path) -> str:
    """Room that is left on the disk of a path, in words."""
    mount = next(p for p in path.absolute().parents if os.path.ismount(p))
    usage = _usage(path)
    return f"{usage.free / 1e6:.0f} of {usage.total / 1e6:.0f} MB free on {mount}"


def _replace(aside: Path, path: Path) -> None:
    """Rename to `path`, in place of what is there; a folder takes two steps."""
    if not (aside.is_dir() or is_empty_folder(path)):
        aside.replace(path)
        return
    old = path.with_name(f".{path.name}.old-{os.getpid()}")
    if path.exists():
        path.rename(old)
    aside.rename(path)
    remove(old)
