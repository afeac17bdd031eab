import numpy as np
import pytest
from commands import run

from densecell.errors import VolumeError
from densecell.report.outcome import cells
from densecell.report.outcome.cells import cells_section
from densecell.report.page import LongTable, Picture
from densecell.report.result_page import write_report
from densecell.result import Result, read_measurement, save_measurement

SIDES = [f"box_{axis}_{end}_voxels" for axis in "zyx" for end in ("start", "stop")]
HEADER = ["cell_id", "class", "voxels", "volume_um3", "surface_um2", "surface_reliable"]
HEADER += ["sphericity", "confidence", "touches_border", *SIDES]
HEADER += [f"centroid_{axis}_nm" for axis in "zyx"]
HEADER += ["disc_count", "disc_volume_fraction"]


def write_cells(result, count):
    """Write a table of small cells side by side; the last is the largest."""
    rows = (
        f"{n},cell,9,{n / 10},1.0,true,0.5,0.9,false,1,3,5,9,7,14,80,70,105,2,0.25\n"
        for n in range(1, count + 1)
    )
    path = result / "tables" / "cells.csv"
    path.write_text(",".join(HEADER) + "\n" + "".join(rows), encoding="utf-8")


def table_of(section):
    (table,) = [part for part in section.parts if isinstance(part, LongTable)]
    return table


def test_of_many_cells_the_largest_are_listed(result, monkeypatch):
    monkeypatch.setattr(cells, "FIELDS", 9 * 40)  # nine columns
    write_cells(result, 50)

    section = cells_section(Result(result))

    assert "There are 50 cells: the 40 largest are listed" in section.text
    ids = [row[0] for row in table_of(section).rows]
    assert ids == [str(n) for n in range(50, 10, -1)]


def test_a_row_has_the_numbers_of_its_cell(result):
    write_cells(result, 1)

    table = table_of(cells_section(Result(result)))

    numbers = ["0.100", "1.00", "0.500", "0.900", "no", "2", "25.0"]
    assert table.rows == [["1", "", *numbers]]
    assert len(table.header) == 9


@pytest.mark.parametrize(
    ("affinities", "split", "told"),
    [
        (((1, 0, 0), (0, 1, 0), (0, 0, 1)), True, "are told apart by what"),
        ((), True, "are cut where they are thin"),
        ((), False, "count as one"),
    ],
)
def test_how_touching_cells_are_told_apart_is_said(result, affinities, split, told):
    write_cells(result, 2)
    before = read_measurement(result)
    settings = before.objects.cells.model_copy(update={"split": split})
    objects = before.objects.model_copy(update={"cells": settings})
    changes = {"affinities": affinities, "objects": objects}
    save_measurement(before.model_copy(update=changes), result)

    section = cells_section(Result(result))

    assert section.text.startswith(f"Cells that touch {told}")


def test_a_page_of_20_000_cells_lists_them_all_and_stays_small(result):
    write_cells(result, 20_000)

    page = write_report(result)

    assert page.stat().st_size < 15e6
    assert len(table_of(cells_section(Result(result))).rows) == 20_000
    assert page.read_text(encoding="utf-8").count('["') > 20_000


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text[:-9], "line 4: has not as many fields"),
        (lambda text: text.replace("0.3", "x"), "is 'x', not a nu"),
    ],
)
def test_a_damaged_table_is_named(result, spoil, told):
    write_cells(result, 3)
    path = result / "tables" / "cells.csv"
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(VolumeError, match=f"cells.csv: .*{told}"):
        cells_section(Result(result))


def test_a_cell_is_shown_where_most_of_it_is(tmp_path):
    labels = np.zeros((10, 40, 40), np.uint8)
    for z, plane in enumerate(labels):  # a cone
        plane[2 : 12 + 3 * z, 2 : 12 + 3 * z] = 1
    np.save(tmp_path / "cone.npy", labels)
    out = tmp_path / "result"
    spacing = ("--spacing", 40, 10, 10)
    run("measure", tmp_path / "cone.npy", "-o", out, "--classes", "platelet", *spacing)

    (row,) = table_of(cells_section(Result(out))).rows

    assert isinstance(row[1], Picture)
    assert row[1].caption == "cell 1, slice z = 9"


def test_without_cells_there_is_no_section(drawn):
    assert cells_section(drawn()) is None
