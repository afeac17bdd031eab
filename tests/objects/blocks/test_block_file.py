"""What a stage saves is what the next one reads, part by part."""

import numpy as np
import pytest

from densecell.geometry import Box
from densecell.objects.blocks.block_file import (
    BlockFile,
    BlockIds,
    MatchedBlock,
    MatchedLayer,
    NumberedBlock,
    NumberedLayer,
    load_arrays,
    save_array,
    save_arrays,
)
from densecell.objects.cut.blockwise import HaloView
from densecell.objects.runs.sums import Sums

CORE = Box((1, 0, 2), (2, 2, 5))  # two rows of three voxels
VIEW = HaloView(Box((0, 0, 1), (2, 2, 5)), np.ones((2, 2, 4), np.uint32), 7)
ROWS = np.array([[1, 2, 3]])


def layer(**changes):
    """Two objects in three pieces: 2, none, 1."""
    sums = Sums(*(np.full(2, n) for n in range(len(Sums._fields))))
    return NumberedLayer(
        ids=np.array([2, 0, 1], np.uint32),
        group=np.array([0, 4, 9], np.uint8),
        around=np.array([[1, 2]], np.uint64),
        sums=sums,
        views={4: VIEW},
        touches=np.array([[1, 2, 3, 0, 4]]),
        host=None,
        in_cells=None,
    )._replace(**changes)


@pytest.fixture
def file(tmp_path):
    """A block of runs aab / bcc, with two layers."""
    NumberedBlock(
        start=np.array([0, 2, 3, 4]),
        piece=np.array([0, 1, 1, 2]),
        voxels=np.array([5, 6]),
        contacts=np.array([[0, 8], [8, 0]]),
        layers={"cells": layer(), "organelles": layer(host=ROWS, views={})},
    ).save(tmp_path / "000000.npz")
    return BlockFile(tmp_path / "000000.npz")


def test_every_part_is_read_as_it_was_saved(file):
    assert file.voxels().tolist() == [5, 6]
    assert file.contacts().tolist() == [[0, 8], [8, 0]]
    assert file.group("cells").tolist() == [0, 4, 9]
    assert file.touches("cells").tolist() == [[1, 2, 3, 0, 4]]
    assert file.host("organelles").tolist() == ROWS.tolist()
    group, around, sums = file.objects("organelles")
    assert group.tolist() == [0, 4, 9]
    assert around.tolist() == [[1, 2]]
    for number, field in enumerate(sums):
        assert field.tolist() == [number, number]


def test_a_view_is_there_only_where_the_group_was_cut(file):
    view = file.view("cells", 4)

    assert (view.box, view.last) == (VIEW.box, 7)
    np.testing.assert_array_equal(view.objects, VIEW.objects)
    assert file.view("cells", 1) is None
    assert file.view("organelles", 4) is None


def test_what_was_not_saved_is_missed(file):
    with pytest.raises(KeyError, match=r"cells\.cells"):
        file.in_cells("cells")
    with pytest.raises(KeyError, match=r"cells\.host"):
        file.host("cells")


def test_members_have_their_overlaps_with_cells(tmp_path):
    NumberedBlock(
        start=np.array([0]),
        piece=np.array([0]),
        voxels=np.array([6]),
        contacts=np.zeros((1, 1), int),
        layers={"cells": layer(in_cells=ROWS + 1)},
    ).save(tmp_path / "a.npz")

    file = BlockFile(tmp_path / "a.npz")

    assert file.in_cells("cells").tolist() == [[2, 3, 4]]


def test_ids_of_voxels_are_those_of_their_pieces(file):
    ids = BlockIds(file, CORE, ["cells"])

    assert ids.of("cells").tolist() == [2, 0, 1]
    assert ids.group("cells").tolist() == [9, 0, 4]
    whole = ids.spread(ids.of("cells"), CORE)
    assert whole.tolist() == [[[2, 2, 0], [0, 1, 1]]]
    part = ids.spread(ids.group("cells"), Box((1, 1, 2), (2, 2, 4)))
    assert part.tolist() == [[[0, 4]]]


def test_matches_are_read_as_they_were_saved(tmp_path):
    same, none = np.array([[1, 2]], np.uint64), np.zeros((0, 2), np.uint64)
    faces = np.array([[3, 0, 4]])
    saved = MatchedLayer(same, none, same, faces)
    MatchedBlock({"cells": saved}).save(tmp_path / "a.npz")

    found = MatchedBlock.load(tmp_path / "a.npz", ["cells"]).layers["cells"]

    for field, expected in zip(found, saved, strict=True):
        np.testing.assert_array_equal(field, expected)


def test_files_are_replaced_whole_and_nothing_is_left_beside_them(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, {"one": np.array([1])})

    save_arrays(path, {"two": np.array([2]), "three": np.array([3])})
    save_array(tmp_path / "b.npy", np.array([4]))

    assert load_arrays(path).keys() == {"two", "three"}
    assert load_arrays(path, "three", "one").keys() == {"three"}
    assert np.load(tmp_path / "b.npy").tolist() == [4]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npy"]
