"""Suggestions that cannot be made, and painted crops that cannot be taken back."""

import shutil

import numpy as np
import yaml
from case import SHAPE, Place, case

from densecell.datasets.crop import CropRecord, hash_array, write_crop
from densecell.datasets.project import read_project
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume, write_tiff

BOX = Box((2, 8, 16), (3, 24, 40))


def suggest(at, *options):
    return ["suggest", at / "result", *options]


def crop(at: Place, name="crop_01", *, box=BOX, ids=None, image=None, **changes):
    """Write a project and a crop of an image beside it, painted unless ids say so."""
    if not (at / "project.yaml").exists():
        at.project()
    path = at / "image.tif" if (at / "image.tif").exists() else at.image()
    grey = open_volume(path).read(box)
    filled = np.zeros(box.shape, np.uint8)
    record = CropRecord(
        volume=path,
        shape=SHAPE,
        spacing_nm=(40, 10, 10),
        box=tuple(box),
        classes=read_project(at.path).classes,
        image=hash_array(grey),
        labels=hash_array(filled),
    ).model_copy(update=changes)
    write_crop(at / "suggest" / name, record, grey, filled)
    paint(at, np.ones(box.shape, np.uint8) if ids is None else ids, name)
    return at / "suggest" / name


def paint(at, labels, name="crop_01", file="labels.tif"):
    volume = ArrayVolume(labels, spacing_nm=(40, 10, 10))
    write_tiff(at / "suggest" / name / file, volume, overwrite=True)


def add(at, *words):
    return ["add-labels", at.path, *(words or (at / "suggest",))]


@case("suggestions of what is no result")
def _(at):
    (at / "result").mkdir()
    return suggest(at)


@case("suggestions of a result that is not finished")
def _(at):
    (at.result() / "agreement.json").unlink()
    return suggest(at)


@case("suggestions of a result without disagreement")
def _(at):
    shutil.rmtree(at.result() / "segmentation.zarr" / "disagreement")
    return suggest(at)


@case("suggestions where every box is labelled")
def _(at):
    at.result()
    return suggest(at)


@case("suggestions in boxes larger than the result")
def _(at):
    at.result()
    return suggest(at, "--size", 1, 64, 64)


@case("suggestions where some are")
def _(at):
    at.result()
    at.write("result/suggest/suggestions.csv", "crop,why\n")
    return suggest(at)


@case("suggestions in place of a crop that was painted in")
def _(at):
    at.result()
    crop(at)
    (at / "suggest").rename(at / "result" / "suggest")
    return suggest(at, "--overwrite")


@case("suggestions in place of a file of the user's own")
def _(at):
    at.result()
    at.write("result/suggest/crop_01/painted.txt", "mine")
    return suggest(at, "--overwrite")


@case("suggestions for a project that is none")
def _(at):
    at.result()
    return suggest(at, "--project", at / "nothing")


@case("suggestions of a volume that is gone")
def _(at):
    path = at.result() / "run.yaml"
    run = yaml.safe_load(path.read_text(encoding="utf-8"))
    run["volume"]["path"] = str(at / "gone.tif")
    path.write_text(yaml.safe_dump(run), encoding="utf-8")
    return suggest(at)


@case("painted crops that are not there")
def _(at):
    return ["add-labels", at.project(), at / "nothing"]


@case("labels that are of no crop")
def _(at):
    return ["add-labels", at.project(), at.labels()]


@case("painted crops for a folder without a project")
def _(at):
    crop(at)
    (at / "project.yaml").unlink()
    return add(at)


@case("crops in which nobody painted")
def _(at):
    crop(at, ids=np.zeros(BOX.shape, np.uint8))
    return add(at)


@case("crops in which nothing is labelled")
def _(at):
    crop(at, ids=np.full(BOX.shape, 255, np.uint8))
    return add(at)


@case("a painted crop of another shape")
def _(at):
    crop(at)
    paint(at, np.ones((1, 8, 8), np.uint8))
    return add(at)


@case("a painted crop with unknown ids")
def _(at):
    crop(at, ids=np.full(BOX.shape, 7, np.uint8))
    return add(at)


@case("a painted crop of fractional numbers")
def _(at):
    crop(at, ids=np.full(BOX.shape, 0.5, np.float32))
    return add(at)


@case("a painted crop of a project of other classes")
def _(at):
    crop(at)
    classes = {
        0: {"name": "ground", "colour": [0, 0, 0], "role": "background"},
        1: {"name": "granule", "colour": [230, 159, 0], "role": "organelle"},
    }
    at.project(classes=classes)
    return add(at)


@case("a painted crop of another volume")
def _(at):
    crop(at, shape=(9, 48, 56))
    return add(at)


@case("a painted crop of a volume whose voxels have changed")
def _(at):
    crop(at)
    noise = np.random.default_rng(1).integers(0, 255, SHAPE, np.uint8)
    write_tiff(
        at / "image.tif", ArrayVolume(noise, spacing_nm=(40, 10, 10)), overwrite=True
    )
    return add(at)


@case("a painted crop of a volume that was moved")
def _(at):
    crop(at)
    (at / "image.tif").rename(at / "moved.tif")
    return add(at)


@case("a crop whose image was painted in")
def _(at):
    crop(at)
    paint(at, np.zeros(BOX.shape, np.uint8), file="image.tif")
    return add(at)


@case("a crop that was painted twice, differently")
def _(at):
    half = np.zeros(BOX.shape, np.uint8)
    half[:, :8] = 1
    store = crop(at) / "crop.zarr" / "labels" / "classes"
    open_ome_zarr(store, writable=True).write(Box.whole(BOX.shape), half)
    return add(at)


@case("the same crop twice")
def _(at):
    folder = crop(at)
    return add(at, folder, folder)


@case("a painted crop of voxels that are labelled already")
def _(at):
    crop(at)
    volumes = at.volumes()
    at.labels("known.tif")
    entry = {"image": "image.tif", "labels": "known.tif", "spacing_nm": [40, 10, 10]}
    at.project(volumes=[*volumes, entry])
    return add(at)


@case("a project whose list of volumes cannot be extended")
def _(at):
    crop(at)
    text = (at / "project.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    volumes = yaml.safe_dump({"volumes": values.pop("volumes")})
    one = "- &a\n  image"  # named, and said again
    volumes = volumes.replace("- image", one, 1) + "- *a\n"
    at.write("project.yaml", yaml.safe_dump(values) + volumes)
    return add(at)
