"""Counts and fractions in cells, and columns of ranges."""

from types import SimpleNamespace

import numpy as np
import pytest

from densecell.objects.layers import ClassGroup, ObjectLayer
from densecell.objects.tables.table_input import (
    MemberRange,
    TableInput,
    counts_in_cells,
    fractions_in_cells,
)

CELL, MITO, GRANULE = (
    ClassGroup(i, (i,), (), needs_cell=True, split=None) for i in (1, 2, 5)
)
LAYERS = (ObjectLayer("cells", (CELL,)), ObjectLayer("organelles", (MITO, GRANULE)))


class Drawn(SimpleNamespace):
    """Stands for objects."""

    def __len__(self):
        return len(self.group)


def drawn(class_id, voxels, host=()):
    return Drawn(
        group=np.ones(len(voxels), int),
        class_id=np.array(class_id),
        sums=SimpleNamespace(voxels=np.array(voxels)),
        host=np.array(host),
    )


@pytest.fixture
def m():
    """Three cells; of five organelles one lies in none."""
    cells = drawn([1, 1, 1], [10, 4, 8])
    organelles = drawn([2, 2, 5, 2, 2], [2, 2, 4, 9, 1], host=[3, 3, 1, 0, 1])
    found = {"cells": cells, "organelles": organelles}
    ranges = {("cell_count", 2): MemberRange(np.array([0, 1]), np.array([2, 1]))}
    return TableInput(None, LAYERS, found, {}, None, None, ranges)


def test_organelles_are_counted_by_class_and_cell(m):
    assert counts_in_cells(m, 2).tolist() == [1, 0, 2]
    assert counts_in_cells(m, 5).tolist() == [1, 0, 0]
    with pytest.raises(KeyError):
        counts_in_cells(m, 1)  # cells are in no cell


def test_a_fraction_is_the_volume_of_the_organelles_over_that_of_the_cell(m):
    assert fractions_in_cells(m, 2).tolist() == [0.1, 0, 0.5]
    assert fractions_in_cells(m, 5).tolist() == [0.4, 0, 0]


def test_a_range_is_two_columns_if_there_is_one(m):
    columns = m.range_columns("cell_count", 2, "mito_count")

    assert {k: v.tolist() for k, v in columns.items()} == {
        "mito_count_min": [0, 1],
        "mito_count_max": [2, 1],
    }
    assert m.range_columns("cell_count", 5, "granule_count") == {}
    assert m.organelle_groups == [MITO, GRANULE]
