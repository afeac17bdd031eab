"""Rows of classes and contacts of the drawn tissue."""

import math

import numpy as np
import pytest
from tissue import UM3, objects, table

from densecell.objects.tables.classes_and_contacts import mean_and_sd
from densecell.result.columns import CLASSES_TABLE, CONTACTS_TABLE


def test_the_table_of_classes_leaves_the_border_out_of_means(measured):
    rows = {r["class"]: r for r in table(measured, "classes")}

    cell = rows["cell"]
    assert (cell["objects"], cell["whole_objects"], cell["objects_left_out"]) == (
        "2",
        "1",
        "1",
    )
    assert float(cell["volume_um3_mean"]) == pytest.approx(256 * UM3)
    assert cell["volume_um3_sd"] == ""
    granule = rows["dense granule"]
    assert (granule["whole_cells"], granule["cells_left_out"]) == ("1", "1")
    assert float(granule["count_per_cell_mean"]) == 1
    assert float(rows["alpha granule"]["count_per_cell_mean"]) == 0
    assert rows["background"]["objects"] == ""
    shares = [float(r["volume_fraction"]) for r in rows.values()]
    assert sum(shares) == pytest.approx(1)


def test_what_breaks_the_rules_of_parents_is_dropped_and_counted(measured):
    rows = {r["class"]: r for r in table(measured, "classes")}

    assert rows["canalicular channel"]["dropped_outside_parent"] == "1"
    assert rows["dense granule core"]["dropped_outside_parent"] == "1"
    assert rows["dense granule"]["dropped_without_own_voxel"] == "1"
    assert rows["canalicular channel"]["objects"] == "0"
    assert objects(measured, "organelles")[5].max() == 0


def test_contacts_are_counted_once(measured):
    rows = {(r["class_a"], r["class_b"]): r for r in table(measured, "contacts")}

    core = rows["dense granule", "dense granule core"]
    # of the core's six faces one, behind it along z, is the cell's
    area = 200 + math.hypot(2 * 800, 2 * 400)  # before it along z in another patch
    assert float(core["area_um2"]) == pytest.approx(area * 1e-6, rel=1e-4)
    assert ("cell", "dense granule core") in rows


def test_means_of_too_few_are_unknown():
    assert mean_and_sd(np.array([]), "n") == {"n_mean": None, "n_sd": None}
    assert mean_and_sd(np.array([3]), "n") == {"n_mean": 3, "n_sd": None}
    assert mean_and_sd(np.array([1, 3]), "n") == {"n_mean": 2, "n_sd": math.sqrt(2)}


@pytest.mark.parametrize("schema", [CLASSES_TABLE, CONTACTS_TABLE])
def test_every_column_is_there_but_the_ranges_of_members(measured, schema):
    headings = list(table(measured, schema.name)[0])

    names = [column.name for column in schema.columns]
    ranges = {name for name in names if name.endswith(("_min", "_max"))}
    assert sorted(headings) == sorted(set(names) - ranges)
