import hashlib

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import ProjectConfig
from densecell.datasets import add_labels as module
from densecell.datasets.add_labels import add_labels
from densecell.datasets.crop import CropRecord, hash_array, write_crop
from densecell.datasets.project import read_project
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import Box
from densecell.patches import load_labelled
from densecell.volume import ArrayVolume, open_volume, write_tiff

SHAPE, NM = (7, 60, 80), (40.0, 10.0, 10.0)
SCHEME = ClassScheme.platelet()
IMAGE = np.random.default_rng(0).integers(0, 255, SHAPE).astype(np.uint8)
BOX = Box((3, 20, 40), (4, 30, 56))
PROJECT = """\
# mine
format: 1
classes: platelet
volumes:
- image: a.tif
  labels: a_labels.tif
  spacing_nm: [40, 10, 10]
  z: [0, 2]
- {image: a.tif, labels: a_labels.tif, spacing_nm: [40, 10, 10], role: eval, z: [6, 7]}
training: {steps: 4}  # few
"""


@pytest.fixture
def folder(tmp_path):
    """Project in which the first two slices of a volume are labelled, and the last."""
    labels = np.full(SHAPE, 255, np.uint8)
    labels[:2] = labels[6:] = np.arange(80) % 4
    for name, array in (("a", IMAGE), ("a_labels", labels)):
        write_tiff(tmp_path / f"{name}.tif", ArrayVolume(array, spacing_nm=NM))
    (tmp_path / "project.yaml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def crop(folder, name="crop_01", box=BOX, *, ids=None, scheme=SCHEME, **changes):
    """Write a crop of the volume and paint in it."""
    filled = np.zeros(box.shape, np.uint8)
    record = CropRecord(
        volume=folder / "a.tif",
        shape=SHAPE,
        spacing_nm=NM,
        box=tuple(box),
        classes=scheme,
        image=hash_array(IMAGE[box.slices]),
        labels=hash_array(filled),
    ).model_copy(update=changes)
    place = folder / "suggest" / name
    write_crop(place, record, IMAGE[box.slices], filled)
    if ids is None:
        ids = (np.arange(filled.size).reshape(box.shape) % 3).astype(np.uint8)
        ids[0, 0, 0] = 255
    labels = ArrayVolume(ids, spacing_nm=NM)
    write_tiff(place / "labels.tif", labels, overwrite=True)
    return place


def contents(folder):
    return {
        p: hashlib.sha256(p.read_bytes()).digest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def refused(folder, paths, message, error=VolumeError, **options):
    """See that an error says so, and that nothing has changed."""
    before = contents(folder)
    with pytest.raises(error, match=message):
        add_labels(folder, paths, **options)
    assert contents(folder) == before


def test_what_was_painted_is_learned_from(folder):
    place = crop(folder)

    added = add_labels(folder, [place])

    assert added == ((place / "labels.tif",), 159, (), ())
    first, second = load_labelled(read_project(folder), folder, role="train")
    assert first.shape == (2, 60, 80)
    known = np.argwhere(second.channels != 255)
    assert len(known) == 159
    # Two slices and 32 pixels of image lie around it, as far as there are any.
    assert second.shape == (5, 60, 72)
    np.testing.assert_array_equal(known.min(axis=0), (2, 20, 32))
    assert second.channels[2, 20, 33] == 1
    assert second.statistics == first.statistics  # those of the whole volume


def test_the_project_stays_as_it_was_written(folder):
    add_labels(folder, [crop(folder)])

    text = (folder / "project.yaml").read_text(encoding="utf-8")
    head, tail = PROJECT[: PROJECT.index("training:")], "training: {steps: 4}  # few\n"
    assert text.startswith(head)
    assert text.endswith(tail)
    entry = read_project(folder).volumes[2]
    assert str(entry.image) == "a.tif"
    assert str(entry.labels) == "labels/a_001.zarr"
    assert entry.boxes[0].box == tuple(BOX)


def test_labels_stand_where_they_belong_and_nowhere_else(folder):
    add_labels(folder, [crop(folder)])

    stored = open_volume(folder / "labels" / "a_001.zarr", labels=True)
    labels = stored.read(Box.whole(SHAPE))
    assert stored.spacing_nm == NM
    assert (labels != 255).sum() == 159
    np.testing.assert_array_equal(labels[BOX.slices][0, 0, 1:4], [1, 2, 0])


def test_several_crops_are_added_at_once_and_more_later(folder):
    boxes = [Box((z, 0, 0), (z + 1, 10, 16)) for z in (2, 3, 4)]
    places = [crop(folder, f"crop_{n}", box) for n, box in enumerate(boxes)]

    add_labels(folder, places[:2])
    add_labels(folder, places[2:])

    names = [str(v.labels) for v in read_project(folder).volumes[2:]]
    assert names == [f"labels/a_00{n}.zarr" for n in (1, 2, 3)]


def test_crops_in_which_nobody_painted_are_left_out(folder):
    painted_one = crop(folder)
    blank = crop(folder, "crop_02", ids=np.zeros(BOX.shape, np.uint8))

    added = add_labels(folder, [folder / "suggest"])

    assert added.crops == (painted_one / "labels.tif",)
    assert added.untouched == (blank,)


def test_when_nobody_painted_at_all_nothing_is_added(folder):
    blank = crop(folder, ids=np.zeros(BOX.shape, np.uint8))

    refused(
        folder, [blank], r"crop_01: nobody painted in it or in any other of these crops"
    )


def test_the_same_twice_is_refused(folder):
    place = crop(folder)
    add_labels(folder, [place])

    refused(folder, [place], r"are labelled already, in labels/a_001.zarr \(role tr")


def test_the_same_twice_in_one_go_is_refused(folder):
    place = crop(folder)

    refused(folder, [place, place], r"labels.tif: overlaps .*labels.tif; give only one")


def test_voxels_for_validation_are_refused(folder):
    place = crop(folder, box=Box((5, 0, 0), (7, 10, 16)))

    refused(
        folder, [place], r"already, in a_labels.tif \(role eval\); leave the crop out"
    )


def test_crops_without_a_labelled_voxel_are_refused(folder):
    place = crop(folder, ids=np.full(BOX.shape, 255, np.uint8))

    refused(folder, [place], r"every voxel is 255 \(not labelled\); paint some")


def test_crops_of_a_project_of_other_classes_are_refused(folder):
    place = crop(folder, scheme=ClassScheme.drosophila_vnc())

    refused(folder, [place], r"was painted with the classes .*synapse", ConfigError)


def test_crops_of_a_volume_of_another_shape_are_refused(folder):
    place = crop(folder, shape=(9, 60, 80))

    refused(folder, [place], r"of \(9, 60, 80\) voxels, but .*a.tif has \(7, 60, 80\)")


def test_crops_of_a_volume_that_has_changed_are_refused(folder):
    place = crop(folder)
    changed = ArrayVolume(255 - IMAGE, spacing_nm=NM)
    write_tiff(folder / "a.tif", changed, overwrite=True)

    refused(folder, [place], r"has other grey values than .*a.tif from")


def test_a_volume_that_was_moved_is_named(folder):
    place = crop(folder)
    (folder / "a.tif").rename(folder / "moved.tif")
    text = PROJECT.replace("image: a.tif", "image: moved.tif")
    (folder / "project.yaml").write_text(text, encoding="utf-8")
    refused(folder, [place], r"labels.tif: was cut from .*a.tif, which is missing")

    add_labels(folder, [place], image=folder / "moved.tif")

    assert str(read_project(folder).volumes[2].image) == "moved.tif"


def test_one_bad_crop_keeps_the_good_ones_out(folder):
    good = crop(folder)
    bad = crop(folder, "crop_02", Box((6, 0, 0), (7, 10, 16)))

    refused(folder, [good, bad], r"crop_02/labels.tif: voxels from")


@pytest.mark.parametrize("others", [False, True])
def test_when_the_project_cannot_be_written_its_labels_go_again(
    folder, monkeypatch, others
):
    def fails(path, text):
        raise OSError("full")

    place = crop(folder)
    if others:
        (folder / "labels").mkdir()
        (folder / "labels" / "mine.txt").write_text("", encoding="utf-8")
    monkeypatch.setattr(module, "write_text", fails)

    refused(folder, [place], "full", OSError)
    assert (folder / "labels").exists() == others


def test_labels_of_others_in_the_folder_stay(folder):
    other = folder / "labels" / "a_001.zarr"
    other.mkdir(parents=True)
    (other / "mine.txt").write_text("", encoding="utf-8")

    add_labels(folder, [crop(folder)])

    assert (other / "mine.txt").exists()
    assert isinstance(read_project(folder), ProjectConfig)
    assert str(read_project(folder).volumes[2].labels) == "labels/a_002.zarr"
