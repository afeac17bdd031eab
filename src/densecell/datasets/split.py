"""Split the slices of a volume: some to train on, others to validate on."""

from typing import NamedTuple

from densecell.errors import ConfigError

Span = tuple[int, int]  # slices from, to; the end is not included

_ENOUGH = 5  # slices, so that a fifth of them is one slice


class Split(NamedTuple):
    """Slices of one volume to train on, and to validate on (role "eval")."""

    train: tuple[Span, ...]
    held_out: Span
    explanation: str


def split_slices(
    slices: int, *, train: Span | None = None, held_out: Span | None = None
) -> Split:
    """Split the slices of the only volume of a project.

    Without `held_out`, the last fifth is held out, at least one slice. Without `train`,
    all other slices are for training.

    Raises
    ------
    ConfigError
        If a span reaches outside, the two overlap, or nothing is left for one of them.

    Examples
    --------
    >>> split_slices(16)[:2]
    (((0, 13),), (13, 16))
    >>> split_slices(16, held_out=(10, 12)).train
    ((0, 10), (12, 16))
    """
    check_span(train, slices, option="--train-z")
    check_span(held_out, slices, option="--eval-z")
    explanation = "slices as given"
    if held_out is None:
        held_out = _last_fifth(slices, train)
        count = held_out[1] - held_out[0]
        last = "the last" if count == 1 else f"the last {count}"
        explanation = (
            f"{last} of {slices} slices {'is' if count == 1 else 'are'} kept for "
            "validation (--eval-z changes that)"
        )
    if train is None:
        sides = ((0, held_out[0]), (held_out[1], slices))
        return Split(_not_empty(sides, held_out, slices), held_out, explanation)
    if train[0] < held_out[1] and held_out[0] < train[1]:
        raise ConfigError(
            f"--train-z {train[0]} {train[1]} and --eval-z {held_out[0]} {held_out[1]} "
            "overlap; validate on slices that training does not see"
        )
    return Split((train,), held_out, explanation)


def check_span(span: Span | None, slices: int, *, option: str) -> None:
    """Refuse a span that is empty or reaches outside; None is fine."""
    if span is not None and not 0 <= span[0] < span[1] <= slices:
        raise ConfigError(
            f"{option} {span[0]} {span[1]} must be slices from, to (not included) "
            f"within 0 to {slices}"
        )


def _last_fifth(slices: int, train: Span | None) -> Span:
    if slices < _ENOUGH:
        raise ConfigError(
            f"{slices} slices are too few to keep a fifth for validation; give "
            "--eval-z, or another volume with --eval IMAGE LABELS"
        )
    first = slices - max(1, slices // 5)
    if train is None or train[1] <= first:
        return first, slices
    if train[1] == slices:
        raise ConfigError(
            f"--train-z {train[0]} {train[1]} leaves no slice after it to validate on; "
            "give --eval-z or --eval IMAGE LABELS"
        )
    return train[1], slices


def _not_empty(
    sides: tuple[Span, ...], held_out: Span, slices: int
) -> tuple[Span, ...]:
    left = tuple(span for span in sides if span[0] < span[1])
    if not left:
        raise ConfigError(
            f"--eval-z {held_out[0]} {held_out[1]} leaves none of {slices} slices to "
            "train on; choose fewer"
        )
    return left
