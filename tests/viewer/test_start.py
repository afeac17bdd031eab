from types import SimpleNamespace

import pytest

from densecell.geometry import Box, Spacing
from densecell.viewer.start import start_of

NM = Spacing(40, 10, 10)
BOX = Box((2, 10, 0), (12, 110, 200))


def cell(voxels, box, *, border=False):
    """A row of the table of cells, in voxels of the result."""
    row = {"voxels": str(voxels), "touches_border": str(border).lower()}
    for n, axis in enumerate("zyx"):
        row[f"box_{axis}_start_voxels"] = str(box.start[n])
        row[f"box_{axis}_stop_voxels"] = str(box.stop[n])
        row[f"centroid_{axis}_nm"] = str((box.start[n] + box.stop[n]) / 2 * NM[n])
    return row


def contents(*cells):
    rows = dict(enumerate(cells, 1))
    result = SimpleNamespace(box=BOX, spacing_nm=NM)
    return SimpleNamespace(result=result, tables={"cells": rows} if rows else {})


def test_a_view_begins_at_the_largest_whole_cell():
    small = cell(100, Box((0, 0, 0), (4, 10, 10)))
    large = cell(900, Box((2, 20, 30), (6, 40, 70)))
    cut = cell(9999, Box((0, 0, 0), (10, 100, 200)), border=True)

    start = start_of(contents(small, large, cut))

    assert start.centre == (4 + 2, 30 + 10, 50)
    assert start.across_nm == pytest.approx(1.6 * 400)
    assert start.around_nm == pytest.approx(3 * 400)


def test_where_all_cells_are_cut_it_begins_at_the_largest():
    cells = [cell(n, Box((0, 0, n), (4, 10, n + 8)), border=True) for n in (5, 50, 10)]

    assert start_of(contents(*cells)).centre == (2 + 2, 5 + 10, 54)


def test_without_cells_it_begins_in_the_middle():
    start = start_of(contents())

    assert start.centre == (7, 60, 100)
    assert (start.across_nm, start.around_nm) == (2000, 2000)


def test_neuroglancer_counts_in_its_smallest_voxel_edge():
    state = start_of(contents()).as_state(NM)

    assert state["position"] == [100, 60, 7]
    assert state["projectionScale"] == 2000 / 10
