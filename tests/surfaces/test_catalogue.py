import numpy as np
import pytest

from densecell.classes import ClassScheme
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
