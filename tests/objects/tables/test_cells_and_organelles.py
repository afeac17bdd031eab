"""Rows of cells and organelles of the drawn tissue."""

import math

import pytest
from tissue import UM3, table

from densecell.result.columns import CELLS_TABLE, CLASS, ORGANELLES_TABLE


def test_the_table_of_cells(measured):
    border, whole = table(measured, "cells")

    assert (border["cell_id"], whole["cell_id"]) == ("1", "2")
    assert (border["touches_border"], whole["touches_border"]) == ("true", "false")
    assert int(whole["voxels"]) == 4 * 8 * 8
    assert float(whole["volume_um3"]) == pytest.approx(256 * UM3)
    assert float(whole["centroid_z_nm"]) == 3 * 40
    assert float(whole["centroid_y_nm"]) == 5 * 10
    assert float(whole["centroid_x_nm"]) == 5 * 20
    box = [whole[f"box_{a}_{end}_voxels"] for a in "zyx" for end in ("start", "stop")]
    assert box == ["1", "5", "1", "9", "1", "9"]
    assert whole["dense_granule_count"] == whole["dense_granule_core_count"] == "1"
    assert float(whole["dense_granule_volume_fraction"]) == pytest.approx(18 / 256)
    assert float(whole["mitochondrion_volume_fraction"]) == pytest.approx(3 / 256)
    assert whole["alpha_granule_count"] == "0"
    assert border["alpha_granule_count"] == "2"
    between = math.dist((3 * 40, 50, 100), (1.5 * 40, 135, 300))
    assert float(whole["nearest_neighbour_nm"]) == pytest.approx(between)
    # a box of the same moments: its longest side over its shortest, 160 to 80 nm
    assert float(whole["elongation"]) == pytest.approx(2)
    assert float(whole["sphericity"]) < 1
    assert whole["confidence"] == ""


def test_the_table_of_organelles(measured):
    rows = table(measured, "organelles")

    granule = next(r for r in rows if r["class"] == "dense granule")
    core = next(r for r in rows if r["class"] == "dense granule core")
    alpha = [r for r in rows if r["class"] == "alpha granule"]
    assert (granule["cell_id"], core["cell_id"]) == ("2", "2")
    assert (core["layer"], core["inside_organelle_id"]) == (
        "parts",
        granule["organelle_id"],
    )
    assert [a["cell_id"] for a in alpha] == ["1", "1"]
    assert [float(a["nearest_neighbour_nm"]) for a in alpha] == [40, 40]
    assert core["nearest_neighbour_nm"] == ""
    assert float(granule["membrane_distance_nm"]) == 30  # from y 3 to y 0
    assert alpha[0]["surface_reliable"] == "false"


@pytest.mark.parametrize("schema", [CELLS_TABLE, ORGANELLES_TABLE])
def test_columns_stand_in_the_order_that_they_are_declared_in(measured, schema):
    names = [column.name for column in schema.columns]
    fixed = [name for name in names if not name.startswith(CLASS)]
    fixed.remove("edits")  # only where objects were corrected

    headings = list(table(measured, schema.name)[0])

    assert headings[: len(fixed)] == fixed
    assert all(schema.column(heading) for heading in headings)
