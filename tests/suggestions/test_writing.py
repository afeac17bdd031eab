import csv

import numpy as np
import pytest

from densecell.datasets.crop import read_painted_crops
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Box
from densecell.suggestions import (
    box_size,
    open_material,
    rank,
    read_candidates,
    write_suggestions,
)
from densecell.suggestions.ranking import Pick
from densecell.suggestions.writing import reasons
from densecell.volume import ArrayVolume, open_volume, write_tiff

SIZE = (1, 20, 24)


@pytest.fixture(scope="module")
def seen(segmented):
    material = open_material(segmented / "result")
    return material, read_candidates(material, box_size(material.shape, SIZE))


def written(folder, seen, count=3):
    material, found = seen
    picks = rank(found, count, spacing_nm=material.spacing_nm, members=2)
    folder.mkdir(exist_ok=True)
    return write_suggestions(folder, material, found, picks)


def rows(folder):
    with (folder / "suggestions.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def box_of(row):
    corner = [int(row[f"{axis}{end}"]) for end in (0, 1) for axis in "zyx"]
    return Box(tuple(corner[:3]), tuple(corner[3:]))


def test_the_table_names_boxes_of_the_whole_volume_and_why(tmp_path, seen, segmented):
    folder = written(tmp_path, seen)

    assert [row["crop"] for row in rows(folder)] == ["crop_01", "crop_02", "crop_03"]
    volume = open_volume(segmented / "new.tif")
    for row in rows(folder):
        box = box_of(row)
        image = open_volume(folder / row["crop"] / "image.tif")
        whole = Box.whole(box.shape)
        np.testing.assert_array_equal(image.read(whole), volume.read(box))
        assert "% of the members' votes differ (more than in " in row["why"]
        assert box.start[0] not in (0, 2)  # not segmented, and labelled already


def test_crops_begin_from_what_was_predicted(tmp_path, seen, segmented):
    folder = written(tmp_path, seen)

    labels = segmented / "result" / "segmentation.zarr" / "labels" / "classes"
    row = rows(folder)[0]
    box = box_of(row).shifted((-1, 0, 0))
    filled = open_volume(folder / "crop_01" / "labels.tif").read(Box.whole(box.shape))
    np.testing.assert_array_equal(filled, open_volume(labels).read(box))
    assert len(read_painted_crops([folder])[1]) == 3


def test_the_same_again_has_the_same_bytes(tmp_path, seen):
    one, two = (written(tmp_path / name, seen) for name in "ab")

    files = [p.relative_to(one) for p in sorted(one.rglob("*")) if p.is_file()]
    assert len(files) > 20
    assert all((one / f).read_bytes() == (two / f).read_bytes() for f in files)


def test_what_is_there_is_refused_and_replaced_when_asked(tmp_path, seen):
    folder = written(tmp_path, seen)
    before = (folder / "suggestions.csv").read_bytes()
    material, found = seen

    with pytest.raises(
        OutputError, match=r"suggest: holds suggestions already; take what"
    ):
        written(tmp_path, seen, 1)
    assert (folder / "suggestions.csv").read_bytes() == before

    pick = Pick(0, 0.5, 0.5, 0.5)
    write_suggestions(tmp_path, material, found, [pick], overwrite=True)
    assert len(rows(folder)) == 1
    assert not (folder / "crop_02").exists()


def test_when_nothing_is_left_to_label_it_says_so(tmp_path, seen):
    with pytest.raises(
        VolumeError, match="every box of 1 20 24 voxels holds labelled voxels"
    ):
        write_suggestions(tmp_path, *seen, [])


def test_reasons_name_a_class_that_is_frequent_there(seen):
    material, found = seen
    shares = np.zeros_like(found.shares)
    shares[:, 0], shares[3] = 1, (0.9, 0.1)
    found = found._replace(shares=shares, disagreement=np.full(len(shares), 0.025))

    text = reasons(Pick(3, 0.5, 1, 0.75), found, material)

    assert text == (
        "2.5 % of the members' votes differ (more than in 50 % of the boxes); 45.0 "
        "times the usual share of disc; rather like what is labelled or named before"
    )


def paint(folder, name="crop_01", value=1):
    """Paint a crop as a program of somebody's would, in one piece."""
    labels = folder / name / "labels.tif"
    shape = open_volume(labels).shape
    ids = ArrayVolume(np.full(shape, value, np.uint8), spacing_nm=(40, 10, 10))
    write_tiff(labels, ids, overwrite=True)


def replaced(folder, seen, **material):
    pick = Pick(0, 0.5, 0.5, 0.5)
    now = seen[0]._replace(**material)
    write_suggestions(folder.parent, now, seen[1], [pick], overwrite=True)


def test_painted_crops_that_no_project_holds_are_kept(tmp_path, seen):
    folder = written(tmp_path, seen)
    paint(folder, "crop_02")
    before = (folder / "crop_02" / "labels.tif").read_bytes()

    with pytest.raises(
        OutputError,
        match=r"crop_02: somebody painted in it, and the project does not hold that; ",
    ):
        replaced(folder, seen)

    assert (folder / "crop_02" / "labels.tif").read_bytes() == before
    assert len(rows(folder)) == 3
    assert list(tmp_path.iterdir()) == [folder]
