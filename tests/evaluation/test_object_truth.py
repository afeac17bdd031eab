import numpy as np

from densecell.classes import ClassScheme
from densecell.evaluation.object_truth import Placed, true_components
from densecell.geometry import Box
from densecell.volume import ArrayVolume


def placed(rows):
    return Placed(ArrayVolume(np.array([rows], np.uint16)))


def test_touching_voxels_of_a_class_and_what_lies_in_it_are_one_object():
    classes = placed([[2, 0, 5, 6, 2], [0, 2, 0, 0, 2], [0, 0, 0, 5, 3]])
    box = Box.whole((1, 3, 5))

    found = true_components(
        classes, ClassScheme.platelet(), ["organelles", "parts"], box=box
    )

    organelles = found["organelles"].read(box)[0]
    assert organelles[0, 0] == organelles[1, 1] > 0  # they share a corner
    assert organelles[0, 2] == organelles[0, 3] > 0  # a granule and its core
    assert len(np.unique(organelles)) == 6
    assert found["parts"].read(box)[0].tolist() == [[0, 0, 0, 1, 0], [0] * 5, [0] * 5]


def test_cells_of_class_zero_are_cells():
    scheme = ClassScheme.drosophila_vnc()
    classes = placed([[0, 0, 3, 1, 0, 0, 1, 2]])
    box = Box.whole((1, 1, 8))

    cells = true_components(classes, scheme, ["cells"], box=box)["cells"]

    assert cells.read(box).tolist() == [[[1, 1, 1, 0, 2, 2, 0, 0]]]
