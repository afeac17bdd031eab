"""What is written is read by other programs: the same voxels, the same size of voxels.

h5py, mrcfile and nibabel read what is written in the tests of their formats, tifffile
in those of TIFF, trimesh and tensorstore in those of surfaces.
"""

import numpy as np
import pytest
import tensorstore
import yaozarrs
import zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader

from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.volume import (
    ArrayVolume,
    Layout,
    build_pyramid,
    convert,
    create_ome_zarr,
    open_ome_zarr,
    open_volume,
    read_scheme,
)

SHAPE = (5, 70, 300)
SPACING = (50, 4.6, 5)
ARRAY = np.random.default_rng(0).integers(0, 7, SHAPE).astype(np.uint16)


@pytest.fixture(params=["0.4", "0.5"])
def version(request):
    return request.param


@pytest.fixture
def image(tmp_path, version):
    volume = ArrayVolume(ARRAY, spacing_nm=SPACING)
    convert(volume, tmp_path / "a.zarr", ome_version=version)
    return tmp_path / "a.zarr"


@pytest.fixture
def labels(image, version):
    """Write class labels into the image, with the platelet's names."""
    path = image / "labels" / "classes"
    volume = create_ome_zarr(
        path,
        shape=SHAPE,
        dtype=np.uint16,
        spacing_nm=SPACING,
        kind="label",
        scheme=ClassScheme.platelet(),
        layout=Layout(version=version),
    )
    volume.write(Box.whole(SHAPE), ARRAY)
    build_pyramid(path, kind="label")
    return path


def test_yaozarrs_finds_it_valid(image, labels, version):
    listing = [labels.parent] if version == "0.5" else []  # 0.4 gives it no version
    for path in (image, labels, *listing):
        assert yaozarrs.validate_zarr_store(str(path)) is not None  # or it raises


def test_each_version_is_a_zarr_of_its_own_format(image, labels, version):
    for path in (image, labels.parent, labels):
        expected = 2 if version == "0.4" else 3
        assert zarr.open_group(path).metadata.zarr_format == expected
    names = {"0.4": ".zgroup", "0.5": "zarr.json"}
    found = {p.name for p in image.rglob("*") if p.name in (".zgroup", "zarr.json")}
    assert found == {names[version]}


def test_ome_zarr_reads_image_and_labels(image, labels):
    nodes = list(Reader(parse_url(image))())

    found = {node.zarr.basename(): node for node in nodes}
    picture = found["a.zarr"]
    np.testing.assert_array_equal(np.asarray(picture.data[0]), ARRAY)
    assert [a["unit"] for a in picture.metadata["axes"]] == ["nanometer"] * 3
    scales = [t[0]["scale"] for t in picture.metadata["coordinateTransformations"]]
    assert scales == [[50, 4.6, 5], [50, 9.2, 10]]
    np.testing.assert_array_equal(np.asarray(found["classes"].data[0]), ARRAY)
    assert set(found["classes"].metadata["color"]) == set(range(7))


def test_tensorstore_reads_every_level(image, version):
    driver = "zarr" if version == "0.4" else "zarr3"
    for level in (0, 1):
        store = tensorstore.open(
            {"driver": driver, "kvstore": f"file://{image}/{level}/"}
        ).result()

        ours = open_ome_zarr(image, level=level)
        np.testing.assert_array_equal(
            store.read().result(), ours.read(Box.whole(ours.shape))
        )


def test_we_read_it_too(image, labels, version):
    volume = open_volume(labels, labels=True)

    assert volume.format == f"OME-Zarr {version}"
    assert volume.spacing_nm == SPACING
    assert read_scheme(labels).names == ClassScheme.platelet().names
    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), ARRAY)


def test_napari_shows_labels_at_their_size(labels):
    napari = pytest.importorskip("napari.components")
    viewer = napari.ViewerModel()

    volume = open_volume(labels, labels=True)
    layer = viewer.add_labels(
        volume.read(Box.whole(SHAPE)), scale=volume.spacing_nm, name=volume.name
    )

    np.testing.assert_allclose(
        layer.extent.world[1], np.multiply(np.subtract(SHAPE, 1), SPACING)
    )
