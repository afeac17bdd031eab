"""Projects and labels that cannot be learned from."""

import numpy as np
from case import SHAPE, SPACING, case

TRAIN = ("--steps", 1, "--members", 1, "--name", "new")


def train(at, **changes):
    return ["train", at.project(**changes), *TRAIN]


@case("an image and labels of different shapes")
def _(at):
    other = at.labels(array=np.zeros((6, 48, 40), np.uint8))
    return ["init", at / "p", at.image(), other, *SPACING]


@case("an image that is the same everywhere")
def _(at):
    image = at.image(array=np.full(SHAPE, 7, np.uint8))
    return ["init", at / "p", image, at.labels()]


@case("an image with a value that is no number")
def _(at):
    values = np.random.default_rng(0).random(SHAPE, np.float32)
    values[4, 5, 7] = np.nan
    return ["init", at / "p", at.image(array=values), at.labels()]


@case("an image with an infinite value")
def _(at):
    values = np.random.default_rng(0).random(SHAPE, np.float32)
    values[0, 0, 0] = np.inf
    return ["init", at / "p", at.image(array=values), at.labels()]


@case("negative labels")
def _(at):
    labels = at.array("labels.npy", np.full(SHAPE, -1, np.int16))
    return ["init", at / "p", at.image(), labels]


@case("labels beyond the scheme")
def _(at):
    labels = at.labels(array=np.full(SHAPE, 9, np.uint8))
    return ["init", at / "p", at.image(), labels, "--classes", "platelet"]


@case("more labels than there can be classes")
def _(at):
    many = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
    return ["init", at / "p", at.image(), at.labels(array=many)]


@case("slices that the volume does not have")
def _(at):
    return ["init", at / "p", at.image(), at.labels(), "--train-z", 0, 9]


@case("the same slices to learn from and to choose on")
def _(at):
    spans = ("--train-z", 0, 4, "--eval-z", 3, 6)
    return ["init", at / "p", at.image(), at.labels(), *spans]


@case("a project where one is")
def _(at):
    at.write("p/project.yaml", "format: 1\n")
    return ["init", at / "p", at.image(), at.labels()]


@case("a class scheme that is not there")
def _(at):
    scheme = ("--classes", "nothing")
    return ["init", at / "p", at.image(), at.labels(), *scheme]


@case("a class scheme with an unknown role")
def _(at):
    path = at.write("c.yaml", "0: {name: a, colour: [0, 0, 0], role: nucleus}\n")
    return ["init", at / "p", at.image(), at.labels(), "--classes", path]


@case("a class scheme whose parent is no class")
def _(at):
    first = "0: {name: a, colour: [0, 0, 0], role: cell, parent: c}\n"
    path = at.write("c.yaml", first + "1: {name: b, colour: [0, 0, 0]}\n")
    return ["init", at / "p", at.image(), at.labels(), "--classes", path]


@case("two classes of one name")
def _(at):
    one = "{name: a, colour: [0, 0, 0], role: cell}"
    path = at.write("c.yaml", f"0: {one}\n1: {one}\n")
    return ["init", at / "p", at.image(), at.labels(), "--classes", path]


@case("ids of cells of another shape")
def _(at):
    ids = at.labels("ids.tif", np.ones((6, 48, 40), np.uint8))
    return ["init", at / "p", at.image(), at.labels(), "--objects", ids]


@case("a folder without a project")
def _(at):
    return ["train", at.path, *TRAIN]


@case("a project that is no YAML")
def _(at):
    at.write("project.yaml", "classes: [\n")
    return ["train", at.path, *TRAIN]


@case("a project that would make Python objects")
def _(at):
    at.write("project.yaml", "!!python/object/apply:os.system [echo]\n")
    return ["train", at.path, *TRAIN]


@case("a project that is a list")
def _(at):
    at.write("project.yaml", "- a\n")
    return ["train", at.path, *TRAIN]


@case("a misspelt setting")
def _(at):
    return train(at, training={"learnig_rate": 1e-3})


@case("a setting of the wrong kind")
def _(at):
    return train(at, training={"batch": "many"})


@case("a setting out of its range")
def _(at):
    return train(at, training={"average": 2})


@case("a window without voxels")
def _(at):
    return train(at, training={"window": [0, 24, 32]})


@case("a voxel size of zero in a project")
def _(at):
    return train(at, volumes=at.volumes(spacing_nm=[0, 10, 10]))


@case("a project of a future format")
def _(at):
    return train(at, format=9)


@case("an image of the project that is not there")
def _(at):
    return train(at, volumes=at.volumes(image="gone.npy"))


@case("a project with nothing to choose on")
def _(at):
    return train(at, volumes=at.volumes()[:1])


@case("a project with nothing to learn from")
def _(at):
    return train(at, volumes=at.volumes()[1:])


@case("a project whose slices the volume does not have")
def _(at):
    return train(at, volumes=at.volumes(z=[0, 60]))


@case("volumes of very different voxel sizes")
def _(at):
    volumes = at.volumes()
    volumes[1]["spacing_nm"] = [40, 500, 500]
    return train(at, volumes=volumes)


@case("an annotated box of an unknown class")
def _(at):
    boxes = [{"box": [[0, 0, 0], [2, 9, 9]], "classes": ["nucleus"]}]
    return train(at, volumes=at.volumes(boxes=boxes))


@case("an annotated box outside the volume")
def _(at):
    boxes = [{"box": [[60, 0, 0], [62, 9, 9]]}]
    return train(at, volumes=at.volumes(boxes=boxes))


@case("a volume in which nothing is labelled")
def _(at):
    at.project()
    at.array("train_labels.npy", np.full(SHAPE, 255, np.uint8))
    return ["train", at.path, *TRAIN]


@case("an unknown network")
def _(at):
    return ["train", at.project(), *TRAIN, "--network", "resnet"]


@case("a network without channels")
def _(at):
    return ["train", at.project(), *TRAIN, "--width", 0]


@case("an unknown preset")
def _(at):
    return ["train", at.project(), *TRAIN, "--preset", "best"]


@case("two budgets")
def _(at):
    return ["train", at.project(), "--steps", 5, "--minutes", 5]


@case("too few minutes")
def _(at):
    return ["train", at.project(), "--members", 1, "--minutes", 1e-6]


@case("affinities without ids of cells")
def _(at):
    return ["train", at.project(), *TRAIN, "--network", "2d3d-light", "--cells"]


@case("affinities of a network that sees one slice")
def _(at):
    return ["train", at.project(), *TRAIN, "--network", "unet2d", "--cells"]


@case("a model to begin from that is none")
def _(at):
    return ["train", at.project(), *TRAIN, "--from", at / "nothing"]


@case("a network beside a model to begin from")
def _(at):
    words = ("--from", at.model(), "--network", "unet2d")
    return ["train", at.project(), *TRAIN, *words]


@case("a public data set that nobody knows")
def _(at):
    return ["fetch", "mouse", "-o", at / "out"]


@case("a public data set that is not in the folder")
def _(at):
    (at / "copy").mkdir()
    return ["fetch", "drosophila-vnc", "--from", at / "copy", "-o", at / "out"]
