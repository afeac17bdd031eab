import random
from pathlib import Path

import pytest

from densecell.volume.formats.slice_names import order_slices


def ordered(*stems):
    """Order shuffled names; give them back with the notes."""
    files = [Path(f"{stem}.png") for stem in stems]
    random.Random(0).shuffle(files)
    found = order_slices(files)
    return tuple(file.stem for file in found.files), found.notes


@pytest.mark.parametrize(
    "stems",
    [
        ("s_1", "s_2", "s_3", "s_10"),
        ("S_1", "s_2", "S_3"),
        ("z-01", "z-02", "z-03"),
        ("2020-01-05_001", "2020-01-05_002", "2020-01-05_003"),
        ("run.1.8", "run.1.9", "run.1.10"),
        ("a.0001", "a.0002"),
        ("s_1_5nm", "s_2_5nm", "s_3_5nm"),
        ("10", "20", "30"),
    ],
)
def test_whole_numbers_are_ordered_as_numbers(stems):
    names, notes = ordered(*stems)

    assert names == stems
    assert [note for note in notes if "no slices" not in note] == []


@pytest.mark.parametrize(
    ("stems", "taken"),
    [
        (("z_0.5", "z_0.75", "z_1.0", "z_1.25"), "points in names are taken for dec"),
        (("z_-2", "z_-1", "z_0", "z_1"), "hyphens in names are taken for signs"),
        (("z-2", "z-1", "z0", "z1"), "hyphens in names are taken for signs"),
        (("-1.5", "-1.2", "-0.9"), "hyphens in names are taken for signs"),
    ],
)
def test_decimals_and_signs_are_ordered_as_such_and_said(stems, taken):
    names, notes = ordered(*stems)

    assert names == stems
    assert len(notes) == 1
    assert notes[0].startswith(taken)
    assert notes[0].endswith(f"{stems[0]}.png to {stems[-1]}.png")


def test_padded_decimals_need_no_note():
    assert ordered("z_0.50", "z_0.75", "z_1.00") == (
        ("z_0.50", "z_0.75", "z_1.00"),
        (),
    )


@pytest.mark.parametrize(
    ("stems", "missing"),
    [
        (("1", "2", "4"), "3"),
        (("s001", "s010", "s011"), "2, 3, 4, 5, 6 and 3 more"),
        (("z10", "z20", "z40"), "30"),
        (("z0.5", "z1.0", "z2.0"), "1.5"),
        (("z_-2", "z_-1", "z_1"), "0"),
    ],
)
def test_missing_numbers_are_listed(stems, missing):
    names, notes = ordered(*stems)

    assert names == stems
    assert (
        notes[-1] == f"no slices {missing} between {stems[0]}.png and {stems[-1]}.png"
    )


@pytest.mark.parametrize("stems", [("a1", "a2", "b1"), ("a", "b"), ("1", "01")])
def test_names_that_are_not_numbered_alike_are_said(stems):
    _, notes = ordered(*stems)

    assert len(notes) == 1
    assert notes[0].startswith("names are not numbered alike; ordered from")


def test_one_slice_has_no_notes():
    assert ordered("x7") == (("x7",), ())
