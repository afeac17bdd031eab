"""What this machine lets us use: the smallest of hardware, container and SLURM.

Free of torch. Limits of containers are read from control groups, versions 1 and 2.
"""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

_ROOT = Path("/")


def usable_cores(*, environ: Mapping[str, str] = os.environ, root: Path = _ROOT) -> int:
    """Count the cores this process may use, at least 1.

    The smallest of the processor affinity, the container's quota (rounded down) and
    what SLURM granted to a task.

    Parameters
    ----------
    environ
        Where SLURM's variables are.
    root
        Where `proc` and `sys` are.
    """
    limits = [_affinity()]
    limits += [int(quota) for quota in _cpu_quotas(root)]
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        if granted := _number(environ.get(name)):
            limits.append(granted)
            break
    return max(1, min(limits))


def usable_memory(
    *, environ: Mapping[str, str] = os.environ, root: Path = _ROOT
) -> int:
    """Count the bytes of memory this process can still take.

    The smallest of what the machine has available, what the container's limit leaves
    and what SLURM granted. What others take later is not foreseen.

    Parameters
    ----------
    environ
        Where SLURM's variables are.
    root
        Where `proc` and `sys` are.
    """
    limits = [int(psutil.virtual_memory().available), *_memory_left(root)]
    mega = 1 << 20
    if node := _number(environ.get("SLURM_MEM_PER_NODE")):
        limits.append(node * mega)
    elif each := _number(environ.get("SLURM_MEM_PER_CPU")):
        cores = _number(environ.get("SLURM_CPUS_ON_NODE")) or 1
        limits.append(each * cores * mega)
    return max(0, min(limits))


def processor_name(*, root: Path = _ROOT) -> str:
    """Model of the processor, as far as the system names it."""
    try:
        text = (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_quotas(root: Path) -> Iterator[float]:
    for folder in _groups(root, "cpu"):
        quota, _, period = (_read(folder / "cpu.max") or "").partition(" ")
        if not quota:
            quota = _read(folder / "cpu.cfs_quota_us") or ""
            period = _read(folder / "cpu.cfs_period_us") or ""
        if (part := _number(quota)) and (whole := _number(period)):
            yield part / whole


def _memory_left(root: Path) -> Iterator[int]:
    for folder in _groups(root, "memory"):
        for limit, used, cached in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            if most := _number(_read(folder / limit)):
                taken = _number(_read(folder / used)) or 0
                spare = _statistic(folder / "memory.stat", cached)
                yield most - max(0, taken - spare)  # a page cache gives way


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of this process's control groups, innermost first."""
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, names, inside = line.split(":", 2)
        mount = root / "sys/fs/cgroup"
        if names:  # version 1: one tree per controller
            if controller not in names.split(","):
                continue
            mount = mount / (controller if (mount / controller).is_dir() else names)
        folder = mount / inside.lstrip("/")
        yield folder
        while folder != mount:
            folder = folder.parent
            yield folder


def _statistic(path: Path, name: str) -> int:
    for line in (_read(path) or "").splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return _number(value) or 0
    return 0


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _number(text: str | None) -> int | None:
    """Read a positive whole number; "max", "-1" and nonsense mean no limit."""
    return int(text) if text and text.isdecimal() and int(text) > 0 else None
