"""Real worker processes on this machine."""

import os
import re
from pathlib import Path

import pytest

from densecell.compute import cluster as module
from densecell.compute import (
    connect,
    memory_per_worker,
    run_blocks,
    threads_per_worker,
    workers_asked_for,
)
from densecell.compute.cluster import job_cluster, read_cluster_file
from densecell.errors import ConfigError, MissingExtraError

HERE = Path("here")
SLURM = """\
slurm:
  jobs: 3
  cores: 8
  memory: 32GB
  queue: long
  walltime: "04:00:00"
  scheduler_options: {dashboard_address: ":0"}
"""


@pytest.fixture(scope="module")
def local():
    with connect("local:2") as cluster:
        yield cluster


def own_process(number):
    """Fail for number 1, be well otherwise."""
    if number == 1:
        raise ValueError(f"in process {os.getpid()}")


def test_blocks_run_in_other_processes(local):
    outcomes = dict(
        run_blocks(own_process, range(5), place=HERE, executor=local.executor)
    )

    assert [n for n, error in outcomes.items() if error] == [1]
    process = re.match(r"ValueError: in process (\d+) \(on ", outcomes[1])
    assert process
    assert int(process[1]) != os.getpid()


def test_workers_are_counted_and_kept_busy(local):
    assert local.workers() == 2
    assert local.at_once() == 6
    assert local.note == "2 processes on this machine"


def test_a_running_scheduler_is_used_by_its_address(local):
    address = local.executor._client.scheduler.address

    with connect(address) as cluster:
        assert dict(
            run_blocks(own_process, [7], place=HERE, executor=cluster.executor)
        ) == {7: None}
        assert cluster.note == f"scheduler {address}"


def test_what_local_workers_need_is_not_left_in_the_environment(local):
    assert not {*module.THREADS} & {*os.environ}


def test_a_scheduler_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(module, "ANSWER_S", 0.3)
    with (
        pytest.raises(ConfigError, match=r"--cluster tcp://127.0.0.1:9: no dask sched"),
        connect("tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.parametrize("where", ["local", "local:0", "local:x", "slurm"])
def test_nonsense_is_refused(where):
    with (
        pytest.raises(ConfigError, match=f"--cluster {where}: expected"),
        connect(where),
    ):
        pass


def test_dask_is_an_extra(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(MissingExtraError) as caught, connect("local:1"):
        pass
    assert str(caught.value) == (
        "--cluster needs distributed, which is not installed; pip install "
        "'densecell[cluster]'"
    )


def test_the_job_script_asks_slurm_for_what_the_file_says(tmp_path):
    path = tmp_path / "slurm.yaml"
    path.write_text(SLURM)
    file = read_cluster_file(path)

    with job_cluster(file) as cluster:
        script = cluster.job_script()

    assert (file.system, file.jobs) == ("slurm", 3)
    for line in (
        "#SBATCH -p long",
        "#SBATCH --cpus-per-task=8",
        "#SBATCH --mem=30G",
        "#SBATCH -t 04:00:00",
    ):
        assert line in script.splitlines()
    assert re.search(r"distributed.cli.dask_worker tcp://\S+ .*--nthreads 2", script)


def test_a_worker_of_a_batch_system_uses_the_cores_of_its_job(tmp_path):
    path = tmp_path / "slurm.yaml"
    path.write_text(SLURM + "  processes: 2\n")

    assert threads_per_worker(str(path)) == 4
    assert memory_per_worker(str(path)) == 16_000_000_000
    assert threads_per_worker("local:2") is memory_per_worker("local:2") is None
    assert threads_per_worker(None) is None


def test_memory_is_shared_by_the_processes_of_this_machine_alone():
    assert [workers_asked_for(w) for w in (None, "local:3", "tcp://a:1")] == [1, 3, 1]


@pytest.mark.filterwarnings("ignore")  # dask-jobqueue leaves half-made clusters
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("slurm: [", "not readable as YAML: "),
        ("pbs: {jobs: 1}", "expected one entry, `slurm:`, with the settings of its"),
        ("slurm: {jobs: 1}", "slurm needs at least jobs, cores and memory, for exam"),
        (
            SLURM.replace("jobs: 3", "jobs: none"),
            "jobs must be a whole number from 1, got 'none'",
        ),
        (SLURM.replace("queue", "queeu"), "slurm refuses its settings: .*queeu"),
    ],
)
def test_a_file_that_says_something_else(tmp_path, text, sentence):
    path = tmp_path / "cluster.yml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=sentence), connect(str(path)):
        pass


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"cluster.yaml: no such file"):
        read_cluster_file(tmp_path / "cluster.yaml")
