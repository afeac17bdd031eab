import base64

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.report.pictures.scene import scene_data, still_picture
from densecell.report.pictures.solids import Solid
from densecell.surfaces import Triangles

CORNERS = np.array([(1, 2, 3), (2, 2, 3), (1, 4, 3), (1, 2, 7)], np.float32)
FACES = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.uint32)
SOLIDS = [
    Solid("cell", 5, 5, Triangles(CORNERS, FACES)),
    Solid("mitochondrion", 8, 5, Triangles(CORNERS[:3], FACES[:1])),
    Solid("dense granule", 9, 0, Triangles(CORNERS, FACES)),
]


def test_points_and_triangles_come_back_as_the_script_reads_them():
    data = scene_data(SOLIDS, ClassScheme.platelet())

    packed = base64.b64decode(data["bytes"])
    for solid, thing in zip(SOLIDS, data["objects"], strict=True):
        number, object_id, cell, offset, points, faces, wide, low, span = thing
        assert data["classes"][number]["plain"] == solid.class_name
        assert (object_id, cell, wide) == (solid.id, solid.cell, 0)
        assert offset % 4 == 0
        steps = np.frombuffer(packed, "<u2", 3 * points, offset).reshape(-1, 3)
        found = np.array(low) + steps / 65535 * np.array(span)
        np.testing.assert_allclose(found, solid.triangles.points, atol=1e-4)
        end = offset + 6 * points
        corners = np.frombuffer(packed, "<u2", 3 * faces, end).reshape(-1, 3)
        np.testing.assert_array_equal(corners, solid.triangles.faces)


def test_what_holds_others_is_drawn_last_and_can_be_looked_through():
    data = scene_data(SOLIDS, ClassScheme.platelet())

    names = [c["plain"] for c in data["classes"]]
    assert names == ["mitochondrion", "dense granule", "cell"]
    assert [c["opacity"] for c in data["classes"]] == [1.0, 0.45, 0.2]
    assert data["cells"] == [5]
    assert data["outside"] is True
    assert data["by_cell"] is False


def test_cells_alone_hide_nothing_and_are_told_apart_by_colour():
    cells = [SOLIDS[0], SOLIDS[0]._replace(id=6, cell=6)]

    one, two = (scene_data(cells[:n], ClassScheme.platelet()) for n in (1, 2))

    assert [c["opacity"] for c in two["classes"]] == [1.0]
    assert [c["is_cell"] for c in two["classes"]] == [True]
    assert two["by_cell"] is True
    assert one["by_cell"] is False
    assert [c["opacity"] for c in one["classes"]] == [0.2]


@pytest.mark.parametrize(
    ("sides", "room"),
    [((2, 2, 2), 1), ((1, 8, 8), 129**0.5 / 4 / 3**0.5), ((0, 5, 5), 3.791)],
)
def test_a_flat_scene_is_looked_at_from_further_off(sides, room):
    corners = np.array([(0, 0, 0), sides, (0, sides[1], 0)], np.float32)
    flat = Solid("cell", 1, 1, Triangles(corners + 7, FACES[:1]))

    data = scene_data([flat], ClassScheme.platelet())

    assert data["room"] == pytest.approx(room, abs=1e-3)


def test_equal_scenes_give_equal_still_pictures():
    first, second = (still_picture(SOLIDS, ClassScheme.platelet()) for _ in range(2))

    assert first.startswith(b"\x89PNG")
    assert first == second
