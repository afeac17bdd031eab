import pytest

from densecell.datasets.split import split_slices
from densecell.errors import ConfigError


@pytest.mark.parametrize(
    ("slices", "train", "held_out", "kept"),
    [
        (5, (0, 4), (4, 5), "the last of 5 slices is kept"),
        (9, (0, 8), (8, 9), "the last of 9 slices is kept"),
        (16, (0, 13), (13, 16), "the last 3 of 16 slices are kept"),
        (50, (0, 40), (40, 50), "the last 10 of 50 slices are kept"),
    ],
)
def test_the_last_fifth_is_kept_to_choose_on(slices, train, held_out, kept):
    split = split_slices(slices)

    assert split.train == (train,)
    assert split.held_out == held_out
    assert split.explanation.startswith(kept)


def test_slices_on_both_sides_of_the_chosen_ones_are_trained_on():
    assert split_slices(16, held_out=(10, 12)).train == ((0, 10), (12, 16))
    assert split_slices(16, held_out=(0, 2)).train == ((2, 16),)


def test_slices_as_given():
    split = split_slices(16, train=(0, 10), held_out=(10, 12))

    assert (split.train, split.held_out) == (((0, 10),), (10, 12))


def test_slices_to_choose_on_begin_behind_those_trained_on():
    assert split_slices(16, train=(0, 10)).held_out == (13, 16)
    assert split_slices(16, train=(0, 14)).held_out == (14, 16)


def test_too_few_slices_ask_for_more():
    with pytest.raises(
        ConfigError, match=r"4 slices are too few to keep a fifth for validation; .*--e"
    ):
        split_slices(4)


def test_training_up_to_the_last_slice_asks_for_others():
    with pytest.raises(ConfigError, match="--train-z 0 16 leaves no slice after it"):
        split_slices(16, train=(0, 16))


def test_choosing_on_everything_leaves_nothing_to_train_on():
    with pytest.raises(
        ConfigError, match="--eval-z 0 16 leaves none of 16 slices to t"
    ):
        split_slices(16, held_out=(0, 16))


def test_overlapping_slices_are_refused():
    with pytest.raises(ConfigError, match="--train-z 0 11 and --eval-z 10 12 overlap;"):
        split_slices(16, train=(0, 11), held_out=(10, 12))


@pytest.mark.parametrize("span", [(4, 4), (5, 3), (-1, 3), (0, 17)])
def test_slices_outside_are_refused(span):
    words = rf"z {span[0]} {span[1]} must be slices from, to \(not included\) within 0"
    with pytest.raises(ConfigError, match=f"--train-{words} to 16"):
        split_slices(16, train=span, held_out=(0, 1))
    with pytest.raises(ConfigError, match=f"--eval-{words} to 16"):
        split_slices(16, held_out=span)
