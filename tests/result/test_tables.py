"""Tables are written, and read back, by what their columns are declared to hold."""

import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.result.columns import CONTACTS_TABLE, MESHES_TABLE, ORGANELLES_TABLE
from densecell.result.tables import csv_text, read_table, values, write_table

ORGANELLE = {
    "layer": ["organelles"],
    "organelle_id": np.array([1]),
    "cell_id": np.array([0]),
    "class": ["core, dense"],
    "voxels": np.array([7], np.int64),
    "volume_um3": np.array([0.1 + 0.2]),
    "touches_border": np.array([True]),
    "sphericity": np.array([np.nan]),
}


def test_a_table_is_read_as_it_was_written(tmp_path):
    write_table(tmp_path, ORGANELLES_TABLE, ORGANELLE)

    (row,) = read_table(tmp_path, "organelles")

    assert row == {
        "layer": "organelles",
        "organelle_id": "1",
        "cell_id": "0",
        "class": "core, dense",
        "voxels": "7",
        "volume_um3": "0.3",  # nine digits
        "touches_border": "true",
        "sphericity": "",
    }
    typed = values(row, "organelles")
    assert typed["touches_border"] is True
    assert typed["volume_um3"] == 0.3
    assert typed["sphericity"] is None
    assert typed["voxels"] == 7


def test_a_column_that_is_not_declared_is_not_written(tmp_path):
    with pytest.raises(KeyError, match="'colour' of contacts is not declared"):
        write_table(tmp_path, CONTACTS_TABLE, {"class_a": ["a"], "colour": ["red"]})

    assert not [*tmp_path.iterdir()]


def test_a_table_that_is_not_there_has_no_rows(tmp_path):
    (tmp_path / "classes.csv").write_text("")

    assert read_table(tmp_path, "cells") == read_table(tmp_path, "classes") == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("class_a,class_b,area_um2\na,b\n", "line 2: has not as many fields as the"),
        ("class_a,class_b\na,b,c\n", "line 2: has not as many fields as the heading"),
        ("class_a,class_b,area_um2\na,b,x\n", "line 2: area_um2 is 'x', not a number"),
        ("class_a,class_b\na,b\na,\n", "line 3: has no class_b"),
        ("class_a,area_um2\na,1\n", "line 2: has no class_b"),
        ("class_a,class_b,more\na,b,c\n", "line 2: more is 'c', not a number"),
        (b"class_a,class_b\n\xff,b\n", "'utf-8' codec can't decode"),
    ],
)
def test_what_is_damaged_is_said_with_its_line(text, what, tmp_path):
    text = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "contacts.csv").write_bytes(text)

    with pytest.raises(VolumeError, match=r"contacts\.csv: is damaged") as caught:
        read_table(tmp_path, "contacts")

    assert what in str(caught.value)
    assert "`densecell measure --overwrite` makes it again" in str(caught.value)


def test_of_meshes_another_command_makes_the_table_again(tmp_path):
    row = ["cell", 1, "cell", 1, 9, 0, 20, 10, "2.5", "0.1", "perhaps"]
    heading = [column.name for column in MESHES_TABLE.columns]
    (tmp_path / "meshes.csv").write_text(csv_text(heading, [row]))

    with pytest.raises(VolumeError, match=r"'perhaps', not true or false.*ell mesh -"):
        read_table(tmp_path, "meshes")
