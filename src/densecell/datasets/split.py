"""Split the labelled slices of a volume: some to train on, others to validate on."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from densecell.errors import ConfigError

Span = tuple[int, int]  # slices from, to; the end is not included


class Split(NamedTuple):
    """Slices of one volume to train on, and to validate on (role "eval")."""

    train: tuple[Span, ...]
    held_out: tuple[Span, ...]
    explanation: str


def split_slices(
    labelled: Sequence[int],
    slices: int,
    *,
    train: Span | None = None,
    held_out: Span | None = None,
) -> Split:
    """Split the labelled slices of the only volume of a project.

    Without `held_out`, a fifth is held out, at least one slice: the last ones where
    all labelled slices follow each other, else spread among them. Without `train`, all
    other labelled slices are for training.

    Parameters
    ----------
    labelled
        At least two slices that hold labels, ascending.
    slices
        How many the volume has.

    Raises
    ------
    ConfigError
        If a span reaches outside, the two overlap, or nothing is left for one of them.

    Examples
    --------
    >>> split_slices(range(16), 16)[:2]
    (((0, 13),), ((13, 16),))
    >>> split_slices([1, 5, 8], 10)[2]
    'labelled 1, 5, 8; learns from 1, 5; validates on 8'
    """
    check_span(train, slices, option="--train-z")
    check_span(held_out, slices, option="--eval-z")
    if train and held_out and train[0] < held_out[1] and held_out[0] < train[1]:
        raise ConfigError(
            f"--train-z {train[0]} {train[1]} and --eval-z {held_out[0]} {held_out[1]} "
            "overlap; validate on slices that training does not see"
        )
    if held_out is None:
        kept = _held_out(labelled, train)
    else:
        kept = _within(labelled, held_out, option="--eval-z")
    learned = [z for z in labelled if z not in set(kept)]
    if train is not None:
        learned = _within(learned, train, option="--train-z")
    if not learned:
        raise ConfigError(
            f"--eval-z {min(kept)} {max(kept) + 1} leaves none of {len(labelled)} "
            "labelled slices to train on; choose fewer"
        )
    return Split(spans_of(learned), spans_of(kept), _words(labelled, learned, kept))


def check_span(span: Span | None, slices: int, *, option: str) -> None:
    """Refuse a span that is empty or reaches outside; None is fine."""
    if span is not None and not 0 <= span[0] < span[1] <= slices:
        raise ConfigError(
            f"{option} {span[0]} {span[1]} must be slices from, to (not included) "
            f"within 0 to {slices}"
        )


def spans_of(slices: Sequence[int]) -> tuple[Span, ...]:
    """Runs of slices that follow each other, from, to (not included).

    Examples
    --------
    >>> spans_of([0, 1, 2, 7])
    ((0, 3), (7, 8))
    """
    places = enumerate(slices)
    runs = [list(run) for _, run in groupby(places, lambda pair: pair[1] - pair[0])]
    return tuple((run[0][1], run[-1][1] + 1) for run in runs)


def format_slices(slices: Sequence[int]) -> str:
    """Numbers of slices in words, such as `0-12, 15`."""
    return ", ".join(
        str(a) if b == a + 1 else f"{a}, {a + 1}" if b == a + 2 else f"{a}-{b - 1}"
        for a, b in spans_of(slices)
    )


def _held_out(labelled: Sequence[int], train: Span | None) -> list[int]:
    """A fifth of the labelled slices, or those behind `train`."""
    if train is not None:
        behind = [z for z in labelled if z >= train[1]]
        if not behind:
            raise ConfigError(
                f"--train-z {train[0]} {train[1]} leaves no labelled slice after it to "
                "validate on; give --eval-z or --eval IMAGE LABELS"
            )
        return behind[-max(1, len(labelled) // 5) :]
    count = max(1, len(labelled) // 5)
    if len(spans_of(labelled)) == 1:
        return list(labelled[-count:])
    ends = [(n + 1) * len(labelled) // count - 1 for n in range(count)]
    return [labelled[end] for end in ends]


def _within(labelled: Sequence[int], span: Span, *, option: str) -> list[int]:
    found = [z for z in labelled if span[0] <= z < span[1]]
    if not found:
        raise ConfigError(
            f"{option} {span[0]} {span[1]} holds no labelled slice; labelled are "
            f"{format_slices(labelled)}"
        )
    return found


def _words(labelled: Sequence[int], learned: list[int], kept: list[int]) -> str:
    """What was decided, with the slices by number, counted from 0."""
    return (
        f"labelled {format_slices(labelled)}; learns from {format_slices(learned)}; "
        f"validates on {format_slices(kept)}"
    )
