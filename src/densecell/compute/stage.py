"""A stage of resumable work: numbered blocks, each marked on disk once it is finished.

::

    settings -> begin_or_resume -> Stage.waiting -> Stage.run -> a mark for each block
                      ^                                |
                      +------- the same command -------+  after any kill

A killed run continues with the blocks that have no mark, and ends with the same bytes.
"""

import importlib.metadata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, update_wrapper
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from pydantic import BaseModel

from densecell import __version__
from densecell.compute.blocks import Work, bulleted, run_blocks
from densecell.compute.cluster import Cluster
from densecell.errors import BlocksFailedError, OutputError
from densecell.settings import load_settings, save_settings

Settings = TypeVar("Settings", bound=BaseModel)
Loaded = TypeVar("Loaded")
Key = TypeVarTuple("Key")
ReportProgress = Callable[[int, int], None]  # called with what is done, and the total


class Progress(NamedTuple):
    """How far a stage is, counted in voxels, blocks or objects."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Stage:
    """Numbered blocks of one kind of work for one output.

    Parameters
    ----------
    folder
        Holds the marks of finished blocks.
    count
        Number of blocks.
    suffix
        Suffix of the marks. What a mark contains is up to the work that writes it.
    """

    folder: Path
    count: int
    suffix: str = ".json"

    def mark(self, number: int) -> Path:
        """File that exists once a block is finished."""
        return self.folder / f"{number:06d}{self.suffix}"

    def waiting(self) -> list[int]:
        """Numbers of the blocks that have no mark yet."""
        return [n for n in range(self.count) if not self.mark(n).exists()]

    def run(
        self,
        work: Work,
        *,
        place: Path,
        cluster: Cluster | None = None,
        describe: Callable[[int], str] = lambda number: f"block {number}",
    ) -> Iterator[int]:
        """Do the work of every waiting block; yield the number of each as it ends.

        Parameters
        ----------
        work
            Computes and marks the block of a given number. Must be safe to call from
            two threads; for a cluster it must also be picklable.
        place
            Folder that the work writes to, named in errors.
        cluster
            Workers; none: two threads of this process.
        describe
            Names a block in errors.

        Raises
        ------
        BlocksFailedError
            If blocks failed three times each. Raised after all others are finished.
        OutputError
            If `place` is full or read-only.
        """
        numbers = self.waiting()
        if not numbers:
            return
        if cluster is None:
            outcomes = run_blocks(work, numbers, place=place)
        else:
            outcomes = run_blocks(
                work,
                numbers,
                place=place,
                executor=cluster.executor,
                at_once=cluster.at_once,
            )
        failed: dict[int, str] = {}
        for outcome in outcomes:
            if outcome.error is None:
                yield outcome.number
            else:
                failed[outcome.number] = outcome.error
        if failed:
            raise BlocksFailedError(
                bulleted(
                    f"{place}: {len(failed)} of {self.count} blocks failed, the others "
                    "are finished. Fix the cause and run the same command again:",
                    [f"{describe(n)}: {failed[n]}" for n in sorted(failed)],
                )
            )


def begin_or_resume(
    path: Path,
    kind: type[Settings],
    *,
    resolve: Callable[[], Settings],
    check: Callable[[Settings], None],
) -> Settings:
    """Settings of an output: those it was begun with, or new ones, which are saved.

    Parameters
    ----------
    path
        YAML file with the settings of an earlier start, if there was one.
    kind
        Model of that file.
    resolve
        Settles everything that the bytes of the output depend on. Called at the first
        start only: it may measure, which a resume must never do again.
    check
        Refuses an earlier start that the present command does not fit.
    """
    if path.exists():
        then = load_settings(path, kind)
        check(then)
        return then
    now = resolve()
    save_settings(now, path)
    return now


def check_same(
    then: BaseModel | Mapping[str, object],
    now: BaseModel | Mapping[str, object],
    *,
    place: Path,
    remedy: str,
    ignore: Collection[str] = (),
) -> None:
    """Refuse to continue an output that was begun with other settings.

    Parameters
    ----------
    then, now
        Settings of the first start and of this command, with the same names.
    place
        The output.
    remedy
        What the user can do.
    ignore
        Names, dotted where nested, that may differ.

    Raises
    ------
    OutputError
        Names the first setting that differs, with both values.
    """
    if (found := first_difference(then, now, ignore=ignore)) is not None:
        name, was, wanted = found
        raise OutputError(
            f"{place}: was begun with {name} {_short(was)}, now asked for "
            f"{_short(wanted)}; {remedy}"
        )


def first_difference(
    then: object, now: object, *, name: str = "", ignore: Collection[str] = ()
) -> tuple[str, object, object] | None:
    """First value that differs between nested settings: its dotted name, both values.

    Examples
    --------
    >>> first_difference({"loss": {"dice": 1, "l2": 0}}, {"loss": {"dice": 2, "l2": 0}})
    ('loss.dice', 1, 2)
    """
    if then == now or name in ignore:
        return None
    old, new = _fields(then), _fields(now)
    if old is None or new is None or old.keys() != new.keys():
        return name, then, now
    for key, value in old.items():
        inner = f"{name}.{key}" if name else key
        if found := first_difference(value, new[key], name=inner, ignore=ignore):
            return found
    return None


def once_per_process(
    frozen: str, *, keep: int = 1
) -> Callable[[Callable[[Path, *Key], Loaded]], Callable[[Path, *Key], Loaded]]:
    """Let a function of an output folder load once per process, then serve from memory.

    A worker may outlive a run, and another run may be begun in the same folder: what
    was loaded is used again only while the file `frozen` in the folder stays the same.
    Two threads never load at once.

    Parameters
    ----------
    frozen
        Path from the output folder to the settings that the output was begun with.
    keep
        How many results stay in memory.
    """

    def decorate(
        load: Callable[[Path, *Key], Loaded],
    ) -> Callable[[Path, *Key], Loaded]:
        lock = Lock()

        @lru_cache(maxsize=keep)
        def kept(begun_as: bytes, *args: Any) -> Loaded:
            return load(*args)

        def loaded(out: Path, *args: *Key) -> Loaded:
            begun_as = (out / frozen).read_bytes()
            with lock:
                return kept(begun_as, out, *args)

        update_wrapper(loaded, load)
        return loaded

    return decorate


def versions(*packages: str) -> dict[str, str]:
    """Versions of densecell and of the packages that made an output."""
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"densecell": __version__, **found}


def _fields(value: object) -> Mapping[str, object] | None:
    """Named parts of nested settings; none for a plain value."""
    if isinstance(value, BaseModel):
        return dict(value)
    return value if isinstance(value, Mapping) else None


def _short(value: object) -> str:
    return " ".join(str(value).split())
