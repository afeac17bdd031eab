import pytest

from densecell.volume.units import nm_per


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
