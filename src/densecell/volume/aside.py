"""Write outputs beside their place and put them there whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from densecell.disk import PARTIAL, flush, writing
from densecell.errors import OutputError


@contextmanager
def written_aside(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Lend a temporary path in the same folder; rename it to `path` on success.

    Whoever reads `path` sees the old output or the new one, never a half. After an
    error nothing is left behind and what was there before still is. A file is flushed
    before it is renamed.

    Raises
    ------
    OutputError
        If `path` exists and `overwrite` is false, or the folder is not writable.
    """
    check_free(path, overwrite=overwrite)
    aside = path.with_name(f".{path.name}{PARTIAL}-{os.getpid()}")
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
    """Tell whether `path` is a folder with nothing in it."""
    return path.is_dir() and not any(path.iterdir())


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _replace(aside: Path, path: Path) -> None:
    """Rename over what is there; a folder cannot be renamed over in one step."""
    if not path.is_dir() and not aside.is_dir():
        aside.replace(path)
        return
    old = path.with_name(f".{path.name}.old-{os.getpid()}")
    if path.exists():
        path.rename(old)
    aside.rename(path)
    remove(old)
