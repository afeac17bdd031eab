import errno
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from densecell.compute import bulleted, run_blocks
from densecell.compute.blocks import AT_ONCE, TRIES
from densecell.errors import BlocksFailedError, OutputError, VolumeError

HERE = Path("here")


class Counted:
    """Counts its calls; fails for some numbers."""

    def __init__(self, fails=lambda number, call: None):
        self.calls, self.fails = [], fails
        self.running = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, number):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.calls.append(number)
            error = self.fails(number, self.calls.count(number))
        with self.lock:
            self.running -= 1
        if error:
            raise error


def test_every_block_is_done_once():
    work = Counted()

    outcomes = list(run_blocks(work, range(3, 40), place=HERE))

    assert sorted(outcomes) == [(n, None) for n in range(3, 40)]
    assert sorted(work.calls) == list(range(3, 40))
    assert work.most <= AT_ONCE


def test_what_fails_at_first_is_tried_again():
    work = Counted(lambda n, call: VolumeError("damaged") if call < TRIES else None)

    outcomes = list(run_blocks(work, range(4), place=HERE))

    assert [o.error for o in outcomes] == [None] * 4
    assert len(work.calls) == 4 * TRIES


def test_what_fails_always_is_named_and_the_rest_finished():
    work = Counted(lambda n, call: VolumeError("a.zarr: torn") if n in (2, 5) else None)

    outcomes = dict(run_blocks(work, range(9), place=HERE))

    assert [n for n, error in outcomes.items() if error] == [2, 5]
    assert outcomes[2].startswith("a.zarr: torn (on ")
    assert work.calls.count(2) == TRIES


def test_an_error_of_python_is_named_with_its_kind():
    work = Counted(lambda n, call: KeyError("x") if n else None)

    outcomes = dict(run_blocks(work, range(2), place=HERE))

    assert outcomes[1].startswith("KeyError: 'x' (on ")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "No space left on device: "),
        (errno.EROFS, "nothing goes: /there"),
        (errno.EACCES, "nothing goes: /there"),
    ],
)
def test_a_full_or_forbidden_place_stops_everything(number, reason):
    full = OSError(number, "nothing goes", "/there")
    work = Counted(lambda n, call: full if n == 3 else None)

    with pytest.raises(OutputError, match=rf"^here: cannot be written \({reason}"):
        list(run_blocks(work, range(1000), place=HERE))

    assert len(work.calls) < 20


def test_when_all_fail_the_cause_lies_elsewhere():
    work = Counted(lambda n, call: VolumeError("no such model"))

    with pytest.raises(BlocksFailedError) as caught:
        list(run_blocks(work, range(1000), place=HERE))

    assert str(caught.value).startswith("the first 1")
    assert "each 3 times, so the cause lies elsewhere; the last one: no such model" in (
        str(caught.value)
    )
    assert len(work.calls) < 20 * TRIES


def test_a_few_failures_among_many_do_not_stop():
    work = Counted(lambda n, call: VolumeError("bad") if 1 <= n < 40 else None)

    outcomes = dict(run_blocks(work, range(60), place=HERE))

    assert sum(error is None for error in outcomes.values()) == 21


def test_whoever_stops_listening_stops_the_work():
    work = Counted()

    blocks = run_blocks(work, range(1000), place=HERE)
    next(blocks)
    blocks.close()

    assert len(work.calls) < 20


class Lazy:
    """An executor that does the first piece of work only."""

    def __init__(self):
        self.futures = []

    def submit(self, work, *args):
        future = Future()
        if not self.futures:
            future.set_result(work(*args))
        self.futures.append(future)
        return future


def test_what_waits_when_nobody_listens_any_more_is_called_off():
    lazy = Lazy()

    blocks = run_blocks(
        Counted(), range(9), place=HERE, executor=lazy, at_once=lambda: 5
    )
    next(blocks)
    blocks.close()

    assert [future.cancelled() for future in lazy.futures] == [False, *[True] * 4]


def test_many_failures_are_cut_to_ten():
    text = bulleted("two of twelve failed:", [f"block {n}" for n in range(12)])

    lines = text.splitlines()
    assert lines[:2] == ["two of twelve failed:", "  block 0"]
    assert lines[-2:] == ["  block 9", "  and 2 more"]
