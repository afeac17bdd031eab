"""What a training shows while it runs: loss, scores, rate and time left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from densecell.cli.progress import format_duration
from densecell.training import MemberOutcome, MemberProgress, TrainingRecord

LINE_EVERY_S = 30.0
REFRESH_S = 0.5


@contextmanager
def training_display() -> Iterator[Callable[[MemberProgress], None]]:
    """A function that shows progress: in a live table, or as lines if piped."""
    console = Console()
    if console.is_terminal:
        rows: dict[int, tuple[str, ...]] = {}
        with Live(_table(rows), console=console, refresh_per_second=4) as live:
            yield _live_shower(rows, live)
    else:
        yield _line_shower(console)


def _live_shower(
    rows: dict[int, tuple[str, ...]], live: Live
) -> Callable[[MemberProgress], None]:
    shown = 0.0

    def show(progress: MemberProgress) -> None:
        nonlocal shown
        rows[progress.member] = _row(progress)
        now = time.monotonic()
        if now - shown > REFRESH_S or progress.outcome is not None:
            live.update(_table(rows))
            shown = now

    return show


def _line_shower(console: Console) -> Callable[[MemberProgress], None]:
    said = time.monotonic()

    def show(progress: MemberProgress) -> None:
        nonlocal said
        record = progress.record
        validated = record is not None and record.miou_all is not None
        now = time.monotonic()
        if progress.outcome is not None or validated or now - said > LINE_EVERY_S:
            line = ", ".join(text for text in _row(progress) if text)
            console.print(f"member {line}", highlight=False, soft_wrap=True)
            said = now

    return show


def _table(rows: dict[int, tuple[str, ...]]) -> Table:
    table = Table()
    for column in ("member", "step", "loss", "best MIoU(all)", "rate", "left"):
        table.add_column(column)
    for number in sorted(rows):
        table.add_row(*rows[number])
    return table


def _row(progress: MemberProgress) -> tuple[str, ...]:
    if progress.outcome is not None:
        return _outcome_row(progress.member, progress.outcome)
    assert progress.record is not None
    return _record_row(progress.member, progress.record)


def _record_row(member: int, record: TrainingRecord) -> tuple[str, ...]:
    rate, left = "", ""
    if record.rate is not None:
        rate = f"{record.rate:.2f} steps/s"
        seconds = (record.steps - record.step) / record.rate if record.rate else 0
        left = f"{format_duration(seconds)} left"
    best = f"best MIoU {record.best:.3f}" if record.best >= 0 else ""
    return (
        f"{member:02d}",
        f"step {record.step} of {record.steps}",
        f"loss {record.loss:.3f}",
        best,
        rate,
        left,
    )


def _outcome_row(member: int, outcome: MemberOutcome) -> tuple[str, ...]:
    best = "" if outcome.miou_all is None else f"MIoU {outcome.miou_all:.3f}"
    words = outcome.state + (f": {outcome.reason}" if outcome.reason else "")
    return (f"{member:02d}", words, "", best, "", "")
