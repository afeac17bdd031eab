"""Commands killed at random moments end with the same bytes: `make soak`, in short."""

import random
import sys

import pytest

from soak.kills import JOBS, soak

KILLS = 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
@pytest.mark.parametrize("command", JOBS)
def test_kills_change_no_byte_and_leave_nothing_behind(command, tmp_path):
    with JOBS[command](tmp_path) as job:
        tally = soak(job, tmp_path, KILLS, random.Random(command))

    assert len(tally.places) == KILLS
    assert tally.runs > 0
    assert tally.differences == []
