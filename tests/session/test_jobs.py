import os
import signal
import time

import psutil
import pytest

from densecell.errors import ConfigError
from densecell.session.jobs import Jobs


def wait(jobs, job, *states, seconds=60):
    end = time.monotonic() + seconds
    while (status := jobs.status(job)).state not in states:
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


def test_a_job_runs_its_command_and_outlives_who_started_it(tmp_path):
    order = Jobs(tmp_path).start("say", ["--version"], seconds=1)

    again = Jobs(tmp_path)
    status = wait(again, order.id, "done", "failed")

    assert status.state == "done"
    assert "densecell" in again.log(order.id)
    assert again.orders() == [order]
    assert order.command == "densecell --version"


def test_a_failed_job_says_why(tmp_path):
    jobs = Jobs(tmp_path)
    order = jobs.start("train", ["train", "nowhere"], seconds=1)

    status = wait(jobs, order.id, "done", "failed")

    assert status.state == "failed"
    assert "nowhere/project.yaml: no such file" in status.reason.replace("\\", "/")


def test_a_job_that_waits_is_cancelled_and_resumed(tmp_path):
    from densecell.claim import claimed

    jobs = Jobs(tmp_path)
    with claimed(jobs.path / "running"):
        order = jobs.start("say", ["--version"], seconds=1)
        jobs.cancel(order.id)
        assert wait(jobs, order.id, "cancelled").ended
    with pytest.raises(ConfigError, match="has ended already"):
        jobs.cancel(order.id)

    jobs.resume(order.id)

    assert wait(jobs, order.id, "done", "failed").state == "done"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_job_whose_process_was_killed_has_failed(tmp_path):
    from densecell.claim import claimed

    jobs = Jobs(tmp_path)
    with claimed(jobs.path / "running"):
        order = jobs.start("say", ["--version"], seconds=1)
        process = psutil.Process(jobs.status(order.id).pid)
        process.send_signal(signal.SIGKILL)
        status = wait(jobs, order.id, "failed")

    assert "resume it to go on" in status.reason


def test_a_job_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no job '\.\./x'"):
        Jobs(tmp_path).status("../x")
