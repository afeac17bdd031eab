import pytest

from densecell.report.outcome.organelles import organelles_section
from densecell.report.page import Picture, Table
from densecell.result import Result

CLASS = {
    "class": "mitochondrion",
    "role": "organelle",
    "volume_fraction": "0.125",
    "objects": "1200",
    "objects_left_out": "3",
    "volume_um3_mean": "0.5",
    "volume_um3_sd": "1e-12",
    "count_per_cell_mean": "2",
    "count_per_cell_sd": "",
    "volume_fraction_per_cell_mean": "",
    "volume_fraction_per_cell_sd": "",
}


def cell(number, border):
    fraction = {"mitochondrion_volume_fraction": "0.25"}
    return {"cell_id": number, "touches_border": border} | fraction


def organelle(border, **parts):
    row = {"class": "mitochondrion", "cell_id": "1", "volume_um3": "0.5"}
    return row | {"touches_border": border} | parts


def test_numbers_of_a_class_stand_in_its_row(drawn):
    table = organelles_section(drawn(tables={"classes": [CLASS]})).parts[0]

    assert isinstance(table, Table)
    numbers = ["12.50", "1,200", "3", "0.5 ± 0", "2", "-"]
    assert table.rows == [["mitochondrion", *numbers]]


@pytest.mark.parametrize(
    ("borders", "told"),
    [
        ((), "What the volume's border cuts counts in no mean."),
        (("false",), "None of the 1 cells touches the border of the volume."),
        (
            ("true", "false"),
            "Means are over whole cells: 1 of 2 cells touch the border of the volume "
            "and are left out.",
        ),
        (
            ("true",),
            "Means are over whole cells: 1 of 1 cells touch the border of the volume "
            "and are left out. None is left, so that means per cell are empty.",
        ),
    ],
)
def test_what_the_border_cuts_is_left_out_and_counted(drawn, borders, told):
    cells = [cell(str(n), border) for n, border in enumerate(borders, 1)]

    section = organelles_section(drawn(tables={"classes": [CLASS], "cells": cells}))

    assert section.text == told


def test_sizes_are_of_whole_organelles_in_whole_cells(drawn):
    organelles = [
        organelle("false"),
        organelle("true"),
        organelle("false", cell_id="2"),
    ]
    tables = {
        "classes": [CLASS],
        "cells": [cell("1", "false"), cell("2", "true")],
        "organelles": organelles,
    }

    section = organelles_section(drawn(tables=tables))

    shares, sizes = [part for part in section.parts if isinstance(part, Picture)]
    assert shares.caption.startswith("Share of a cell's volume, one dot for each whole")
    assert sizes.caption.startswith(
        "Volume of 1 whole organelles in whole cells; 2 others are left out."
    )


def test_shares_over_members_are_of_several_networks(made):
    table = organelles_section(Result(made / "result")).parts[0]

    assert table.header[2] == "over members"


def test_without_tables_there_is_no_section(drawn):
    assert organelles_section(drawn()) is None
