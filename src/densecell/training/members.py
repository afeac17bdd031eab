"""Train the members of an ensemble: the same settings with several seeds.

As the paper shows, the seed alone decides whether a network becomes useless or good. So
several are trained, hopeless ones are abandoned early, and the best are kept.

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

from densecell.claim import claimed, refuse_claimed
from densecell.compute import (
    Cluster,
    bulleted,
    connected,
    result_of,
    training_threads,
    usable_cores,
)
from densecell.config import ProjectConfig, parse_settings
from densecell.disk import drop_partial, remove
from densecell.errors import ClusterError, ConfigError
from densecell.training.data import Data, load_data
from densecell.training.loop import TrainingRecord, read_history
from densecell.training.member import (
    MemberOutcome,
    MemberProgress,
    Watch,
    load_member_settings,
    member_folder,
    train_one,
)
from densecell.training.origin import Origin
from densecell.training.resolve import (
    Extension,
    begun_members,
    extend_members,
    resolve_members,
)

POLL_EVERY_S = 2.0  # histories of members that are trained by workers


class TrainingOptions(NamedTuple):
    """Where a training starts, how far it is extended, who watches it."""

    origin: Origin | None = None  # start from a model instead of random weights
    extension: Extension | None = None  # train finished members further
    watch: Watch | None = None  # called after each validation, where it is trained


DEFAULTS = TrainingOptions()


def model_folder(project: ProjectConfig, root: Path, name: str | None = None) -> Path:
    """Folder of a model in its project; by default named by network and width."""
    network = project.network
    return root / "models" / (name or f"{network.name}-{network.width}")


def train_model(
    project: ProjectConfig,
    root: Path,
    folder: Path,
    *,
    where: str | None = None,
    options: TrainingOptions = DEFAULTS,
    overwrite: bool = False,
) -> Iterator[MemberProgress]:
    """Train the members here, one after another, or all at once on a cluster.

    Parameters
    ----------
    project, folder, options
        See `train_members`.
    root
        Folder of the project file.
    where
        Cluster to `connect` to; None: this process.
    overwrite
        Remove the model in `folder` first. A mistake in the data leaves it.

    Raises
    ------
    ConfigError
        If the model would start from itself, or the data cannot be used.
    OutputError
        If `folder` holds members of other settings.
    """
    data = load_data(project, root)
    origin = options.origin
    if origin is not None and folder.absolute() in origin.members[0].parents:
        raise ConfigError(f"{folder}: cannot start from itself; give another --name")
    if overwrite:
        refuse_claimed(folder)
        remove(folder)
    with connected(where) as workers:
        if workers is None:
            yield from train_members(project, data, folder, options)
        else:
            threads = training_threads(where)
            yield from train_on_cluster(
                project, root, folder, workers, threads=threads, options=options
            )


def train_members(
    project: ProjectConfig,
    data: Data,
    folder: Path,
    options: TrainingOptions = DEFAULTS,
) -> Iterator[MemberProgress]:
    """Train the project's members one after another; skip finished ones.

    Parameters
    ----------
    project
        Classes, network, training and number of members. An extension trains those
        that exist.
    data
        Labelled volumes, from `load_data`.
    folder
        Folder of the model; each member gets `member_NN` in it.
    options
        Origin, extension and a watcher.

    Raises
    ------
    OutputError
        If the folder holds members of other settings, or none to extend, cannot be
        written, or another process trains there.
    """
    torch.set_num_threads(usable_cores())
    with claimed(folder):
        drop_partial(folder)
        project = _with_existing_members(project, folder, options)
        _resolve(project, data, folder, options)
        for number in range(project.ensemble.members):
            yield from train_one(data, folder, number, watch=options.watch)


class Task(NamedTuple):
    """What a worker needs to train members of a project."""

    project: str  # as JSON
    root: Path
    folder: Path
    threads: int | None  # of a worker; none: all it may use
    options: TrainingOptions


def train_on_cluster(
    project: ProjectConfig,
    root: Path,
    folder: Path,
    cluster: Cluster,
    *,
    threads: int | None = None,
    options: TrainingOptions = DEFAULTS,
) -> Iterator[MemberProgress]:
    """Train all members at once, one per worker; yield progress from their histories.

    Workers must see `root` and `folder` under the same paths. If a worker is lost,
    another one continues its member from what is on disk. If several workers die over
    one member, the others are still trained.

    Parameters
    ----------
    project, folder, options
        Same as in `train_members`; they are sent to the workers.
    root
        Folder of the project file.
    cluster
        The workers.
    threads
        Threads of each worker; none: all cores that it may use.

    Raises
    ------
    OutputError
        If the folder cannot be used, as for `train_members`.
    ClusterError
        If all workers that tried a member were lost, or the scheduler was. The same
        call continues from what is on disk.
    """
    where = root.absolute(), folder.absolute()
    with claimed(folder):
        drop_partial(folder)
        project = _with_existing_members(project, folder, options)
        task = Task(project.model_dump_json(), *where, threads, options)
        yield from _train_by_workers(task, project.ensemble.members, cluster)
        drop_partial(folder)


def _train_by_workers(
    task: Task, members: int, cluster: Cluster
) -> Iterator[MemberProgress]:
    result_of(cluster.executor.submit(_resolve_by_worker, task))
    waiting = list(range(members))
    running: dict[Future[MemberOutcome], int] = {}
    reported: dict[int, int] = {}  # last step by member
    lost: list[str] = []
    while waiting or running:
        while waiting and len(running) < max(1, cluster.workers()):
            number = waiting.pop(0)
            running[cluster.executor.submit(_train, task, number)] = number
        done, _ = wait(running, timeout=POLL_EVERY_S, return_when=FIRST_COMPLETED)
        for number in sorted(running.values()):
            yield from _new_records(task.folder, number, reported)
        for future in sorted(done, key=running.__getitem__):
            number = running.pop(future)
            try:
                outcome = result_of(future)
            except ClusterError as error:
                lost.append(f"{member_folder(task.folder, number).name}: {error}")
                continue
            yield MemberProgress(number, None, outcome)
    if lost:
        first = (
            f"{task.folder}: {len(lost)} of {members} members were lost. Fix the cause "
            "and run the same command again, which continues from what is on disk:"
        )
        raise ClusterError(bulleted(first, sorted(lost)))


def _resolve_by_worker(task: Task) -> None:
    """Resolve the settings of all members, with a probe on the machine that trains."""
    project, data = _loaded(task.project, task.root)
    torch.set_num_threads(task.threads or usable_cores())
    _resolve(project, data, task.folder, task.options)


def _with_existing_members(
    project: ProjectConfig, folder: Path, options: TrainingOptions
) -> ProjectConfig:
    """Project with as many members as exist, if these are to be extended."""
    if options.extension is None:
        return project
    existing = {"members": len(begun_members(folder))}
    return project.model_copy(
        update={"ensemble": project.ensemble.model_copy(update=existing)}
    )


def _resolve(
    project: ProjectConfig, data: Data, folder: Path, options: TrainingOptions
) -> None:
    resolve_members(project, data, folder, origin=options.origin)
    if options.extension is not None:
        extend_members(data, folder, options.extension)


def _train(task: Task, number: int) -> MemberOutcome:
    """Train one member to its end; a worker trains one member at a time."""
    outcome = None
    with _TRAINING:
        _, data = _loaded(task.project, task.root)
        torch.set_num_threads(task.threads or usable_cores())
        for progress in train_one(data, task.folder, number, watch=task.options.watch):
            outcome = progress.outcome
    assert outcome is not None  # the last progress has one
    return outcome


_TRAINING = threading.Lock()


@lru_cache(maxsize=1)
def _loaded(project: str, root: Path) -> tuple[ProjectConfig, Data]:
    settings = parse_settings(json.loads(project), ProjectConfig, where="project")
    return settings, load_data(settings, root)


def _new_records(
    folder: Path, number: int, reported: dict[int, int]
) -> Iterator[MemberProgress]:
    """Yield the validations of a member that were not reported yet."""
    member = member_folder(folder, number)
    steps = load_member_settings(member).phases[-1].end
    best = -1.0
    for line in read_history(member):
        best = max(best, line["miou_all"])
        if line["step"] > reported.get(number, 0):
            reported[number] = line["step"]
            record = TrainingRecord(
                line["step"], steps, line["loss"], None, line["miou_all"], best
            )
            yield MemberProgress(number, record, None)
