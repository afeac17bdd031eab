import os

import psutil
import pytest

from densecell.compute.machine import processor_name, usable_cores, usable_memory

GIB = 1 << 30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Pretend to be a machine of 64 cores and 256 GiB with the given files."""
    free = psutil.virtual_memory()._replace(available=256 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))

    def make(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return {"environ": {}, "root": tmp_path}

    return make


def test_without_limits_the_machine_counts(machine):
    here = machine({})

    assert usable_cores(**here) == 64
    assert usable_memory(**here) == 256 * GIB


def test_the_affinity_of_this_process_counts():
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))
    assert 0 < usable_memory() <= psutil.virtual_memory().total


def test_a_container_of_version_2_limits_from_any_level(machine):
    here = machine(
        {
            "proc/self/cgroup": "0::/outer/inner\n",
            "sys/fs/cgroup/outer/cpu.max": "250000 100000\n",
            "sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
            "sys/fs/cgroup/outer/memory.max": f"{8 * GIB}\n",
            "sys/fs/cgroup/outer/memory.current": f"{3 * GIB}\n",
            "sys/fs/cgroup/outer/memory.stat": f"anon 5\ninactive_file {GIB}\n",
            "sys/fs/cgroup/outer/inner/memory.max": "max\n",
        }
    )

    assert usable_cores(**here) == 2
    assert usable_memory(**here) == 6 * GIB


def test_a_container_of_version_1(machine):
    here = machine(
        {
            "proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/job\n0::/\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "400000\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{4 * GIB}\n",
            "sys/fs/cgroup/memory/job/memory.usage_in_bytes": f"{GIB}\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        }
    )

    assert usable_cores(**here) == 4
    assert usable_memory(**here) == 3 * GIB


def test_less_than_one_core_is_one_core(machine):
    here = machine(
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "50000 100000\n",
        }
    )

    assert usable_cores(**here) == 1


def test_slurm_grants_cores_and_memory(machine):
    here = machine({}) | {
        "environ": {
            "SLURM_CPUS_PER_TASK": "8",
            "SLURM_CPUS_ON_NODE": "16",
            "SLURM_MEM_PER_NODE": "32768",
        }
    }

    assert usable_cores(**here) == 8
    assert usable_memory(**here) == 32 * GIB


def test_slurm_grants_memory_by_core(machine):
    here = machine({}) | {
        "environ": {"SLURM_CPUS_ON_NODE": "16", "SLURM_MEM_PER_CPU": "2048"}
    }

    assert usable_cores(**here) == 16
    assert usable_memory(**here) == 32 * GIB


def test_slurm_without_a_limit_is_none(machine):
    here = machine({}) | {"environ": {"SLURM_MEM_PER_NODE": "0"}}

    assert usable_memory(**here) == 256 * GIB


def test_the_processor_has_a_name(machine):
    cpuinfo = {"proc/cpuinfo": "processor\t: 0\nmodel name\t: Test 9000\n"}

    assert processor_name(root=machine(cpuinfo)["root"]) == "Test 9000"


def test_a_system_without_cpuinfo_names_its_architecture(tmp_path):
    assert processor_name(root=tmp_path)
