import shutil

import numpy as np
import pytest

from densecell.datasets.labelled import LabelledBox
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.suggestions import open_material, write_crops
from densecell.suggestions.unsaved import refuse_to_lose
from densecell.volume import ArrayVolume, open_volume, write_tiff

BESIDE = ("suggestions.csv", "overview.png")
BOX = Box((3, 8, 8), (4, 28, 32))  # of the first crop, in voxels of the result


@pytest.fixture(scope="module")
def material(segmented):
    return open_material(segmented / "result")


@pytest.fixture(scope="module")
def written(material, tmp_path_factory):
    """Two crops that nobody has painted in: do not touch."""
    folder = tmp_path_factory.mktemp("written") / "suggest"
    write_crops(folder, material, [BOX, BOX.shifted((1, 0, 0))])
    for name in BESIDE:
        (folder / name).touch()
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "suggest")


def paint(folder, value):
    """Paint the first crop as a program of somebody's would, in one piece."""
    labels = folder / "crop_01" / "labels.tif"
    shape = open_volume(labels).shape
    ids = ArrayVolume(np.full(shape, value, np.uint8), spacing_nm=(40, 10, 10))
    write_tiff(labels, ids, overwrite=True)


def test_crops_that_nobody_painted_in_may_go(folder, tmp_path):
    refuse_to_lose(folder, [], beside=BESIDE)
    refuse_to_lose(tmp_path / "absent", [], beside=BESIDE)


@pytest.mark.parametrize(("held", "gone"), [(1, True), (0, False), (255, False)])
def test_painted_crops_go_where_the_project_holds_the_same(
    folder, material, held, gone
):
    paint(folder, 1)
    volume = ArrayVolume(np.full(material.run.volume.shape, held, np.uint8))
    known = LabelledBox(BOX.shifted(material.origin), volume, 255, None)

    if gone:
        refuse_to_lose(folder, [known], beside=BESIDE)
    else:
        with pytest.raises(OutputError, match="crop_01: somebody painted in it"):
            refuse_to_lose(folder, [known], beside=BESIDE)


def test_what_is_not_labelled_in_a_crop_need_not_be_held(folder):
    paint(folder, 255)

    refuse_to_lose(folder, [], beside=BESIDE)


def test_crops_that_cannot_be_read_are_kept(folder):
    (folder / "crop_02" / "labels.tif").write_bytes(b"half")

    with pytest.raises(OutputError, match=r"nothing was dropped, .*ove .*crop_02 away"):
        refuse_to_lose(folder, [], beside=BESIDE)


@pytest.mark.parametrize("name", ["notes.txt", "crop_01/painted.tif", "mine/a.tif"])
def test_files_of_the_user_are_kept(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine", encoding="utf-8")

    with pytest.raises(OutputError, match="was not written by densecell and would be"):
        refuse_to_lose(folder, [], beside=BESIDE)


def test_files_of_operating_systems_are_not_kept(folder):
    for name in (".DS_Store", "crop_01/Thumbs.db"):
        (folder / name).write_text("", encoding="utf-8")

    refuse_to_lose(folder, [], beside=BESIDE)
