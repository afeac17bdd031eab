import numpy as np
import pytest
import zarr

from densecell.classes import ClassScheme
from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box, Spacing
from densecell.volume import create_ome_zarr, open_ome_zarr, open_volume, read_scheme

SHAPE = (5, 7, 9)
INNER = Box((1, 2, 3), (4, 6, 8))


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 2**16, SHAPE).astype(np.uint16)


def axis(name, unit=None, kind="space"):
    return {"name": name, "type": kind} | ({"unit": unit} if unit else {})


ZYX = [axis(a, "nanometer") for a in "zyx"]


def store(path, array, *, axes=ZYX, scale=None, version="0.5", whole=None, levels="0"):
    """Write an image as another program might."""
    scale = scale or [1.0] * (array.ndim - 3) + [50, 4, 5][-array.ndim :]
    transforms = [{"type": "scale", "scale": scale}]
    image = {
        "axes": axes,
        "datasets": [
            {"path": p, "coordinateTransformations": transforms} for p in levels
        ],
    }
    if whole:
        image["coordinateTransformations"] = [{"type": "scale", "scale": whole}]
    if version == "0.5":
        attributes = {"ome": {"version": "0.5", "multiscales": [image]}}
    else:
        attributes = {"multiscales": [image | {"version": version}]}
    zarr_format = 3 if version == "0.5" else 2
    group = zarr.create_group(path, attributes=attributes, zarr_format=zarr_format)
    group.create_array("0", data=array, chunks=(2,) * array.ndim)
    return path


@pytest.mark.parametrize("version", ["0.5", "0.4"])
def test_both_versions_are_read(tmp_path, array, version):
    volume = open_volume(store(tmp_path / "a.zarr", array, version=version))

    assert volume.spacing_nm == Spacing(50, 4, 5)
    assert volume.format == f"OME-Zarr {version}"
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


def test_a_store_is_known_by_its_content(tmp_path, array):
    assert open_volume(store(tmp_path / "a", array)).shape == SHAPE


def test_further_axes_of_one_element_are_dropped_and_written_through(tmp_path, array):
    axes = [axis("t", "second", "time"), axis("c", kind="channel"), *ZYX]
    path = store(tmp_path / "a.zarr", array[None, None], axes=axes)

    volume = open_ome_zarr(path, writable=True)
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])
    volume.write(INNER, np.zeros(INNER.shape, np.uint16))

    array[INNER.slices] = 0
    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), array)
    assert volume.spacing_nm == (50, 4, 5)


def test_a_flat_image_is_one_slice_of_unknown_depth(tmp_path, array):
    volume = open_volume(store(tmp_path / "a.zarr", array[0], axes=ZYX[1:]))

    assert volume.shape == (1, 7, 9)
    assert volume.spacing_nm is None
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), array[:1])


def test_each_axis_has_its_own_unit(tmp_path, array):
    axes = [axis("z", "micrometer"), axis("y", "nanometer"), axis("x", "angstrom")]

    volume = open_volume(
        store(tmp_path / "a.zarr", array, axes=axes, scale=[0.05, 4, 50])
    )

    assert volume.spacing_nm == pytest.approx((50, 4, 5))


def test_a_scale_of_the_whole_image_counts_too(tmp_path, array):
    volume = open_volume(store(tmp_path / "a.zarr", array, whole=[2, 3, 4]))

    assert volume.spacing_nm == (100, 12, 20)


def test_missing_units_make_the_voxel_size_unknown(tmp_path, array):
    path = store(tmp_path / "a.zarr", array, axes=[axis(a) for a in "zyx"])

    assert open_volume(path).spacing_nm is None
    assert open_volume(path, spacing_nm=(1, 2, 3)).spacing_nm == (1, 2, 3)


def test_odd_units_are_refused_unless_the_voxel_size_is_given(tmp_path, array):
    path = store(tmp_path / "a.zarr", array, axes=[axis(a, "pixel") for a in "zyx"])

    with pytest.raises(
        SpacingError, match=r"axes in pixel, pixel, pixel, no unit of len"
    ):
        open_volume(path)
    assert open_volume(path, spacing_nm=(1, 2, 3)).spacing_nm == (1, 2, 3)


def test_a_senseless_scale_is_refused(tmp_path, array):
    path = store(tmp_path / "a.zarr", array, scale=[0, 4, 5])
    with pytest.raises(SpacingError, match=r"a\.zarr: its voxel size is wrong"):
        open_volume(path)


def test_several_channels_are_refused(tmp_path, array):
    axes = [axis("c", kind="channel"), *ZYX]
    path = store(tmp_path / "a.zarr", np.stack([array, array]), axes=axes)
    message = "has axes c=2, z=5, y=7, x=9; expected one channel and one time point"
    with pytest.raises(VolumeError, match=message):
        open_volume(path)


@pytest.mark.parametrize("names", ["xyz", "abc", "zy"])
def test_other_axes_are_refused(tmp_path, array, names):
    path = store(
        tmp_path / "a.zarr",
        array,
        axes=[axis(a) for a in names],
        scale=[1] * len(names),
    )
    with pytest.raises(
        VolumeError, match=r"has axes .*; expected z, y, x in this order"
    ):
        open_volume(path)


def test_a_bare_array_has_no_voxel_size(tmp_path, array):
    zarr.create_array(tmp_path / "a.zarr", data=array, chunks=(2, 2, 2))

    volume = open_volume(tmp_path / "a.zarr", spacing_nm=(50, 4, 5))

    assert open_volume(tmp_path / "a.zarr").spacing_nm is None
    assert volume.spacing_nm == (50, 4, 5)
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


def test_a_bare_array_of_other_dimension_is_refused(tmp_path, array):
    zarr.create_array(tmp_path / "a.zarr", data=array[0], chunks=(2, 2))
    with pytest.raises(VolumeError, match=r"bare zarr array of shape \(7, 9\)"):
        open_volume(tmp_path / "a.zarr")


def test_a_group_of_images_lists_them(tmp_path):
    options = {"shape": SHAPE, "dtype": np.uint8, "spacing_nm": (50, 4, 5)}
    create_ome_zarr(tmp_path / "s.zarr" / "confidence", kind="image", **options)
    create_ome_zarr(tmp_path / "s.zarr" / "labels" / "cells", kind="label", **options)
    message = (
        "no `multiscales` metadata; it holds the images confidence, labels/cells: op"
    )
    with pytest.raises(VolumeError, match=message):
        open_volume(tmp_path / "s.zarr")


def test_a_group_without_images_is_refused(tmp_path):
    zarr.create_group(tmp_path / "a.zarr")
    with pytest.raises(
        VolumeError, match="`multiscales` metadata; expected an OME-Zarr"
    ):
        open_volume(tmp_path / "a.zarr")


def test_a_folder_called_zarr_is_not_enough(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(
        VolumeError, match=r"a\.zarr: cannot be opened as zarr"
    ) as caught:
        open_volume(tmp_path / "a.zarr")
    assert "\n" not in str(caught.value)


def test_a_missing_level_is_refused(tmp_path, array):
    path = store(tmp_path / "a.zarr", array, levels=["0", "1"])

    with pytest.raises(VolumeError, match="has no level 2; it has 0 to 1"):
        open_volume(path, level=2)
    with pytest.raises(VolumeError, match="level 1 is listed as '1' but is not there"):
        open_volume(path, level=1)


def test_a_damaged_chunk_is_said_to_be_damaged(tmp_path, array):
    path = store(tmp_path / "a.zarr", array)
    (path / "0" / "c" / "1" / "1" / "1").write_bytes(b"broken")
    with pytest.raises(
        VolumeError, match=r"box .* cannot be read \(.*\); the store is dam"
    ):
        open_volume(path).read(Box.whole(SHAPE))


def test_opened_for_reading_it_is_not_written(tmp_path, array):
    volume = open_volume(store(tmp_path / "a.zarr", array))
    with pytest.raises(VolumeError, match=r"OME-Zarr 0\.5 is opened for reading only"):
        volume.write(INNER, array[INNER.slices])


def test_wrong_dtypes_are_refused(tmp_path, array):
    path = store(tmp_path / "a.zarr", array.astype(np.float32))

    with pytest.raises(VolumeError, match="labels must be whole numbers, got float32"):
        open_volume(path, labels=True)
    with pytest.raises(
        VolumeError, match=r"holds int64; .*convert it to uint32 or uint64"
    ):
        open_volume(store(tmp_path / "b.zarr", array.astype(np.int64)))


def test_big_endian_stores_are_read_natively(tmp_path, array):
    path = store(tmp_path / "a.zarr", array.astype(">u2"), version="0.4")

    found = open_volume(path).read(INNER)

    assert found.dtype == np.uint16
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array[INNER.slices])


def test_the_class_scheme_comes_back(tmp_path):
    scheme = ClassScheme.platelet()
    create_ome_zarr(
        tmp_path / "a.zarr",
        shape=SHAPE,
        dtype=np.uint8,
        spacing_nm=(50, 4, 5),
        kind="label",
        scheme=scheme,
    )

    assert read_scheme(tmp_path / "a.zarr") == scheme


def test_objects_have_no_class_scheme(tmp_path, array):
    assert read_scheme(store(tmp_path / "a.zarr", array)) is None
