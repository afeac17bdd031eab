import numpy as np
import pytest

from densecell.classes import CellClass, ClassScheme
from densecell.errors import VolumeError
from densecell.geometry import Box, Spacing
from densecell.surfaces import catalogue
from densecell.surfaces.catalogue import Listed, list_objects
from densecell.volume import ArrayVolume

SCHEME = ClassScheme.platelet()


def volume(rows):
    return ArrayVolume(np.array(rows, np.uint32)[None], spacing_nm=Spacing(40, 10, 10))


OBJECTS = [[7, 7, 0, 0, 0], [7, 0, 0, 2, 2], [0, 0, 0, 2, 9]]
LABELS = [[2, 1, 0, 0, 0], [2, 0, 0, 3, 5], [0, 0, 0, 5, 1]]
CELLS = [[4, 0, 0, 0, 0], [6, 0, 0, 5, 5], [0, 0, 0, 6, 0]]


@pytest.mark.parametrize("block", [(1, 1, 2), (1, 2, 3), (9, 9, 9)])
def test_boxes_classes_and_cells_do_not_depend_on_blocks(monkeypatch, block):
    monkeypatch.setattr(catalogue, "BLOCK", block)

    found = list_objects(
        volume(OBJECTS), volume(LABELS), SCHEME, role="organelle", cells=volume(CELLS)
    )

    assert found == [
        Listed(2, 5, 5, Box((0, 1, 3), (1, 3, 5)), 3),
        Listed(7, 2, 4, Box((0, 0, 0), (1, 2, 2)), 3),  # 4 and 6: the lowest
        Listed(9, 1, 0, Box((0, 2, 4), (1, 3, 5)), 1),  # no organelle under it
    ]


def test_a_granule_of_mostly_core_is_a_granule():
    granule = volume([[1, 1, 1, 1, 0]])
    labels = volume([[5, 6, 6, 6, 1]])

    (whole,) = list_objects(granule, labels, SCHEME, role="organelle")
    (core,) = list_objects(granule, labels, SCHEME, role="organelle", depth=1)

    assert (whole.class_id, core.class_id) == (5, 6)


def test_a_class_in_a_part_or_a_cell_counts_as_that():
    rows = {
        0: ("outside", None, "background"),
        1: ("neuron", None, "cell"),
        2: ("glia", None, "cell"),
        3: ("mitochondrion", "neuron", "organelle"),
        4: ("crista", "mitochondrion", "organelle"),
        5: ("grain", "crista", "organelle"),
    }
    classes = {
        i: CellClass(name=name, colour=(0, 0, 0), role=role, parent=parent)
        for i, (name, parent, role) in rows.items()
    }
    scheme = ClassScheme(classes=classes)
    ids = volume([[1, 1, 1, 1, 1, 1, 1]])
    labels = volume([[1, 2, 2, 3, 4, 5, 5]])

    def found(role, depth):
        (listed,) = list_objects(ids, labels, scheme, role=role, depth=depth)
        return listed.class_id

    assert found("cell", 0) == 1  # 5 of 7 voxels lie in neurons
    assert found("organelle", 0) == 3
    assert found("organelle", 1) == 4


def test_cells_are_their_own_cells():
    found = list_objects(
        volume(CELLS), volume(LABELS), SCHEME, role="cell", own_cell=True
    )

    assert [o.cell for o in found] == [o.id for o in found] == [4, 5, 6]


def test_an_empty_store_has_no_objects():
    nothing = volume(np.zeros((2, 3), np.uint32))

    assert list_objects(nothing, nothing, SCHEME, role="cell", own_cell=True) == []


def test_stores_of_unlike_shapes_are_refused():
    with pytest.raises(VolumeError, match=r"has shape \(1, 3, 5\), but .*\(1, 2, 5\)"):
        list_objects(volume(OBJECTS), volume(LABELS[:2]), SCHEME, role="organelle")
