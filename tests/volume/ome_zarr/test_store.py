import numpy as np
import pytest
import zarr

from densecell.classes import ClassScheme
from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box, Spacing
from densecell.volume import (
    create_ome_zarr,
    open_ome_zarr,
    open_volume,
    read_scheme,
    require_spacing,
)

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


TCZYX = [axis("t", kind="time"), axis("c", kind="channel"), *ZYX]


@pytest.fixture
def channels(tmp_path, array):
    """Write two channels, EM and DAPI, of one time point."""
    path = store(tmp_path / "a.zarr", np.stack([array, array[::-1]])[None], axes=TCZYX)
    group = zarr.open_group(path)
    named = {"channels": [{"label": "EM"}, {"label": "DAPI"}]}
    group.attrs["ome"] = group.attrs["ome"] | {"omero": named}
    return path


def test_single_channels_and_times_are_three_axes(tmp_path, array):
    volume = open_volume(store(tmp_path / "a.zarr", array[None, None], axes=TCZYX))

    assert volume.shape == SHAPE
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices])


def test_one_of_several_channels_must_be_chosen(channels):
    with pytest.raises(
        VolumeError,
        match=r"has axes t=1, c=2, z=5, y=7, x=9; expected one channel: choose one of "
        r"0 EM, 1 DAPI with --channel, or as .*a\.zarr#channel=0",
    ):
        open_volume(channels)


@pytest.mark.parametrize(("channel", "step"), [("0", 1), ("EM", 1), ("DAPI", -1)])
def test_a_channel_is_read_by_number_or_name(channels, array, channel, step):
    volume = open_volume(channels, channel=channel)
    again = open_volume(str(volume.path))

    assert str(volume.path) == f"{channels}#channel={channel}"
    expected = array[::step][INNER.slices]
    np.testing.assert_array_equal(volume.read(INNER), expected)
    np.testing.assert_array_equal(again.read(INNER), expected)


@pytest.mark.parametrize("channel", ["2", "GFP", ""])
def test_a_channel_that_is_not_there_is_refused(channels, channel):
    with pytest.raises(
        VolumeError, match=f"has no channel {channel!r}; there are 0 EM, 1 DAPI"
    ):
        open_volume(channels, channel=channel)


def test_channels_without_names_have_numbers(tmp_path, array):
    axes = [axis("c", kind="channel"), *ZYX]
    path = store(tmp_path / "a.zarr", np.stack([array, array]), axes=axes)

    with pytest.raises(VolumeError, match="choose one of 0, 1 with --channel"):
        open_volume(path)


def test_a_channel_of_what_has_none_is_refused(tmp_path, array):
    path = store(tmp_path / "a.zarr", array)
    zarr.create_array(tmp_path / "bare.zarr", data=array)

    for volume in (path, tmp_path / "bare.zarr"):
        with pytest.raises(VolumeError, match="has no channels to choose from, but ch"):
            open_volume(volume, channel="0")


@pytest.fixture
def times(tmp_path, array):
    """Write two channels at three time points, each voxel unlike in all."""
    every = np.stack([[array + 10 * t + c for c in (0, 1)] for t in (0, 1, 2)])
    return store(tmp_path / "a.zarr", every, axes=TCZYX)


def test_one_of_several_time_points_must_be_chosen(times):
    message = (
        "has axes t=3, c=2, z=5, y=7, x=9; expected one time point: choose one of 0 to "
        r"2 with --time, or as .*a\.zarr#time=0"
    )
    with pytest.raises(VolumeError, match=message):
        open_volume(times, channel="1")


def test_a_time_point_is_read_with_its_channel(times, array):
    volume = open_volume(times, channel="1", time=2)
    again = open_volume(f"{times}#time=2#channel=1")

    assert str(volume.path) == f"{times}#channel=1#time=2"
    np.testing.assert_array_equal(volume.read(INNER), array[INNER.slices] + 21)
    np.testing.assert_array_equal(again.read(INNER), array[INNER.slices] + 21)


@pytest.mark.parametrize("time", ["3", "-1", "last", ""])
def test_a_time_point_that_is_not_there_is_refused(times, time):
    with pytest.raises(
        VolumeError, match=f"has no time point {time!r}; there are 0 to 2"
    ):
        open_volume(f"{times}#channel=0#time={time}")


def test_a_time_point_of_what_has_none_is_refused(tmp_path, array):
    path = store(tmp_path / "a.zarr", array)
    zarr.create_array(tmp_path / "bare.zarr", data=array)
    np.save(tmp_path / "a.npy", array)

    for volume in (path, tmp_path / "bare.zarr", tmp_path / "a.npy"):
        with pytest.raises(VolumeError, match="has no time points to choose from, but"):
            open_volume(volume, time=0)


def test_axes_that_nobody_knows_are_refused(tmp_path, array):
    axes = [axis("phase", kind=None), *ZYX]
    path = store(tmp_path / "a.zarr", np.stack([array, array]), axes=axes)

    with pytest.raises(VolumeError, match=r"phase=2, .* no others than t, c, z, y, x"):
        open_volume(path)


def test_a_size_without_a_unit_is_told(tmp_path, array):
    path = store(tmp_path / "a.zarr", array, axes=[axis(a) for a in "zyx"])

    with pytest.raises(
        SpacingError,
        match=r"no voxel size, states 50 x 4 x 5 \(z y x\) without a unit; pass --sp",
    ):
        require_spacing(open_volume(path))


@pytest.mark.parametrize(
    ("unit", "nm"),
    [("angstrom", 0.1), ("nanometer", 1), ("micrometer", 1e3), ("m", 1e9)],
)
def test_units_are_converted(tmp_path, array, unit, nm):
    path = store(tmp_path / "a.zarr", array, axes=[axis(a, unit) for a in "zyx"])

    assert open_volume(path).spacing_nm == pytest.approx((50 * nm, 4 * nm, 5 * nm))


def test_more_axes_than_the_array_has_are_refused(tmp_path, array):
    path = store(tmp_path / "a.zarr", array, axes=TCZYX, scale=[1, 1, 50, 4, 5])
    with pytest.raises(VolumeError, match=r"axes t, c, z, y, x but an array of shape"):
        open_volume(path)


@pytest.mark.parametrize("names", ["xyz", "abc"])
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
