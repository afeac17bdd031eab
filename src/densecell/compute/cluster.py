"""Other processes and machines to compute on, through dask.

Nothing here knows what is computed: workers get a function and a number, and find all
else on the disk that they share with this process.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from densecell.compute.blocks import AT_ONCE
from densecell.compute.lost import scheduler_lost
from densecell.compute.machine import usable_cores
from densecell.errors import ConfigError, MissingExtraError
from densecell.settings import read_yaml

ANSWER_S = 10  # how long a scheduler may take to answer
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
SYSTEMS = {"slurm": "SLURMCluster"}


class Cluster(NamedTuple):
    """Workers that are there, or will be."""

    executor: Executor
    workers: Callable[[], int]  # raises a ClusterError when the scheduler is lost
    note: str  # for the user

    def at_once(self) -> int:
        """Count the blocks that may be under way: some wait where workers come."""
        return (AT_ONCE + 1) * max(1, self.workers())


class ClusterFile(NamedTuple):
    """What a cluster's YAML asks for."""

    system: str
    jobs: int
    settings: dict[str, Any]  # of dask-jobqueue


@contextmanager
def connect(where: str) -> Iterator[Cluster]:
    """Connect to workers, or start them; they end with the block of `with`.

    Parameters
    ----------
    where
        `local:N` for N processes on this machine; the address of a running dask
        scheduler, for example `tcp://node1:8786`; or a YAML file for SLURM.

    Raises
    ------
    ConfigError
        If it is none of these, the file is wrong, or no scheduler answers.
    MissingExtraError
        If dask is not installed.
    """
    distributed = _imported("distributed")
    with _made(where) as (cluster, note), _client(distributed, where, cluster) as at:

        def workers() -> int:
            told = at.scheduler_info(n_workers=-1)
            if "workers" not in told:  # nobody has answered
                raise scheduler_lost()
            return len(told["workers"])

        yield Cluster(at.get_executor(pure=False), workers, note)


@contextmanager
def connected(where: str | None) -> Iterator[Cluster | None]:
    """Connect as `connect` does, or to nothing."""
    if where is None:
        yield None
    else:
        with connect(where) as cluster:
            yield cluster


def workers_asked_for(where: str | None) -> int:
    """Count the processes on this machine that share its memory."""
    return _local(where) if where and where.startswith("local") else 1


def threads_per_worker(where: str | None) -> int | None:
    """Count the cores of a worker of a batch system; none: as many as here."""
    if where and _is_file(where):
        settings = read_cluster_file(Path(where)).settings
        return max(1, int(settings["cores"]) // int(settings.get("processes", 1)))
    return None


def training_threads(where: str | None) -> int | None:
    """Count the cores of a worker that trains alone; none: all that it may use."""
    if where and where.startswith("local"):
        return max(1, usable_cores() // _local(where))
    return threads_per_worker(where)


def memory_per_worker(where: str | None) -> int | None:
    """Count the bytes of a worker of a batch system; none: it is not known."""
    if where and _is_file(where):
        settings = read_cluster_file(Path(where)).settings
        total: int = _imported("dask.utils").parse_bytes(settings["memory"])
        return total // int(settings.get("processes", 1))
    return None


def read_cluster_file(path: Path) -> ClusterFile:
    """Read `slurm: {jobs: 10, cores: 8, memory: 32GB, ...}`.

    Raises
    ------
    ConfigError
        If the file is missing, or says something else.
    """
    values = read_yaml(path)
    if not isinstance(values, Mapping) or list(values) not in [[s] for s in SYSTEMS]:
        raise ConfigError(
            f"{path}: expected one entry, `slurm:`, with the settings of its jobs; "
            "see docs/cluster.md"
        )
    ((system, settings),) = values.items()
    needed = {"jobs", "cores", "memory"}
    if not isinstance(settings, Mapping) or not needed <= set(settings):
        raise ConfigError(
            f"{path}: {system} needs at least jobs, cores and memory, for example "
            "jobs: 10, cores: 8, memory: 32GB"
        )
    rest = dict(settings)
    jobs = rest.pop("jobs")
    if not isinstance(jobs, int) or jobs < 1:
        raise ConfigError(f"{path}: jobs must be a whole number from 1, got {jobs!r}")
    return ClusterFile(system, jobs, rest)


def job_cluster(file: ClusterFile) -> Any:
    """Make the cluster of a batch system; no job is submitted yet."""
    jobqueue = _imported("dask_jobqueue")
    defaults = {
        "processes": 1,
        "death_timeout": 600,  # seconds without a scheduler after which a job ends
        "worker_extra_args": ["--nthreads", str(AT_ONCE)],
    }
    try:
        return getattr(jobqueue, SYSTEMS[file.system])(**defaults | file.settings)
    except (TypeError, ValueError) as error:
        text = " ".join(str(error).split())
        raise ConfigError(
            f"cluster file: {file.system} refuses its settings: {text}"
        ) from None


@contextmanager
def _made(where: str) -> Iterator[tuple[Any, str]]:
    """Start what `where` asks for; an address needs nothing."""
    if _is_file(where):
        file = read_cluster_file(Path(where))
        with job_cluster(file) as cluster:
            cluster.scale(jobs=file.jobs)
            yield cluster, f"{file.jobs} jobs submitted to {file.system}"
    elif where.startswith("local"):
        count = _local(where)
        with _local_cluster(count) as cluster:
            yield cluster, f"{count} processes on this machine"
    elif ":" in where:
        yield where, f"scheduler {where}"
    else:
        raise ConfigError(
            f"--cluster {where}: expected local:N, the address of a dask scheduler "
            "(tcp://HOST:PORT), or a YAML file; see docs/cluster.md"
        )


def _local_cluster(count: int) -> Any:
    with _unchanged_environment():
        return _imported("distributed").LocalCluster(
            n_workers=count,
            threads_per_worker=AT_ONCE,
            memory_limit=0,  # densecell bounds its memory itself
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        )


@contextmanager
def _client(distributed: Any, where: str, cluster: Any) -> Iterator[Any]:
    try:
        client = distributed.Client(cluster, timeout=ANSWER_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(
            f"--cluster {where}: no dask scheduler answers there within {ANSWER_S} s "
            f"({' '.join(str(error).split())}); start one with `dask scheduler`"
        ) from None
    with client:
        yield client


@contextmanager
def _unchanged_environment() -> Iterator[None]:
    """Undo what dask's local cluster leaves behind: it would slow torch down here."""
    before = {name: os.environ.get(name) for name in THREADS}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _is_file(where: str) -> bool:
    return where.endswith((".yaml", ".yml"))


def _local(where: str) -> int:
    _, _, count = where.partition(":")
    if not count.isdecimal() or int(count) < 1:
        raise ConfigError(f"--cluster {where}: expected local:N with N from 1")
    return int(count)


def _imported(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError(
            f"--cluster needs {name}, which is not installed; "
            "pip install 'densecell[cluster]'"
        ) from None
