import shutil

import pytest

from densecell.errors import VolumeError
from densecell.viewer import open_contents


def test_a_complete_result_lacks_nothing(finished):
    contents = open_contents(finished / "result")

    assert contents.missing == ()
    assert list(contents.result.objects) == list(contents.meshes)
    assert list(contents.result.objects) == ["cells", "organelles", "parts"]
    assert contents.tables["parts"][1]["class"] == "dense granule core"
    assert contents.result.box.start == (2, 10, 0)


def test_a_folder_that_is_no_result_is_refused(tmp_path):
    with pytest.raises(VolumeError, match=f"{tmp_path}: is no result .* run.yaml"):
        open_contents(tmp_path)


def test_a_result_without_labels_is_refused(copied):
    shutil.rmtree(copied / "result" / "segmentation.zarr" / "labels" / "classes")

    with pytest.raises(VolumeError, match=r"no labels in .*; run `densecell seg"):
        open_contents(copied / "result")


def test_an_unfinished_result_is_shown_and_said(copied):
    (copied / "result" / "agreement.json").unlink()

    (sentence,) = open_contents(copied / "result").missing

    assert "is not segmented to its end" in sentence


def test_a_result_without_objects_names_the_command(copied):
    for name in ("cells", "organelles", "parts"):
        shutil.rmtree(copied / "result" / "segmentation.zarr" / "labels" / name)

    contents = open_contents(copied / "result")

    (sentence,) = contents.missing
    assert f"`densecell measure {copied / 'result'}` finds them" in sentence
    assert (contents.result.objects, contents.meshes, contents.tables) == ({}, {}, {})


def test_deleted_meshes_name_the_command(copied):
    shutil.rmtree(copied / "result" / "meshes")

    contents = open_contents(copied / "result")

    (sentence,) = contents.missing
    assert f"`densecell mesh {copied / 'result'}` makes them" in sentence
    assert list(contents.result.objects) == ["cells", "organelles", "parts"]


def test_an_image_that_moved_away_is_expected_somewhere(copied, change_run):
    change_run(copied / "result", path="/moved/image.tif")

    contents = open_contents(copied / "result")

    (sentence,) = contents.missing
    assert "/moved/image.tif, which is not there any more" in sentence
    assert contents.image is None


def test_another_image_in_its_place_is_not_shown(copied, change_run):
    change_run(copied / "result", shape=[15, 60, 301])

    (sentence,) = open_contents(copied / "result").missing

    assert "has shape (15, 60, 300), but (15, 60, 301)" in sentence
