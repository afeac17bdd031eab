import numpy as np

from densecell.objects.cut.basins import Basin, BasinFace, basins_of, faces_of

BASINS = np.array([[[1, 1, 2, 2, 0, 3]]], np.uint32)
DEPTH = np.array([[[3, 2, 4, 0, 0, 1]]], np.float32)


def test_a_basin_is_what_has_depth():
    found = basins_of(BASINS, DEPTH)

    assert found == {
        1: Basin(3.0, 2, (0, 0, 1), (0, 0, 1, 0, 0, 0)),
        2: Basin(4.0, 1, (0, 0, 2), (0, 0, 4, 0, 0, 0)),
        3: Basin(1.0, 1, (0, 0, 5), (0, 0, 25, 0, 0, 0)),
    }


def test_a_basin_without_depth_is_empty():
    found = basins_of(BASINS, np.zeros(DEPTH.shape, np.float32))

    assert found[2] == Basin(0.0, 0, (0, 0, 0), (0, 0, 0, 0, 0, 0))


def test_sums_of_joined_basins_are_those_of_one():
    whole = basins_of(np.minimum(BASINS, 1), DEPTH)[1]
    parts = basins_of(BASINS, DEPTH)

    assert parts[1].joined(parts[2]).joined(parts[3]) == whole


def test_basins_meet_at_faces_edges_and_corners():
    basins = np.array([[[1, 2], [0, 0]], [[0, 0], [0, 3]]], np.uint32)
    depth = np.array([[[5, 2], [0, 0]], [[0, 0], [0, 4]]], np.float32)

    found = faces_of(basins, depth)

    assert found == {
        (1, 2): BasinFace(2.0, 2.0, 1),
        (1, 3): BasinFace(4.0, 4.0, 1),
        (2, 3): BasinFace(2.0, 2.0, 1),
    }


def test_a_face_has_all_pairs_and_the_deepest_of_them():
    basins = np.array([[[1, 2], [1, 2]]], np.uint32)
    depth = np.array([[[5, 2], [3, 4]]], np.float32)

    found = faces_of(basins, depth)

    assert found == {(1, 2): BasinFace(4.0, 2 + 3 + 4 + 2, 4)}


def test_pairs_without_depth_make_a_face_no_less_deep():
    basins = np.array([[[1, 2], [1, 2]]], np.uint32)
    depth = np.array([[[5, 3], [0, 0]]], np.float32)

    found = faces_of(basins, depth)

    assert found == {(1, 2): BasinFace(3.0, 3.0, 1)}
