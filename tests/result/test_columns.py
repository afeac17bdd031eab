"""Columns are declared once: docs, units and names follow."""

from itertools import groupby
from pathlib import Path

import pytest

from densecell.result.columns import CELLS_TABLE, SCHEMAS

DOCS = Path(__file__).parents[2] / "docs" / "tables.md"
UNITS = ("nm", "um2", "um3", "voxels")


def rows_of(schema):
    """Rows of docs/tables.md: columns of one meaning stand in one row."""
    for (unit, meaning), columns in groupby(schema.columns, lambda c: (c[2], c[3])):
        names = ", ".join(f"`{column.name}`" for column in columns)
        yield " ".join(filter(None, ("|", names, "|", unit, "|", meaning, "|")))


def shown():
    """Rows of the tables of columns in docs/tables.md."""
    text = DOCS.read_text(encoding="utf-8")
    tables = text.split("| column | unit | meaning |\n|---|---|---|\n")[1:]
    assert tables
    return [row for table in tables for row in table.split("\n\n")[0].splitlines()]


def test_the_docs_show_every_column_as_it_is_declared():
    declared = [row for schema in SCHEMAS.values() for row in rows_of(schema)]

    assert sorted(set(shown())) == sorted(set(declared))


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_unit_is_part_of_the_name(schema):
    with_unit = [column for column in schema.columns if column.unit]
    without = [column for column in schema.columns if not column.unit]

    assert all(column.unit in column.name.split("_") for column in with_unit)
    assert not [c for c in without if c.name.split("_")[-1] in UNITS]
    assert len({column.name for column in schema.columns}) == len(schema.columns)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("voxels", "voxels"),
        ("DA_vesicle_class_2_count", "<class>_count"),
        ("golgi_volume_fraction_min", "<class>_volume_fraction_min"),
        ("cell_count_count_max", "<class>_count_max"),
    ],
)
def test_a_heading_names_its_column(heading, name):
    assert CELLS_TABLE.column(heading).name == name


@pytest.mark.parametrize("heading", ["", "colour", "_count", "voxels "])
def test_other_headings_name_none(heading):
    assert CELLS_TABLE.column(heading) is None


@pytest.mark.parametrize(
    ("heading", "text", "value"),
    [
        ("cell_id", "7", 7),
        ("volume_um3", "1e-05", 1e-5),
        ("touches_border", "false", False),
        ("class", "dense granule", "dense granule"),
        ("confidence", "", None),
    ],
)
def test_fields_become_values(heading, text, value):
    assert CELLS_TABLE.column(heading).value(text) == value
