import numpy as np
import pytest

from densecell.objects.again import Found, IdStores, measured_again, membrane_nm
from densecell.objects.blocks.object_runs import Item
from densecell.result import Result, box_of
from densecell.result.tables import field_text


@pytest.fixture
def stores(measured):
    result = Result(measured)
    return IdStores(
        lambda layer, box: result.objects[layer].read(box), result.measurement, None
    )


@pytest.mark.parametrize("layer", ["cells", "organelles", "parts"])
def test_the_same_voxels_give_the_same_digits(measured, stores, layer):
    result = Result(measured)
    rows = result.rows(layer)
    ids = {kind.name: i for i, kind in result.scheme.classes.items()}
    found = [
        Found(Item(layer, n, box_of(row)), ids[row["class"]]) for n, row in rows.items()
    ]

    columns = measured_again(stores, layer, found)

    assert len(rows) > 0
    for k, row in enumerate(rows.values()):
        for name, values in columns.items():
            if name != "nearest_neighbour_nm":
                assert (name, field_text(values[k])) == (name, row[name])


def test_hosts_and_distances_are_those_of_the_tables(measured, stores):
    result = Result(measured)
    rows = result.rows("organelles")
    items = [Item("organelles", n, box_of(row)) for n, row in rows.items()]
    cells = {n: box_of(row) for n, row in result.rows("cells").items()}

    hosts = stores.hosts(items, "cells")
    nm = membrane_nm(stores, cells, [*zip(items, hosts.tolist(), strict=True)])

    assert hosts.tolist() == [int(row["cell_id"]) for row in rows.values()]
    assert [field_text(value) for value in nm] == [
        row["membrane_distance_nm"] for row in rows.values()
    ]


def test_without_a_cell_there_is_no_distance(measured, stores):
    row = Result(measured).rows("organelles")[1]

    nm = membrane_nm(stores, {}, [(Item("organelles", 1, box_of(row)), 0)])

    assert np.isnan(nm).all()
