"""Why a place cannot be written to, in words; and what killed writers left there."""

import errno
import os
import shutil
from pathlib import Path

from densecell.errors import OutputError

PARTIAL = ".partial"  # is in the name of whatever is being written
FULL = {errno.ENOSPC, errno.EDQUOT}


def not_writable(path: Path, error: OSError) -> OutputError:
    """Word why `path` cannot be written, where it lies on, and what to do."""
    reason = error.strerror or str(error)
    if error.filename and not _is_near(Path(os.fsdecode(error.filename)), path):
        reason = f"{reason}: {os.fsdecode(error.filename)}"
    if error.errno in FULL:
        what = f"{reason}: {_room(path)}"
        remedy = "make room there, and give the same command again"
    else:
        what, remedy = reason, "choose another place"
    worded = OutputError(f"{path}: cannot be written ({what}); {remedy}")
    worded.errno = error.errno
    return worded


def flush(path: Path) -> None:
    """See a written file to the disk, before it is renamed or told of."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def drop_partial(folder: Path) -> None:
    """Remove what killed writers left in a folder that nobody else works on."""
    for path in [*folder.rglob(f"*{PARTIAL}*")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _is_near(file: Path, path: Path) -> bool:
    """Tell whether naming `path` says where `file` is."""
    return file.absolute().is_relative_to(path.absolute().parent)


def _room(path: Path) -> str:
    """Say how much room is left on the disk that holds a path."""
    there = next(p for p in path.absolute().parents if p.exists())
    mount = next(p for p in (there, *there.parents) if os.path.ismount(p))
    usage = shutil.disk_usage(there)
    return f"{usage.free / 1e6:.0f} of {usage.total / 1e6:.0f} MB free on {mount}"
