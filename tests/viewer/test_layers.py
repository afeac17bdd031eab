import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.viewer import layers
from densecell.viewer.layers import (
    class_layer,
    objects_layer,
    placed_meshes,
    placed_voxels,
)

SCHEME = ClassScheme.platelet()
NM = Spacing(40, 10, 5)


@pytest.mark.parametrize(("centred", "shift"), [(True, 0.5), (False, 0.0)])
def test_voxels_have_their_corners_at_whole_numbers(centred, shift):
    transform = placed_voxels("zarr3://x", NM, start=(2, 3, 7), centred=centred)[
        "transform"
    ]

    np.testing.assert_array_equal(np.array(transform["matrix"])[:, :3], np.eye(3))
    assert [row[3] for row in transform["matrix"]] == [2 + shift, 3 + shift, 7 + shift]
    assert transform["outputDimensions"] == {
        "z": [4e-8, "m"],
        "y": [1e-8, "m"],
        "x": [5e-9, "m"],
    }


def test_meshes_are_moved_in_nanometres_x_first():
    transform = placed_meshes("precomputed://x", NM, start=(2, 3, 7))["transform"]

    assert [row[3] for row in transform["matrix"]] == [35, 30, 80]


def test_the_background_is_not_drawn():
    layer = class_layer("classes", [], SCHEME, visible=True)

    assert layer["segments"] == ["1", "2", "3", "4", "5", "6"]
    assert set(layer["segmentColors"]) == {"0", *layer["segments"]}


def test_organelles_have_the_colour_of_their_class_unless_they_are_many(monkeypatch):
    classes = {4: "mitochondrion", 9: "cell"}

    def colours(are_cells=False):
        return objects_layer(
            "x", [], classes=classes, drawn=[9, 4], scheme=SCHEME, are_cells=are_cells
        )["segmentColors"]

    assert colours() == {"4": "#e74ce8", "9": "#105e15"}
    assert colours(are_cells=True) == {}
    monkeypatch.setattr(layers, "MANY", 1)
    assert colours() == {}
