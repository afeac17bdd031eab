"""Images and labels that cannot be read, or are not what they should be."""

import json
import pickle
import struct

import numpy as np
import tifffile
from case import SHAPE, SPACING, case
from PIL import Image

from densecell.geometry import Box
from densecell.volume import create_ome_zarr


def store(at, name="image.zarr"):
    volume = create_ome_zarr(
        at / name, shape=SHAPE, dtype=np.uint8, spacing_nm=(40, 10, 10), kind="image"
    )
    volume.write(Box.whole(SHAPE), np.ones(SHAPE, np.uint8))
    return at / name


def meta(path, change):
    """Change the metadata of a store."""
    file = path / "zarr.json"
    values = json.loads(file.read_text())
    change(values["attributes"]["ome"])
    file.write_text(json.dumps(values))
    return ["info", path]


@case("a volume that is not there")
def _(at):
    return ["info", at / "no.tif"]


@case("an empty file")
def _(at):
    return ["info", at.write("image.tif", "")]


@case("a text named .tif")
def _(at):
    return ["info", at.write("image.tif", "not an image")]


@case("a TIFF that was cut off")
def _(at):
    whole = at.image().read_bytes()
    return ["info", at.write("image.tif", whole[: len(whole) // 2])]


@case("a TIFF that claims to be enormous")
def _(at):
    claims = [(256, 4, 1, 2**31), (257, 4, 1, 2**31), (258, 3, 1, 8), (259, 3, 1, 1)]
    claims += [(262, 3, 1, 1), (273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, 2**31)]
    claims += [(279, 4, 1, 64)]
    tags = b"".join(struct.pack("<HHII", *tag) for tag in claims)
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(claims))
    at.write("image.tif", head + tags + struct.pack("<I", 0) + bytes(64))
    return ["convert", at / "image.tif", at / "out.zarr", *SPACING]


@case("a TIFF whose pages go round in a circle")
def _(at):
    path = at.image()
    data = bytearray(path.read_bytes())
    first = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[first : first + 2])[0]
    end = first + 2 + 12 * count
    data[end : end + 4] = struct.pack("<I", first)
    return ["info", at.write("image.tif", bytes(data))]


@case("a TIFF in colour")
def _(at):
    tifffile.imwrite(
        at / "image.tif", np.zeros((*SHAPE, 3), np.uint8), photometric="rgb"
    )
    return ["info", at / "image.tif"]


@case("a TIFF of complex numbers")
def _(at):
    tifffile.imwrite(at / "image.tif", np.zeros(SHAPE, np.complex64))
    return ["info", at / "image.tif"]


@case("a suffix that nobody reads")
def _(at):
    return ["info", at.write("image.xyz", "?")]


@case("a folder without slices")
def _(at):
    (at / "slices").mkdir()
    return ["info", at / "slices"]


@case("slices of different sizes")
def _(at):
    (at / "slices").mkdir()
    for n, size in enumerate(((5, 5), (5, 6))):
        Image.fromarray(np.zeros(size, np.uint8)).save(at / f"slices/{n}.png")
    return ["info", at / "slices"]


@case("slices of two kinds")
def _(at):
    (at / "slices").mkdir()
    for name in ("0.png", "1.tif"):
        Image.fromarray(np.zeros((5, 5), np.uint8)).save(at / "slices" / name)
    return ["info", at / "slices"]


@case("a slice that is no picture")
def _(at):
    return ["info", at.write("slices/0.png", "not an image").parent]


@case("an .npy file that holds Python objects")
def _(at):
    with (at / "image.npy").open("wb") as file:
        np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    return ["info", at / "image.npy"]


@case("an .npy file that is a pickle")
def _(at):
    return ["info", at.write("image.npy", pickle.dumps([1, 2, 3]))]


@case("an .npy file of one dimension")
def _(at):
    return ["info", at.array("image.npy", np.zeros(5, np.uint8))]


@case("an .npy file that was cut off")
def _(at):
    whole = at.array("image.npy", np.zeros(SHAPE, np.uint8)).read_bytes()
    at.write("image.npy", whole[:-100])
    return ["convert", at / "image.npy", at / "out.tif", *SPACING]


@case("a .zarr that is a file")
def _(at):
    return ["info", at.write("image.zarr", "?")]


@case("a .zarr without metadata")
def _(at):
    (at / "image.zarr").mkdir()
    return ["info", at / "image.zarr"]


@case("a .zarr whose metadata is no JSON")
def _(at):
    path = store(at)
    (path / "zarr.json").write_text("{")
    return ["info", path]


@case("a .zarr without multiscales")
def _(at):
    return meta(store(at), lambda ome: ome.pop("multiscales"))


@case("a .zarr without a unit of length")
def _(at):
    def change(ome):
        for axis in ome["multiscales"][0]["axes"]:
            axis.pop("unit", None)

    path = store(at)
    meta(path, change)
    return ["convert", path, at / "out.tif"]


@case("a .zarr with axes in another order")
def _(at):
    return meta(store(at), lambda ome: ome["multiscales"][0]["axes"].reverse())


@case("a .zarr with a scale of zero")
def _(at):
    def change(ome):
        scale = ome["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]
        scale["scale"] = [0, 10, 10]

    return meta(store(at), change)


@case("a .zarr that lists a level that is not there")
def _(at):
    def change(ome):
        ome["multiscales"][0]["datasets"][0]["path"] = "9"

    return meta(store(at), change)


@case("a .zarr whose level would lie outside it")
def _(at):
    def change(ome):
        ome["multiscales"][0]["datasets"][0]["path"] = "../../elsewhere"

    return meta(store(at), change)


@case("a .zarr with damaged chunks")
def _(at):
    path = store(at)
    for chunk in (path / "0").rglob("*"):
        if chunk.is_file() and chunk.name != "zarr.json":
            chunk.write_bytes(b"damaged")
    return ["convert", path, at / "out.tif"]


@case("a .zarr of a version that is unknown")
def _(at):
    return meta(store(at), lambda ome: ome.update(version="9.9"))


@case("a volume without a voxel size")
def _(at):
    image = at.array("image.npy", np.zeros(SHAPE, np.uint8))
    return ["convert", image, at / "out.zarr"]


@case("a voxel size of zero")
def _(at):
    return ["info", at.image(), "--spacing", 0, 10, 10]


@case("a negative voxel size")
def _(at):
    return ["convert", at.image(), at / "out.zarr", "--spacing", -40, 10, 10]


@case("a voxel size that is no number")
def _(at):
    return ["convert", at.image(), at / "out.zarr", "--spacing", "nan", 10, 10]


@case("a copy to where something is")
def _(at):
    at.write("out.tif", "precious")
    return ["convert", at.image(), at / "out.tif"]


@case("a copy to a format that nobody writes")
def _(at):
    return ["convert", at.image(), at / "out.xyz"]


@case("a copy into a place that is a file")
def _(at):
    at.write("folder", "a file")
    return ["convert", at.image(), at / "folder" / "out.tif"]


@case("a box outside the volume")
def _(at):
    box = ("--box", 0, 0, 0, 7, 48, 56)
    return ["convert", at.image(), at / "out.tif", *box]


@case("a box with nothing in it")
def _(at):
    box = ("--box", 3, 0, 0, 3, 48, 56)
    return ["convert", at.image(), at / "out.tif", *box]


@case("labels that are no whole numbers")
def _(at):
    image = at.image("labels.tif", np.full(SHAPE, 0.5, np.float32))
    return ["convert", image, at / "out.zarr", "--labels"]


@case("a phantom without slices")
def _(at):
    return ["phantom", at / "out.zarr", "--shape", 0, 10, 10]


@case("a phantom where something is")
def _(at):
    return ["phantom", store(at, "out.zarr"), "--shape", 2, 16, 16]


@case("a phantom of a negative seed")
def _(at):
    return ["phantom", at / "out.zarr", "--shape", 2, 16, 16, "--seed", -1]


@case("a phantom of more gaps than cells")
def _(at):
    return ["phantom", at / "out.zarr", "--shape", 2, 16, 16, "--gaps", 2]
