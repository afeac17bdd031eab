"""Where blocks run: this process, local dask workers, a dask cluster, SLURM."""

from densecell.compute.blocks import Outcome, bulleted, run_blocks
from densecell.compute.cluster import (
    Cluster,
    connect,
    connected,
    memory_per_worker,
    threads_per_worker,
    training_threads,
    workers_asked_for,
)
from densecell.compute.lost import result_of
from densecell.compute.machine import processor_name, usable_cores, usable_memory
from densecell.compute.peak import Peak, trim_memory, watched_memory
from densecell.compute.stage import (
    Progress,
    ReportProgress,
    Stage,
    begin_or_resume,
    check_same,
    once_per_process,
    versions,
)

__all__ = [
    "Cluster",
    "Outcome",
    "Peak",
    "Progress",
    "ReportProgress",
    "Stage",
    "begin_or_resume",
    "bulleted",
    "check_same",
    "connect",
    "connected",
    "memory_per_worker",
    "once_per_process",
    "processor_name",
    "result_of",
    "run_blocks",
    "threads_per_worker",
    "training_threads",
    "trim_memory",
    "usable_cores",
    "usable_memory",
    "versions",
    "watched_memory",
    "workers_asked_for",
]
