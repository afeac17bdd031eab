import pytest

from densecell.report.words import (
    format_axes,
    format_count,
    format_score,
    format_settings,
    is_whole,
    number_in,
)


def test_numbers_of_a_row_may_be_missing():
    row = {"volume_um3": "0.5", "surface_um2": ""}

    assert number_in(row, "volume_um3") == 0.5
    assert number_in(row, "surface_um2") is None
    assert number_in(row, "sphericity") is None


@pytest.mark.parametrize(("touches", "whole"), [("true", False), ("false", True)])
def test_what_the_border_cuts_is_not_whole(touches, whole):
    assert is_whole({"touches_border": touches}) is whole


def test_values_as_people_read_them():
    assert [format_score(score) for score in (0.1234, 0.0, None)] == [
        "0.123",
        "0.000",
        "-",
    ]
    assert [format_count(n, "cell") for n in (0, 1, 2000)] == [
        "0 cells",
        "1 cell",
        "2,000 cells",
    ]
    assert format_axes((4.6, 1234567)) == "4.6 x 1234567"
    assert format_settings({"a": {}, "b": [], "c": None}) == "b none, c none"
