"""Replaces a set of files of a result as one, whatever kills it under way.

::

    edits/12/after/...    new files, written here first
    edits/12/plan.json    from now on the change will be finished, by whoever comes next
    edits/12/before/...   the files that were there, to be put back by `undo`
    edits/12/done         all new files are in place

Without a plan, what a killed process left is removed. With one, it is finished.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ValidationError

from densecell.disk import PARTIAL, drop_partial, flush, remove, written_aside
from densecell.errors import OutputError
from densecell.result.layout import EDITS_FOLDER
from densecell.settings import write_text

PLAN, UNDO, DONE = "plan.json", "undo.json", "done"


class Plan(BaseModel, frozen=True, extra="forbid"):
    """What a change does, by names from the folder of the result."""

    replaced: tuple[str, ...]  # there before; put back by `undo`
    created: tuple[str, ...]  # not there before; removed by `undo`
    removed: tuple[str, ...]


class Transaction:
    """A change of a result that is being prepared.

    Parameters
    ----------
    result
        Folder of the result, which this process has claimed.
    number
        Number of the correction.
    """

    def __init__(self, result: Path, number: int) -> None:
        self.result, self.folder = result, folder_of(result, number)
        self._removed: list[str] = []
        remove(self.folder)

    def staged(self, name: str) -> Path:
        """Where to write the new file of a name."""
        path = self.folder / "after" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def drop(self, name: str) -> None:
        """Remove a file, if it is there."""
        if (self.result / name).is_file():
            self._removed.append(name)

    def written(self) -> dict[str, Path]:
        """New files by name, where they are now."""
        after = self.folder / "after"
        return {name: after / name for name in _names(after)}

    @property
    def removed(self) -> tuple[str, ...]:
        """Names of the files that go."""
        return tuple(self._removed)

    def commit(self) -> None:
        """Put all new files into place; a kill from now on only delays that."""
        names = self.written()
        for file in names.values():
            flush(file)
        there = {name for name in names if (self.result / name).exists()}
        plan = Plan(
            replaced=tuple(name for name in names if name in there),
            created=tuple(name for name in names if name not in there),
            removed=tuple(self._removed),
        )
        write_text(self.folder / PLAN, plan.model_dump_json(indent=1))
        _finish(self.result, self.folder)

    def abandon(self) -> None:
        """Remove what was prepared; nothing has changed."""
        remove(self.folder)


def folder_of(result: Path, number: int) -> Path:
    """Folder of a correction."""
    return result / EDITS_FOLDER / str(number)


def recover(result: Path) -> None:
    """Finish changes that a killed process had decided on; drop the others.

    The result must be claimed.
    """
    drop_partial(result / EDITS_FOLDER)
    for folder in _folders(result):
        if (folder / UNDO).is_file():
            _put_back(result, folder)
        elif (folder / PLAN).is_file():
            if not (folder / DONE).is_file():
                _finish(result, folder)
        else:
            remove(folder)


def is_pending(result: Path) -> bool:
    """Whether a killed process has left a change undone or half done."""
    return any(
        (folder / UNDO).is_file() or not (folder / DONE).is_file()
        for folder in _folders(result)
    )


def undo_files(result: Path, number: int, journal: tuple[str, str]) -> None:
    """Put back the files that a correction replaced, and forget what it wrote.

    Parameters
    ----------
    journal
        Name and new text of the journal, which changes with them.
    """
    folder = folder_of(result, number)
    if not (folder / DONE).is_file():
        raise OutputError(
            f"{folder}: is missing or incomplete, so correction {number} cannot be "
            "undone. Put the folder back from a copy"
        )
    name, text = journal
    write_text(folder / "journal" / name, text)
    write_text(folder / UNDO, "{}")
    _put_back(result, folder)


def _finish(result: Path, folder: Path) -> None:
    plan = _read(folder)
    for name in plan.removed:
        if (result / name).exists():
            _keep(result / name, folder / "before" / name)
            (result / name).unlink()
            _drop_empty((result / name).parent, result)
    for name in (*plan.replaced, *plan.created):
        after = folder / "after" / name
        if not after.exists():
            continue  # it is in place already
        if name in plan.replaced:
            _keep(result / name, folder / "before" / name)
        (result / name).parent.mkdir(parents=True, exist_ok=True)
        after.replace(result / name)
    write_text(folder / DONE, "")
    remove(folder / "after")


def _keep(path: Path, before: Path) -> None:
    """Keep a file under another name; the old name stays until it is replaced."""
    if before.exists():
        return
    before.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, before)
    except OSError:  # no links on this file system
        with written_aside(before) as aside:
            shutil.copy2(path, aside)


def _put_back(result: Path, folder: Path) -> None:
    plan = _read(folder)
    for name in (*plan.replaced, *plan.removed):
        before = folder / "before" / name
        if before.exists():
            (result / name).parent.mkdir(parents=True, exist_ok=True)
            before.replace(result / name)
    for name in plan.created:
        (result / name).unlink(missing_ok=True)
        _drop_empty((result / name).parent, result)
    for name in _names(folder / "journal"):
        (folder / "journal" / name).replace(result / name)
    # Renamed first: of a folder that is removed in part, a plan could be left.
    gone = folder.with_name(f".{folder.name}{PARTIAL}")
    folder.rename(gone)
    remove(gone)
    _drop_empty(folder.parent, result)


def _drop_empty(folder: Path, result: Path) -> None:
    """Remove a folder and those around it, as far as they are empty."""
    while folder != result and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _read(folder: Path) -> Plan:
    try:
        return Plan.model_validate_json((folder / PLAN).read_bytes())
    except (OSError, ValidationError) as error:
        raise OutputError(
            f"{folder / PLAN}: cannot be read ({' '.join(str(error).split())}). Put it "
            "back from a copy: the correction is half done"
        ) from None


def _names(folder: Path) -> Iterable[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def _folders(result: Path) -> list[Path]:
    """Folders of corrections, the oldest first."""
    found = (result / EDITS_FOLDER).glob("*")
    numbered = [path for path in found if path.name.isdecimal()]
    return sorted(numbered, key=lambda path: int(path.name))
