import pytest

from densecell.datasets.split import format_slices, spans_of, split_slices
from densecell.errors import ConfigError


def shared_out(slices, **spans):
    return split_slices(range(slices), slices, **spans)


@pytest.mark.parametrize(
    ("slices", "train", "held_out", "words"),
    [
        (2, (0, 1), (1, 2), "labelled 0, 1; learns from 0; validates on 1"),
        (3, (0, 2), (2, 3), "labelled 0-2; learns from 0, 1; validates on 2"),
        (9, (0, 8), (8, 9), "labelled 0-8; learns from 0-7; validates on 8"),
        (16, (0, 13), (13, 16), "labelled 0-15; learns from 0-12; validates on 13-15"),
        (50, (0, 40), (40, 50), "labelled 0-49; learns from 0-39; validates on 40-49"),
    ],
)
def test_the_last_fifth_is_kept_to_validate_on(slices, train, held_out, words):
    assert shared_out(slices) == ((train,), (held_out,), words)


def test_only_labelled_slices_are_shared_out():
    split = split_slices([0, 1, 2], 40)

    assert split.train == ((0, 2),)
    assert split.held_out == ((2, 3),)


def test_slices_to_validate_on_are_spread_where_labels_are():
    split = split_slices([0, 3, 6, 9, 12, 15, 18, 21, 24, 27], 30)

    assert split.held_out == ((12, 13), (27, 28))
    assert split.train[:2] == ((0, 1), (3, 4))
    assert split.explanation.endswith("validates on 12, 27")


def test_slices_on_both_sides_of_those_held_out_are_trained_on():
    assert shared_out(16, held_out=(10, 12)).train == ((0, 10), (12, 16))
    assert shared_out(16, held_out=(0, 2)).train == ((2, 16),)


def test_slices_as_given():
    split = shared_out(16, train=(0, 10), held_out=(10, 12))

    assert split[:2] == (((0, 10),), ((10, 12),))


def test_slices_to_validate_on_begin_behind_those_trained_on():
    assert shared_out(16, train=(0, 10)).held_out == ((13, 16),)
    assert shared_out(16, train=(0, 14)).held_out == ((14, 16),)


def test_training_up_to_the_last_slice_asks_for_others():
    with pytest.raises(ConfigError, match="--train-z 0 16 leaves no labelled slice"):
        shared_out(16, train=(0, 16))


def test_validating_on_everything_leaves_nothing_to_train_on():
    with pytest.raises(ConfigError, match="--eval-z 0 16 leaves none of 16 labelled"):
        shared_out(16, held_out=(0, 16))


def test_a_range_without_labels_is_refused():
    with pytest.raises(
        ConfigError, match="--eval-z 5 9 holds no labelled slice; labelled are 0, 1, 4"
    ):
        split_slices([0, 1, 4], 16, held_out=(5, 9))


def test_overlapping_slices_are_refused():
    with pytest.raises(ConfigError, match="--train-z 0 11 and --eval-z 10 12 overlap;"):
        shared_out(16, train=(0, 11), held_out=(10, 12))


@pytest.mark.parametrize("span", [(4, 4), (5, 3), (-1, 3), (0, 17)])
def test_slices_outside_are_refused(span):
    words = rf"z {span[0]} {span[1]} must be slices from, to \(not included\) within 0"
    with pytest.raises(ConfigError, match=f"--train-{words} to 16"):
        shared_out(16, train=span, held_out=(0, 1))
    with pytest.raises(ConfigError, match=f"--eval-{words} to 16"):
        shared_out(16, held_out=span)


def test_slices_in_words():
    assert spans_of([0, 1, 2, 5, 7, 8]) == ((0, 3), (5, 6), (7, 9))
    assert format_slices([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7, 8"
