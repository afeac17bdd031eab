"""Every format, seen through `Volume`, is the array that was written."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from densecell.geometry import Box
from densecell.volume import ArrayVolume, Layout, convert, create_ome_zarr, open_volume

SHAPE = (5, 7, 9)
ARRAY = np.random.default_rng(0).integers(0, 2**16, SHAPE).astype(np.uint16)
FORMATS = [
    "zarr",
    "sharded",
    "tiff",
    "big-endian",
    "deflate",
    "tiled",
    "png",
    "tif",
    "npy",
    "h5",
    "mrc",
    "nii",
    "gz",
    "v2",
]


@pytest.fixture(scope="module")
def volumes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    volume = ArrayVolume(ARRAY, spacing_nm=(50, 4, 5))
    for name in ("zarr.zarr", "h5.h5", "mrc.mrc", "nii.nii", "gz.nii.gz"):
        convert(volume, folder / name)
    convert(volume, folder / "v2.zarr", ome_version="0.4")
    create_ome_zarr(
        folder / "sharded.zarr",
        shape=SHAPE,
        dtype=ARRAY.dtype,
        spacing_nm=(50, 4, 5),
        kind="image",
        layout=Layout((1, 2, 3), (2, 4, 6)),
    ).write(Box.whole(SHAPE), ARRAY)
    tifffile.imwrite(folder / "tiff.tif", ARRAY)
    tifffile.imwrite(folder / "big-endian.tif", ARRAY, byteorder=">")
    tifffile.imwrite(folder / "deflate.tif", ARRAY, compression="zlib", rowsperstrip=3)
    tifffile.imwrite(folder / "tiled.tif", ARRAY, compression="zlib", tile=(16, 16))
    for name in ("png", "tif"):
        (folder / name).mkdir()
    for z, plane in enumerate(ARRAY):
        (folder / "png" / f"{z}.png").write_bytes(imagecodecs.png_encode(plane))
        tifffile.imwrite(folder / "tif" / f"{z}.tif", plane)
    np.save(folder / "npy.npy", ARRAY)
    return {f.name.split(".")[0]: open_volume(f) for f in folder.iterdir()}


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_any_box_equals_the_slice_of_the_array(volumes, name, data):
    corners = [
        sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
        for n in SHAPE
    ]
    box = Box(tuple(c[0] for c in corners), tuple(c[1] for c in corners))

    found = volumes[name].read(box)

    np.testing.assert_array_equal(found, ARRAY[box.slices])
    assert found.dtype == np.uint16
    assert found.dtype.isnative
