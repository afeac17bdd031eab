"""The members of an ensemble: the same settings from several seeds.

The paper's point: the same network ends anywhere between useless and good, by its seed
alone. So several are trained, hopeless ones are given up early, the best are kept.

.. [1] Guay et al. 2021, doi:10.1038/s41598-021-81590-0.
"""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from densecell.claim import claimed
from densecell.compute import Cluster, listed, result_of, usable_cores
from densecell.config import ProjectConfig, parse_settings
from densecell.disk import drop_partial
from densecell.errors import ClusterError
from densecell.training.data import Data, load_data
from densecell.training.freeze import (
    Extension,
    begun_members,
    extend_members,
    freeze_members,
)
from densecell.training.loop import Record, read_history
from densecell.training.member import (
    Outcome,
    Progress,
    Watch,
    load_member_settings,
    member_folder,
    train_one,
)
from densecell.training.origin import Origin

LOOK_EVERY_S = 2.0  # for news of members that are trained elsewhere


class Options(NamedTuple):
    """What a training may begin from, go on for, and tell."""

    origin: Origin | None = None  # begin from a model in place of random weights
    extension: Extension | None = None  # let finished members go on
    watch: Watch | None = None  # called after each validation, where it is trained


DEFAULTS = Options()


def train_members(
    project: ProjectConfig,
    data: Data,
    folder: Path,
    options: Options = DEFAULTS,
) -> Iterator[Progress]:
    """Train the project's members one after another; finished ones are passed over.

    Parameters
    ----------
    project
        Classes, network, training and number of members; an extension takes those
        there are.
    data
        Of `load_data`.
    folder
        Of the model; each member gets `member_NN` in it.
    options
        What else is asked for.

    Raises
    ------
    OutputError
        If the folder holds members of other settings, or none to extend, cannot be
        written, or another process trains there.
    """
    torch.set_num_threads(usable_cores())
    with claimed(folder):
        drop_partial(folder)
        project = _of_those_there(project, folder, options)
        _prepare_here(project, data, folder, options)
        for number in range(project.ensemble.members):
            yield from train_one(data, folder, number, watch=options.watch)


class Task(NamedTuple):
    """What a worker needs to know to train members of a project."""

    project: str  # as JSON
    root: Path
    folder: Path
    threads: int | None  # of a worker; none: all it may use
    options: Options


def train_on_cluster(
    project: ProjectConfig,
    root: Path,
    folder: Path,
    cluster: Cluster,
    *,
    threads: int | None = None,
    options: Options = DEFAULTS,
) -> Iterator[Progress]:
    """Train all members at once, one per worker; yield what their histories tell.

    Workers see `root` and `folder` under the same paths. One that is lost is replaced
    by another, which goes on from what is on the disk. A member that several have died
    over does not stop the others.

    Parameters
    ----------
    project, folder, options
        As in `train_members`; they are sent to the workers.
    root
        Folder of the project file.
    cluster
        The workers.
    threads
        Of each worker's computations; none: all cores that it may use.

    Raises
    ------
    OutputError
        As of `train_members`.
    ClusterError
        If members were lost with all workers that tried them, or the scheduler is lost;
        the same call goes on from what is on the disk.
    """
    where = root.absolute(), folder.absolute()
    with claimed(folder):
        drop_partial(folder)
        project = _of_those_there(project, folder, options)
        task = Task(project.model_dump_json(), *where, threads, options)
        yield from _trained_elsewhere(task, project.ensemble.members, cluster)
        drop_partial(folder)


def _trained_elsewhere(
    task: Task, members: int, cluster: Cluster
) -> Iterator[Progress]:
    result_of(cluster.executor.submit(_prepare, task))
    waiting = list(range(members))
    running: dict[Future[Outcome], int] = {}
    told: dict[int, int] = {}
    lost: list[str] = []
    while waiting or running:
        while waiting and len(running) < max(1, cluster.workers()):
            number = waiting.pop(0)
            running[cluster.executor.submit(_train, task, number)] = number
        done, _ = wait(running, timeout=LOOK_EVERY_S, return_when=FIRST_COMPLETED)
        for number in sorted(running.values()):
            yield from _news(task.folder, number, told)
        for future in sorted(done, key=running.__getitem__):
            number = running.pop(future)
            try:
                outcome = result_of(future)
            except ClusterError as error:
                lost.append(f"{member_folder(task.folder, number).name}: {error}")
                continue
            yield Progress(number, None, outcome)
    if lost:
        first = (
            f"{task.folder}: {len(lost)} of {members} members were lost; mend the "
            "cause and give the same command again, which goes on from what is there:"
        )
        raise ClusterError(listed(first, sorted(lost)))


def _prepare(task: Task) -> None:
    """Freeze the settings of all members, by a probe on the machine that trains."""
    project, data = _loaded(task.project, task.root)
    torch.set_num_threads(task.threads or usable_cores())
    _prepare_here(project, data, task.folder, task.options)


def _of_those_there(
    project: ProjectConfig, folder: Path, options: Options
) -> ProjectConfig:
    """Give the project with as many members as there are, if they are to go on."""
    if options.extension is None:
        return project
    there = {"members": len(begun_members(folder))}
    return project.model_copy(
        update={"ensemble": project.ensemble.model_copy(update=there)}
    )


def _prepare_here(
    project: ProjectConfig, data: Data, folder: Path, options: Options
) -> None:
    freeze_members(project, data, folder, origin=options.origin)
    if options.extension is not None:
        extend_members(data, folder, options.extension)


def _train(task: Task, number: int) -> Outcome:
    """Train one member to its end; a worker trains one at a time."""
    outcome = None
    with _TRAINING:
        _, data = _loaded(task.project, task.root)
        torch.set_num_threads(task.threads or usable_cores())
        for progress in train_one(data, task.folder, number, watch=task.options.watch):
            outcome = progress.outcome
    assert outcome is not None  # it is the last thing that is told
    return outcome


_TRAINING = threading.Lock()


@lru_cache(maxsize=1)
def _loaded(project: str, root: Path) -> tuple[ProjectConfig, Data]:
    settings = parse_settings(json.loads(project), ProjectConfig, where="project")
    return settings, load_data(settings, root)


def _news(folder: Path, number: int, told: dict[int, int]) -> Iterator[Progress]:
    """Yield what a member's history tells since it was last looked at."""
    member = member_folder(folder, number)
    steps = load_member_settings(member).spells[-1].until
    best = -1.0
    for line in read_history(member):
        best = max(best, line["miou_all"])
        if line["step"] > told.get(number, 0):
            told[number] = line["step"]
            record = Record(
                line["step"], steps, line["loss"], None, line["miou_all"], best
            )
            yield Progress(number, record, None)
