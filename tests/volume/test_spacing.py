from pathlib import Path

import pytest

from densecell.errors import ConfigError, SpacingError
from densecell.volume.spacing import nm_per, settle_spacing

SPACING = (50, 4.6, 5)


@pytest.mark.parametrize(
    ("word", "nm"),
    [
        ("nm", 1),
        ("nanometer", 1),
        ("Nanometre", 1),
        ("µm", 1000),  # micro sign
        ("\u03bcm", 1000),  # Greek mu
        ("\\u00B5m", 1000),  # as ImageJ escapes it
        ("um", 1000),
        ("micron", 1000),
        ("micrometre", 1000),
        ("mm", 1e6),
        ("Å", 0.1),
        ("angstrom", 0.1),
        ("inch", 2.54e7),
        ("pixel", None),
        ("", None),
    ],
)
def test_units_are_read_as_files_spell_them(word, nm):
    assert nm_per(word) == nm


def test_the_given_voxel_size_wins_and_both_are_named():
    spacing, notes = settle_spacing(Path("a"), stated=(1, 2, 3), given=SPACING)

    assert spacing == SPACING
    assert notes == (
        "a: states a voxel size of 1 x 2 x 3 nm; 50 x 4.6 x 5 nm is used, as given",
    )


def test_rounding_is_no_contradiction():
    _, notes = settle_spacing(Path("a"), stated=(50, 4.6001, 5), given=SPACING)

    assert notes == ()


def test_a_stated_voxel_size_is_taken():
    assert settle_spacing(Path("a"), stated=(1, 2, 3), given=None) == ((1, 2, 3), ())


@pytest.mark.parametrize("stated", [(0.1, 0.1, 0.1), (1e6, 1e6, 1e6), (40, 0.4, 0.4)])
def test_an_unusual_voxel_size_is_questioned(stated):
    spacing, notes = settle_spacing(Path("a"), stated=stated, given=None)

    assert spacing == stated
    assert len(notes) == 1
    assert "unusual for volume EM" in notes[0]
    assert notes[0].endswith("pass --spacing Z Y X (nm)")
    assert settle_spacing(Path("a"), stated=None, given=stated)[1] == ()


@pytest.mark.parametrize("stated", [(0.5, 0.5, 0.5), (1000, 20, 20)])
def test_usual_voxel_sizes_are_not_questioned(stated):
    assert settle_spacing(Path("a"), stated=stated, given=None) == (stated, ())


def test_a_senseless_voxel_size_is_refused_by_whoever_stated_it():
    with pytest.raises(
        SpacingError, match=r"a: its voxel size is wrong: .*\(0, 2, 3\)"
    ):
        settle_spacing(Path("a"), stated=(0, 2, 3), given=None)
    with pytest.raises(ConfigError, match="three positive lengths"):
        settle_spacing(Path("a"), stated=None, given=(0, 2, 3))
