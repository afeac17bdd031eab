"""Small files, as other programs write them, that were read wrong once."""

from pathlib import Path

import numpy as np
import pytest

from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume, require_spacing

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(
    not CASES.exists(), reason=f"needs the cases in {CASES}"
)


def whole(volume):
    return volume.read(Box.whole(volume.shape))


def read(name, **options):
    return whole(open_volume(CASES / name, **options))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("ilastik_axes/ilastik.h5", (8, 64, 64)),
        ("ilastik_axes/ilastik_xyz.h5", (8, 64, 64)),
        ("hdf5-axistags/zyxc.h5", (8, 48, 56)),
        ("ome_multifile/omemulti", (8, 64, 64)),
        ("jpg_bmp_slices/jpg", (8, 64, 64)),
        ("amira-raw-lattice.am", (8, 64, 64)),
        ("jpg_bmp_slices/bmp", (8, 64, 64)),
        ("precomputed_n5/precomputed", (8, 64, 64)),
        ("precomputed_n5/n5.n5", (8, 64, 64)),
    ],
)
def test_it_opens_with_its_axes_in_order(name, shape):
    volume = open_volume(CASES / name)

    assert volume.shape == shape
    assert whole(volume).std() > 0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("tiff-4d-unnamed-axes/image.tif", {}, "slices cannot be told from channels"),
        ("tiff-4d-unnamed-axes/image_cz.tif", {}, "slices cannot be told from chann"),
        ("hdf5-image-4d-labels-3d/train.h5", {}, "say which dataset"),
        ("hdf5-axistags/yxc.h5", {}, "c=3; expected one channel"),
        ("ome-tiff-one-of-many/set", {}, r"s4\.ome\.tif is missing"),
        (
            "ome-tiff-one-of-many/s3.ome.tif",
            {},
            r"of which s0\.ome\.tif, .* is missing",
        ),
        ("mrc-imod-signed-labels/packed.mrc", {}, "expected mode 0, 1, 2 or 6"),
    ],
)
def test_it_is_refused_with_the_way_out(name, options, message):
    with pytest.raises(VolumeError, match=message):
        open_volume(CASES / name, **options)


def test_several_files_state_their_voxel_size():
    assert open_volume(CASES / "ome_multifile/omemulti").spacing_nm == (40, 10, 10)


def test_turned_axes_are_those_of_the_truth():
    truth = read("hdf5-axistags/truth.tif")

    np.testing.assert_array_equal(read("hdf5-axistags/xyz.h5"), truth)


def test_what_looks_alike_is_read_alike():
    seen = read("tiff-white-is-zero/same_to_the_eye.tif")

    np.testing.assert_array_equal(read("tiff-white-is-zero/image.tif"), seen)


def test_signed_labels_of_imod_are_the_ids():
    truth = read("mrc-imod-signed-labels/truth.tif", labels=True)

    found = read("mrc-imod-signed-labels/labels.mrc", labels=True)

    np.testing.assert_array_equal(found, truth)


@pytest.mark.parametrize("name", ["int64.tif", "float32.tif", "float64.nii.gz"])
def test_labels_of_other_dtypes_are_the_ids(name):
    truth = read("tiff-int64-float-bit-labels/truth.tif", labels=True)

    found = read(f"tiff-int64-float-bit-labels/{name}", labels=True)

    np.testing.assert_array_equal(found, truth)


def test_labels_of_one_bit_are_the_ids():
    truth = read("tiff-int64-float-bit-labels/truth.tif", labels=True)

    found = read("tiff-int64-float-bit-labels/bit.tif", labels=True)

    np.testing.assert_array_equal(found, truth > 0)


def test_one_angstrom_is_questioned():
    volume = open_volume(CASES / "mrc-one-angstrom/image.mrc")

    assert volume.spacing_nm == (0.1, 0.1, 0.1)
    assert "unusual for volume EM" in volume.notes[0]


@pytest.mark.parametrize(
    "name", ["hdf5-axistags/zyxc.h5", "amira-raw-lattice.am", "precomputed_n5/n5.n5"]
)
def test_the_voxel_size_is_asked_for(name):
    with pytest.raises(SpacingError, match="pass --spacing Z Y X"):
        require_spacing(open_volume(CASES / name))
