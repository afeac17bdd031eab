import time

import pytest

from densecell.cli.progress import format_duration, show_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test moves."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_piped_progress_is_a_line_now_and_then(clock, capsys):
    with show_progress("segmenting a") as progress:
        for seconds, done in ((0, 20), (1, 25), (3, 35), (5, 45), (14, 90)):
            clock[0] = 100.0 + seconds
            progress(done, 100)

    # what was found finished at first, 20, is not counted as done in that time
    assert capsys.readouterr().err.splitlines() == [
        "segmenting a: 35 %, 5.0 voxels/s, 13 s left",
        "segmenting a: 90 %, 5.0 voxels/s, 2 s left",
    ]


def test_large_counts_are_shown_in_millions(clock, capsys):
    with show_progress("counting", unit="cells") as progress:
        progress(0, 10**9)
        clock[0] += 10
        progress(10**8, 10**9)

    assert (
        capsys.readouterr().err == "counting: 10 %, 10.00 Mcells/s, 1 min 30 s left\n"
    )


def test_without_a_known_end_the_rate_is_progress(clock, capsys):
    with show_progress("downloading", unit="bytes") as progress:
        progress(0, None)
        clock[0] += 4
        progress(8_000_000, None)

    assert capsys.readouterr().err == "downloading: 2.00 Mbytes/s\n"


def test_quick_work_shows_nothing(clock, capsys):
    with show_progress("segmenting a") as progress:
        progress(0, 10)
        progress(10, 10)

    assert capsys.readouterr().err == ""


def test_a_terminal_shows_a_bar_after_two_seconds(clock, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with show_progress("segmenting a") as progress:
        progress(0, 100)
        assert capsys.readouterr().err == ""
        clock[0] += 3
        progress(50, 100)

    shown = capsys.readouterr().err
    assert "segmenting a" in shown
    assert "50%" in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7300, "2 h 1 min")],
)
def test_durations_in_words(seconds, words):
    assert format_duration(seconds) == words
