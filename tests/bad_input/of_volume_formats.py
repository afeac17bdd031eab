"""HDF5, MRC, NIfTI and OME-Zarr with channels that are not what they should be."""

import json
import shutil
import struct

import h5py
import mrcfile
import nibabel
import numpy as np
import tifffile
import zarr
from case import SHAPE, case
from PIL import Image


def hdf5(at):
    with h5py.File(at / "image.h5", "w") as new:
        new["volumes/raw"] = np.ones(SHAPE, np.uint8)
        new["volumes/rgb"] = np.ones((*SHAPE, 3), np.uint8)
    return at / "image.h5"


@case("an HDF5 file without the dataset")
def _(at):
    return ["info", hdf5(at) / "raw"]


@case("a dataset of four axes")
def _(at):
    return ["info", hdf5(at) / "volumes" / "rgb"]


@case("an HDF5 file of an image and its labels")
def _(at):
    with h5py.File(at / "image.h5", "w") as new:
        new["raw"] = np.ones((2, *SHAPE), np.uint8)
        new["label"] = np.ones(SHAPE, np.uint8)
    return ["info", at / "image.h5"]


@case("a dataset whose axistags contradict its shape")
def _(at):
    with h5py.File(at / "image.h5", "w") as new:
        new["data"] = np.ones(SHAPE, np.uint8)
        tags = [{"key": axis} for axis in "zyxc"]
        new["data"].attrs["axistags"] = json.dumps({"axes": tags})
    return ["info", at / "image.h5"]


@case("a TIFF of two axes without names")
def _(at):
    tifffile.imwrite(
        at / "image.tif", np.ones((6, 2, 48, 56), np.uint8), photometric="minisblack"
    )
    return ["info", at / "image.tif"]


@case("a TIFF of several channels")
def _(at):
    two = np.ones((6, 2, 48, 56), np.uint8)
    tifffile.imwrite(at / "image.tif", two, imagej=True, metadata={"axes": "ZCYX"})
    return ["info", at / "image.tif"]


@case("an OME-TIFF without one of its files")
def _(at):
    files = "".join(
        f'<TiffData FirstZ="{z}"><UUID FileName="s{z}.ome.tif">urn:uuid:{z}</UUID>'
        "</TiffData>"
        for z in range(2)
    )
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID='
        '"urn:uuid:0"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
        'Type="uint8" SizeX="56" SizeY="48" SizeZ="2" SizeC="1" SizeT="1">'
        f"{files}</Pixels></Image></OME>"
    )
    plane = np.ones(SHAPE[1:], np.uint8)
    tifffile.imwrite(at / "s0.ome.tif", plane, description=xml, metadata=None)
    return ["info", at / "s0.ome.tif"]


@case("labels as JPEG")
def _(at):
    (at / "labels").mkdir()
    Image.fromarray(np.ones((5, 5), np.uint8)).save(at / "labels" / "0.jpg")
    return ["convert", at / "labels", at / "out.zarr", "--labels"]


@case("a DM file that was cut off")
def _(at):
    return ["info", at.write("image.dm4", bytes([0, 0, 0, 4]) + bytes(9))]


@case("an MRC file of packed values")
def _(at):
    with mrcfile.new(at / "image.mrc", np.ones(SHAPE, np.int16)):
        pass
    raw = bytearray((at / "image.mrc").read_bytes())
    raw[12:16] = bytes([101, 0, 0, 0])
    (at / "image.mrc").write_bytes(raw)
    return ["info", at / "image.mrc"]


@case("an HDF5 file that was cut off")
def _(at):
    path = hdf5(at)
    path.write_bytes(path.read_bytes()[:2000])
    return ["info", path / "volumes" / "raw"]


@case("an MRC file whose voxels have no size")
def _(at):
    with mrcfile.new(at / "image.mrc", np.ones(SHAPE, np.int16)):
        pass
    return ["convert", at / "image.mrc", at / "out.zarr"]


@case("a NIfTI file that was cut off")
def _(at):
    image = nibabel.Nifti1Image(np.ones(SHAPE[::-1], np.uint8), np.eye(4))
    image.to_filename(at / "image.nii")
    (at / "image.nii").write_bytes((at / "image.nii").read_bytes()[:-10])
    return ["info", at / "image.nii"]


def two_channels(at):
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": a, "type": "space", "unit": "nanometer"} for a in "zyx"]
    scale = {"type": "scale", "scale": [1, 40, 10, 10]}
    levels = [{"path": "0", "coordinateTransformations": [scale]}]
    image = {"version": "0.4", "axes": axes, "datasets": levels}
    names = {"channels": [{"label": "EM"}, {"label": "DAPI"}]}
    attributes = {"multiscales": [image], "omero": names}
    group = zarr.create_group(at / "image.zarr", attributes=attributes, zarr_format=2)
    group.create_array("0", data=np.ones((2, *SHAPE), np.uint8))
    return at / "image.zarr"


def three_times(at):
    axes = [{"name": "t", "type": "time"}]
    axes += [{"name": a, "type": "space", "unit": "nanometer"} for a in "zyx"]
    scale = {"type": "scale", "scale": [1, 40, 10, 10]}
    levels = [{"path": "0", "coordinateTransformations": [scale]}]
    image = {"version": "0.4", "axes": axes, "datasets": levels}
    attributes = {"multiscales": [image]}
    group = zarr.create_group(at / "image.zarr", attributes=attributes, zarr_format=2)
    group.create_array("0", data=np.ones((3, *SHAPE), np.uint8))
    return at / "image.zarr"


@case("several time points, none chosen")
def _(at):
    return ["info", three_times(at)]


@case("a time point that is not there")
def _(at):
    return ["info", three_times(at), "--time", 3]


@case("a time point of a volume that has none")
def _(at):
    return ["info", at.image(), "--time", 1]


@case("two time points of one volume")
def _(at):
    return ["info", f"{three_times(at)}#time=1", "--time", 2]


@case("several channels, none chosen")
def _(at):
    return ["info", two_channels(at)]


def n5(at, **attributes):
    """An N5 data set of one block of 2 x 2 x 2, raw."""
    folder = at / "image.n5"
    (folder / "0" / "0").mkdir(parents=True)
    metadata = {
        "dimensions": [2, 2, 2],
        "blockSize": [2, 2, 2],
        "dataType": "uint8",
        "compression": {"type": "raw"},
    }
    (folder / "attributes.json").write_text(json.dumps(metadata | attributes))
    head = struct.pack(">HHIII", 0, 3, 2, 2, 2)
    (folder / "0" / "0" / "0").write_bytes(head + bytes(range(8)))
    return folder


@case("an N5 data set of an unknown compression")
def _(at):
    return ["info", n5(at, compression={"type": "zpaq"})]


@case("label multisets of Paintera")
def _(at):
    return ["info", n5(at, isLabelMultiset=True)]


@case("an N5 data set without its blocks")
def _(at):
    shutil.rmtree(n5(at) / "0")
    return ["info", at / "image.n5"]


@case("a precomputed volume without its chunks")
def _(at):
    (at / "image").mkdir()
    scale = {
        "key": "8_8_40",
        "size": [2, 2, 2],
        "resolution": [8, 8, 40],
        "chunk_sizes": [[2, 2, 2]],
        "voxel_offset": [0, 0, 0],
        "encoding": "raw",
    }
    info = {
        "@type": "neuroglancer_multiscale_volume",
        "type": "image",
        "data_type": "uint8",
        "num_channels": 1,
        "scales": [scale],
    }
    (at / "image" / "info").write_text(json.dumps(info))
    return ["info", at / "image"]


@case("an XML of BigDataViewer that points outside its folder")
def _(at):
    (at / "image.xml").write_text(
        '<SpimData><SequenceDescription><ImageLoader format="bdv.hdf5">'
        '<hdf5 type="relative">../image.h5</hdf5></ImageLoader>'
        "</SequenceDescription></SpimData>"
    )
    return ["info", at / "image.xml"]
