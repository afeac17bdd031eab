"""Models and results that cannot be used, and options that make no sense."""

import json
import pickle
import shutil

import numpy as np
import torch
from case import SHAPE, SPACING, case
from safetensors.torch import save_file


def weights(at):
    return at.model() / "member_00" / "weights.safetensors"


@case("a model that is not there")
def _(at):
    return ["segment", at.image(), "-m", at / "no", "-o", at / "out"]


@case("a model without members that were ranked")
def _(at):
    (at.model() / "ensemble.json").unlink()
    return at.segment()


@case("a model whose list of members is damaged")
def _(at):
    (at.model() / "ensemble.json").write_text("{")
    return at.segment()


@case("weights that are a pickle")
def _(at):
    weights(at).write_bytes(pickle.dumps({"a": 1}))
    return at.segment()


@case("weights that were cut off")
def _(at):
    path = weights(at)
    path.write_bytes(path.read_bytes()[:-50])
    return at.segment()


@case("weights of another network")
def _(at):
    save_file({"other": torch.zeros(3)}, weights(at))
    return at.segment()


@case("weights that are gone")
def _(at):
    weights(at).unlink()
    return at.segment()


@case("a member with an unknown setting")
def _(at):
    path = at.model() / "member_00" / "settings.yaml"
    path.write_text(path.read_text() + "hidden: true\n")
    return at.segment()


@case("a member of other classes than its ensemble")
def _(at):
    path = at.model() / "member_00" / "settings.yaml"
    path.write_text(path.read_text().replace("name: disc", "name: dot"))
    return at.segment()


@case("more members than there are")
def _(at):
    return at.segment("--members", 9)


@case("a volume to segment without a voxel size")
def _(at):
    values = np.random.default_rng(0).integers(0, 9, SHAPE, np.uint8)
    image = at.array("image.npy", values)
    return ["segment", image, "-m", at.model(), "-o", at / "out"]


@case("a volume to segment that is the same everywhere")
def _(at):
    at.image(array=np.full(SHAPE, 7, np.uint8))
    return at.segment()


@case("a volume to segment with a value that is no number")
def _(at):
    values = np.random.default_rng(0).random(SHAPE, np.float32)
    values[4, 5, 7] = np.nan
    at.image(array=values)
    return at.segment()


@case("a part to segment outside the volume")
def _(at):
    return at.segment("--box", 0, 0, 0, 9, 48, 56)


@case("a result in a place that is a file")
def _(at):
    at.write("out", "precious")
    return at.segment()


@case("a result in a folder that holds something else")
def _(at):
    at.write("out/notes.txt", "precious")
    return at.segment()


@case("something else that is to be overwritten")
def _(at):
    at.write("out/notes.txt", "precious")
    return at.segment("--overwrite")


@case("too little memory")
def _(at):
    return at.segment("--max-memory", "1M")


@case("an amount of memory that is none")
def _(at):
    return at.segment("--max-memory", "much")


@case("an unknown engine")
def _(at):
    return at.segment("--engine", "abacus")


@case("a tile that the network cannot take")
def _(at):
    return at.segment("--tile", 3, 30, 32)


@case("a tile that the margin eats up")
def _(at):
    return at.segment("--tile", 3, 32, 32, "--margin", 0, 16, 16)


@case("two ways to choose a margin")
def _(at):
    return at.segment("--exact", "--margin", 0, 8, 8)


@case("a cluster that is none")
def _(at):
    return at.segment("--cluster", "somewhere")


@case("a result begun with another volume")
def _(at):
    at.model()
    image = at.image("other.tif")
    return ["segment", image, "-m", at / "model", "-o", at.result()]


@case("a result whose settings are damaged")
def _(at):
    (at.result() / "run.yaml").write_text("format: 1\n")
    return ["segment", at.image(), "-m", at.model(), "-o", at / "result"]


@case("truth of another shape")
def _(at):
    truth = at.labels(array=np.zeros((6, 48, 40), np.uint8))
    return ["evaluate", at.result(), truth]


@case("truth with unknown classes")
def _(at):
    truth = at.labels(array=np.full(SHAPE, 9, np.uint8))
    return ["evaluate", at.result(), truth]


@case("truth in which nothing is labelled")
def _(at):
    truth = at.labels(array=np.full(SHAPE, 255, np.uint8))
    return ["evaluate", at.result(), truth]


@case("scores of what is no result")
def _(at):
    (at / "empty").mkdir()
    return ["evaluate", at / "empty", at.labels()]


@case("true ids of another shape")
def _(at):
    ids = at.labels("organelles.tif", np.ones((6, 48, 40), np.uint16))
    return ["evaluate", at.result(), at.labels(), "--organelles", ids]


@case("true ids that are fractions")
def _(at):
    ids = at.labels("organelles.tif", np.full(SHAPE, 0.5, np.float32))
    return ["evaluate", at.result(), at.labels(), "--organelles", ids]


@case("true ids below 0")
def _(at):
    ids = at.labels("organelles.tif", np.full(SHAPE, -3, np.int16))
    return ["evaluate", at.result(), at.labels(), "--organelles", ids]


@case("true cells for a result without a class of cells")
def _(at):
    labels = at.labels()
    return ["evaluate", at.result(), labels, "--objects", labels]


@case("labels to measure without a place for the tables")
def _(at):
    return ["measure", at.labels(), "--classes", "platelet"]


@case("a place for the tables of a result")
def _(at):
    return ["measure", at.result(), "--out", at / "tables"]


@case("classes without cells and organelles")
def _(at):
    scheme = at.write(
        "c.yaml",
        "0: {name: a, colour: [0, 0, 0], role: background}\n"
        "1: {name: b, colour: [9, 9, 9], role: other}\n",
    )
    words = ("--classes", scheme, "--out", at / "out", *SPACING)
    return ["measure", at.labels(), *words]


@case("an organelle to keep whole that is none")
def _(at):
    return ["measure", at.result(), "--whole", "nucleus"]


@case("cells by affinities that are not there")
def _(at):
    return ["measure", at.result(), "--cells-by", "affinities"]


@case("a misspelt setting of objects")
def _(at):
    config = at.write("objects.yaml", "cels: {split: false}\n")
    return ["measure", at.result(), "--config", config]


@case("a result that is not finished")
def _(at):
    (at.result() / "agreement.json").unlink()
    return ["measure", at / "result"]


@case("other settings than were measured with")
def _(at):
    return ["measure", at.result(), "--no-split"]


@case("surfaces of what was not measured")
def _(at):
    shutil.rmtree(at.result() / "segmentation.zarr" / "labels" / "organelles")
    return ["mesh", at / "result"]


@case("an unknown kind of mesh")
def _(at):
    return ["mesh", at.result(), "--format", "dxf"]


@case("two segmentations of different shapes")
def _(at):
    other = at.labels(array=np.zeros((6, 48, 40), np.uint8))
    return ["compare", at.labels("a.tif"), other, "--classes", "platelet"]


@case("a picture where something is")
def _(at):
    picture = at.write("picture.png", "precious")
    words = ("--classes", "platelet", "--picture", picture)
    return ["compare", at.labels("a.tif"), at.labels("b.tif"), *words]


@case("a slice to draw that is not there")
def _(at):
    words = ("--classes", "platelet", "--z", 99, "--picture", at / "p.png")
    return ["compare", at.labels("a.tif"), at.labels("b.tif"), *words]


@case("a folder to verify that is no result")
def _(at):
    (at / "empty").mkdir()
    return ["verify", at / "empty"]


@case("checksums that are damaged")
def _(at):
    (at.result() / "checksums" / "segment.json").write_text("[]")
    return ["verify", at / "result"]


@case("members of a folder that is no model")
def _(at):
    (at / "empty").mkdir()
    return ["ensemble", at / "empty"]


@case("a member to drop that is none")
def _(at):
    return ["ensemble", at.model(), "--drop", "member_77"]


@case("the last member that votes is to be dropped")
def _(at):
    members = json.loads((at.model() / "ensemble.json").read_text())["members"]
    words = [word for member in members for word in ("--drop", member["folder"])]
    return ["ensemble", at / "model", *words]


@case("best of no members")
def _(at):
    return ["ensemble", at.model(), "--best", 0]
