"""Ensembles that nobody can learn from, and volumes to learn from that do not fit."""

import numpy as np
from case import SHAPE, case
from of_volume_formats import two_channels

from densecell.config import save_settings
from densecell.geometry import FACES
from densecell.networks import build_network
from densecell.training import load_member_settings
from densecell.training.checkpoint import WEIGHTS, save_weights


def noise():
    return np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)


def distil(at, *options):
    return ["distil", at.model(), "--project", at.project(), *options]


@case("a teacher that is not there")
def _(at):
    return ["distil", at / "no", "--project", at.project()]


@case("a teacher without a project")
def _(at):
    return ["distil", at.model(), "--project", at / "no"]


@case("a teacher that also tells of cells that touch")
def _(at):
    words = distil(at)
    for member in sorted((at / "model").glob("member_*")):
        settings = load_member_settings(member)
        network = settings.network.model_copy(update={"affinities": FACES})
        settings = settings.model_copy(update={"network": network})
        save_settings(settings, member / "settings.yaml")
        built = build_network(network, classes=len(settings.classes))
        save_weights(built, member / WEIGHTS, {})
    return words


@case("a teacher of other classes than the project's")
def _(at):
    words = distil(at)
    path = at / "project.yaml"
    path.write_text(path.read_text().replace("name: disc", "name: ring"))
    return words


@case("a teacher whose project has no eval volume")
def _(at):
    volumes = at.volumes()[:1]
    return ["distil", at.model(), "--project", at.project(volumes=volumes)]


@case("a student that is its own teacher")
def _(at):
    own = at / "models" / "model"
    own.parent.mkdir()
    at.model().rename(own)
    return ["distil", own, "--project", at.project(), "--name", "model"]


@case("a student of an unknown network")
def _(at):
    return distil(at, "--network", "abacus")


@case("a student in the place of another model")
def _(at):
    at.write("models/old/ensemble.json", "{}")
    return distil(at, "--name", "old", "--overwrite")


@case("a volume to learn from without a voxel size")
def _(at):
    image = at.array("image.npy", noise())
    return distil(at, "--volumes", image)


@case("a volume to learn from of far other voxels")
def _(at):
    image = at.array("image.npy", noise())
    return distil(at, "--volumes", image, "--spacing", 4000, 10, 10)


@case("a volume to learn from with several channels, none chosen")
def _(at):
    return distil(at, "--volumes", two_channels(at))


@case("a volume to learn from that is not there")
def _(at):
    return distil(at, "--volumes", at / "no.tif")
