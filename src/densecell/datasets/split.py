"""Which slices are trained on, and which the training is judged by."""

from typing import NamedTuple

from densecell.errors import ConfigError

Span = tuple[int, int]  # slices from, to; the end is not included

_ENOUGH = 5  # slices, of which one fifth can be spared


class Split(NamedTuple):
    """Slices of one volume, shared out."""

    train: tuple[Span, ...]
    chosen: Span  # on which members are compared and chosen: role "eval"
    words: str


def split_slices(
    slices: int, *, train: Span | None = None, chosen: Span | None = None
) -> Split:
    """Share out the slices of a volume that is all there is.

    Without `chosen`, the last fifth is kept for choosing, one slice at least; without
    `train`, everything else is trained on.

    Raises
    ------
    ConfigError
        If a span reaches outside, the two overlap, or nothing is left for one of them.

    Examples
    --------
    >>> split_slices(16)[:2]
    (((0, 13),), (13, 16))
    >>> split_slices(16, chosen=(10, 12)).train
    ((0, 10), (12, 16))
    """
    check_span(train, slices, option="--train-z")
    check_span(chosen, slices, option="--eval-z")
    words = "slices as given"
    if chosen is None:
        chosen = _last_fifth(slices, train)
        count = chosen[1] - chosen[0]
        kept = "the last" if count == 1 else f"the last {count}"
        words = (
            f"{kept} of {slices} slices {'is' if count == 1 else 'are'} kept to choose "
            "the best members on (--eval-z changes that)"
        )
    if train is None:
        sides = ((0, chosen[0]), (chosen[1], slices))
        return Split(_not_empty(sides, chosen, slices), chosen, words)
    if train[0] < chosen[1] and chosen[0] < train[1]:
        raise ConfigError(
            f"--train-z {train[0]} {train[1]} and --eval-z {chosen[0]} {chosen[1]} "
            "overlap; choose slices that training does not see"
        )
    return Split((train,), chosen, words)


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
            f"{slices} slices are too few to keep some aside to choose the best "
            "members on; give --eval-z, or another volume with --eval IMAGE LABELS"
        )
    first = slices - max(1, slices // 5)
    if train is None or train[1] <= first:
        return first, slices
    if train[1] == slices:
        raise ConfigError(
            f"--train-z {train[0]} {train[1]} leaves no slice behind it to choose the "
            "best members on; give --eval-z or --eval IMAGE LABELS"
        )
    return train[1], slices


def _not_empty(sides: tuple[Span, ...], chosen: Span, slices: int) -> tuple[Span, ...]:
    left = tuple(span for span in sides if span[0] < span[1])
    if not left:
        raise ConfigError(
            f"--eval-z {chosen[0]} {chosen[1]} leaves none of {slices} slices to train "
            "on; choose fewer"
        )
    return left
