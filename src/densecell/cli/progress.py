"""Progress of work that takes longer than 2 s: a bar with rate and time left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ShowProgress = Callable[[int, int | None], None]
SILENT_S = 2.0  # nothing is shown before
LINE_EVERY_S = 10.0  # when not a terminal


@contextmanager
def show_progress(what: str, *, unit: str = "voxels") -> Iterator[ShowProgress]:
    """A function of (done, total) that shows progress while the block runs.

    `total` is none if nobody knows it: then no time left is shown.

    Parameters
    ----------
    what
        The activity, in a few words.
    unit
        What is counted; large counts are shown in millions.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[pace]}"),
        console=console,
    )
    task = bar.add_task(what, total=None, pace="")
    begin = said = time.monotonic()
    first: int | None = None

    def progress(done: int, total: int | None) -> None:
        nonlocal said, first
        now = time.monotonic()
        first = done if first is None else first  # found finished, not done now
        left = None if total is None else total - done
        pace = _pace(done - first, left, now - begin, unit)
        if console.is_terminal:
            bar.update(task, completed=done, total=total, pace=pace)
            if now - begin > SILENT_S and not bar.live.is_started:
                bar.start()
        elif now - said > (SILENT_S if said == begin else LINE_EVERY_S):
            share = f"{100 * done / total:.0f} %" if total else ""
            words = ", ".join(filter(None, (share, pace)))
            console.print(f"{what}: {words}", highlight=False)
            said = now

    try:
        yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


def format_duration(seconds: float) -> str:
    """A duration as people say it.

    Examples
    --------
    >>> format_duration(42), format_duration(190), format_duration(8000)
    ('42 s', '3 min 10 s', '2 h 13 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _pace(done: int, left: int | None, seconds: float, unit: str) -> str:
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    shown = f"{rate / 1e6:.2f} M" if rate > 1e4 else f"{rate:.1f} "
    rate_words = f"{shown}{unit}/s"
    return (
        rate_words
        if left is None
        else f"{rate_words}, {format_duration(left / rate)} left"
    )
