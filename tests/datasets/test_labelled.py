import numpy as np

from densecell.config import ProjectConfig
from densecell.datasets.labelled import labelled_boxes
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume, write_tiff

SHAPE = (4, 6, 8)
IMAGE = np.arange(np.prod(SHAPE), dtype=np.uint8).reshape(SHAPE)


def project(folder, **entry):
    """Write an image, labels of the first two slices, and a project of one entry."""
    labels = np.full(SHAPE, 255, np.uint8)
    labels[:2] = 1
    for name, array in (("a", IMAGE), ("b", labels)):
        volume = ArrayVolume(array, spacing_nm=(50, 5, 5))
        write_tiff(folder / f"{name}.tif", volume)
    files = {"image": "a.tif", "labels": "b.tif", "spacing_nm": (50, 5, 5)}
    return ProjectConfig(classes="platelet", volumes=({**files, **entry},))


def known(folder, project, *, of="a.tif", box=None):
    box = box or Box.whole(SHAPE)
    found = np.zeros(box.shape, bool)
    for part in labelled_boxes(project, folder, open_volume(folder / of)):
        part.mark(found, box)
    return found


def test_voxels_that_are_not_ignored_are_known(tmp_path):
    found = known(tmp_path, project(tmp_path))

    assert found[:2].all()
    assert not found[2:].any()


def test_a_box_is_asked_for_in_voxels_of_the_volume(tmp_path):
    box = Box((1, 2, 3), (3, 5, 8))

    found = known(tmp_path, project(tmp_path), box=box)

    assert found[0].all()
    assert not found[1].any()


def test_only_slices_and_boxes_that_the_entry_names_are_known(tmp_path):
    boxes = ({"box": ((0, 0, 0), (2, 3, 4))}, {"box": ((0, 5, 5), (4, 6, 8))})

    found = known(tmp_path, project(tmp_path, z=(1, 4), boxes=boxes))

    assert found.sum() == 1 * 3 * 4 + 1 * 1 * 3
    assert found[1, :3, :4].all()
    assert found[1, 5, 5:].all()


def test_boxes_for_some_classes_count_only_for_validation(tmp_path):
    boxes = ({"box": ((0, 0, 0), (2, 3, 4)), "classes": ("cell",)},)

    assert not known(tmp_path, project(tmp_path, boxes=boxes)).any()
    (tmp_path / "eval").mkdir()
    held_out = project(tmp_path / "eval", boxes=boxes, role="eval")
    assert known(tmp_path / "eval", held_out).sum() == 2 * 3 * 4


def test_a_copy_of_the_volume_is_known_and_another_is_not(tmp_path):
    drawn = project(tmp_path)
    np.save(tmp_path / "copy.npy", IMAGE)
    np.save(tmp_path / "other.npy", IMAGE[::-1])

    assert known(tmp_path, drawn, of="copy.npy").any()
    assert not known(tmp_path, drawn, of="other.npy").any()


def test_a_volume_that_is_gone_is_not_the_one_asked_for(tmp_path):
    drawn = project(tmp_path)
    (tmp_path / "a.tif").rename(tmp_path / "moved.tif")
    np.save(tmp_path / "other.npy", IMAGE[::-1])

    assert not known(tmp_path, drawn, of="other.npy").any()
