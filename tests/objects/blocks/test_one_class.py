import numpy as np

from densecell.geometry import Spacing
from densecell.objects.blocks.one_class import (
    Touches,
    joined_bodies,
    touches_across,
    touches_inside,
)
from densecell.objects.runs.encoding import runs_of

FINE = Spacing(40, 10, 10)


def touches(*rows):
    """Contacts (first, second, faces across z, y, x)."""
    table = np.array(rows, np.int64).reshape(-1, 5)
    return Touches(table[:, 0], table[:, 1], table[:, 2:])


def counted(ids, group):
    """Contacts in a drawn block, as rows."""
    runs = runs_of([ids])
    found = touches_inside(runs, ids.shape, runs.of(ids), runs.of(group))
    return [
        (a, b, *faces)
        for a, b, faces in zip(
            found.first.tolist(),
            found.second.tolist(),
            found.faces.tolist(),
            strict=True,
        )
    ]


def test_faces_are_counted_by_axis():
    ids = np.array([[[1, 1, 2], [1, 2, 2]], [[3, 3, 3], [0, 0, 2]]])
    group = np.array([0, 1, 2, 1])[ids]

    assert counted(ids, group) == [(1, 2, 0, 1, 2), (2, 3, 1, 1, 0)]


def test_objects_of_one_group_do_not_count_as_touching():
    ids = np.array([[[1, 2, 2]]])

    assert counted(ids, np.ones_like(ids)) == []


def test_faces_across_blocks_are_counted_along_their_axis():
    before, behind = np.array([[1, 1, 2]]), np.array([[3, 3, 0]])
    groups = np.array([[1, 1, 1]]), np.array([[2, 2, 0]])

    pairs, faces = touches_across(before, behind, *groups, axis=1)

    assert pairs.tolist() == [[1, 3]]
    assert faces.tolist() == [[0, 2, 0]]


def test_the_area_of_a_face_follows_its_axis():
    found = touches((0, 1, 1, 0, 0), (0, 2, 0, 1, 0), (0, 3, 0, 0, 1))

    assert found.areas_nm2(Spacing(40, 10, 20)).tolist() == [200, 800, 400]


def test_an_unsure_splinter_joins_the_body_that_it_lies_on():
    voxels = np.array([1000, 30])
    confidence = np.array([1000 * 250, 30 * 120])

    owner = joined_bodies(
        touches((0, 1, 5, 10, 10)), voxels, confidence, spacing_nm=FINE
    )

    assert owner.tolist() == [0, 0]


def test_a_sure_object_stays_one_of_its_own():
    voxels = np.array([1000, 30])
    confidence = np.array([1000 * 250, 30 * 250])

    owner = joined_bodies(
        touches((0, 1, 5, 10, 10)), voxels, confidence, spacing_nm=FINE
    )

    assert owner.tolist() == [0, 1]


def test_an_object_that_hardly_touches_stays_one_of_its_own():
    voxels = np.array([1000, 900])
    confidence = np.array([1000 * 250, 900 * 120])

    owner = joined_bodies(touches((0, 1, 0, 1, 1)), voxels, confidence, spacing_nm=FINE)

    assert owner.tolist() == [0, 1]


def test_a_splinter_between_two_bodies_joins_one_and_never_makes_them_one():
    voxels = np.array([1000, 800, 30])
    confidence = np.array([1000 * 250, 800 * 250, 30 * 100])
    contacts = touches((0, 2, 2, 8, 8), (1, 2, 3, 9, 9))

    owner = joined_bodies(contacts, voxels, confidence, spacing_nm=FINE)

    assert owner.tolist() == [0, 1, 1]  # the one that it shares more area with


def test_a_splinter_on_a_splinter_joins_the_body():
    voxels = np.array([1000, 60, 10])
    confidence = voxels * 100
    contacts = touches((0, 1, 9, 9, 9), (1, 2, 4, 4, 4))

    owner = joined_bodies(contacts, voxels, confidence, spacing_nm=FINE)

    assert owner.tolist() == [0, 0, 0]


def test_no_contact_is_fine():
    none = np.zeros(0, np.int64)

    assert joined_bodies(touches(), none, none, spacing_nm=FINE).tolist() == []
