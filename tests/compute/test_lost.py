"""What is said of workers that are gone for good, and of a lost scheduler."""

import os
import re
import signal
import time
from concurrent.futures import Future
from pathlib import Path

import dask
import distributed
import pytest

from densecell.compute import cluster as module
from densecell.compute import connect, result_of, run_blocks
from densecell.errors import ClusterError, OutputError

SCHEDULER_LOST = re.escape(
    "the dask scheduler is lost; start it again with its workers, and give the same "
    "command again: what is finished is not done again"
)


def ended(*, error=None):
    future = Future()
    future.set_exception(error) if error else future.set_result(7)
    return future


def test_what_was_computed_or_raised_is_passed_on():
    assert result_of(ended()) == 7
    with pytest.raises(OutputError, match=r"^a: is full$"):
        result_of(ended(error=OutputError("a: is full")))


def test_work_that_nobody_hands_out_any_more():
    future = Future()
    future.cancel()

    with pytest.raises(ClusterError, match=f"^{SCHEDULER_LOST}$"):
        result_of(future)


def die(number):
    """Kill the process that does number 1."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_block_that_kills_its_workers_is_told_and_the_others_are_done():
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        connect("local:1") as cluster,
    ):
        blocks = run_blocks(
            *(die, [0, 1, 2]),
            place=Path("here"),
            executor=cluster.executor,
            at_once=lambda: 1,
        )
        outcomes = dict(blocks)

    assert outcomes[0] is outcomes[2] is None
    assert re.fullmatch(
        r"2 workers were lost one after another over it, the last one at tcp://"
        r"127\.0\.0\.1:\d+; most often they have too little memory, or their jobs too "
        r"little time",
        outcomes[1],
    )


def test_a_lost_scheduler_ends_the_work_with_a_sentence(monkeypatch):
    monkeypatch.setattr(module, "ANSWER_S", 1)
    with (
        distributed.LocalCluster(
            n_workers=0, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as scheduler,
        connect(scheduler.scheduler_address) as cluster,
    ):
        assert cluster.workers() == 0
        scheduler.close()
        while cluster.executor._client.status != "closed":  # it tries for ANSWER_S
            time.sleep(0.02)

        with pytest.raises(ClusterError, match=f"^{SCHEDULER_LOST}$"):
            cluster.at_once()
