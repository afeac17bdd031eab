import numpy as np
import pytest
import tifffile

from densecell.classes import ClassScheme
from densecell.errors import OutputError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import (
    ArrayVolume,
    CroppedVolume,
    Volume,
    conversion,
    convert,
    create_ome_zarr,
    open_ome_zarr,
    open_volume,
    write_slices,
)
from densecell.volume.formats.tiff_writing import id_colours

SPACING = (50, 4.6, 5)
OTHERS = ["a.h5", "a.mrc", "a.nii", "a.nii.gz"]


@pytest.fixture
def volume():
    array = np.random.default_rng(0).integers(0, 2**16, (5, 70, 300)).astype(np.uint16)
    return ArrayVolume(array, spacing_nm=SPACING)


@pytest.mark.parametrize("name", ["a.zarr", "a.tif", "a.tiff", "slices", *OTHERS])
@pytest.mark.parametrize("kind", ["image", "label"])
def test_voxels_survive(tmp_path, volume, name, kind):
    convert(volume, tmp_path / name, kind=kind)

    again = open_volume(tmp_path / name)
    np.testing.assert_array_equal(again.read(Box.whole(volume.shape)), volume.array)
    assert list(tmp_path.iterdir()) == [tmp_path / name]
    if name != "slices":
        assert again.spacing_nm == pytest.approx(SPACING)


def test_zarr_gets_coarser_levels(tmp_path, volume):
    convert(volume, tmp_path / "a.zarr")

    assert open_ome_zarr(tmp_path / "a.zarr", level=1).shape == (5, 35, 150)


def test_large_slices_are_copied_in_rows_of_shards(tmp_path, volume, monkeypatch):
    monkeypatch.setattr(conversion, "SLAB_BYTES", 1)
    told = []

    convert(volume, tmp_path / "a.zarr", progress=lambda *said: told.append(said))

    again = open_volume(tmp_path / "a.zarr")
    np.testing.assert_array_equal(again.read(Box.whole(volume.shape)), volume.array)
    assert told[-1] == (volume.array.size + 5 * 35 * 150,) * 2
    assert told == sorted(told)


def test_labels_in_a_result_are_listed(tmp_path, volume):
    options = {"shape": volume.shape, "dtype": np.uint8, "spacing_nm": SPACING}
    root = tmp_path / "a.zarr"
    create_ome_zarr(root, kind="image", **options)
    create_ome_zarr(root / "labels" / "one", kind="label", **options)

    convert(volume, root / "labels" / "two.zarr", kind="label")

    listed = (root / "labels" / "zarr.json").read_text()
    assert '"one"' in listed
    assert '"two.zarr"' in listed


def test_other_suffixes_are_refused(tmp_path, volume):
    with pytest.raises(
        OutputError, match=r"cannot write \.xyz; expected \.zarr for OME-Z"
    ):
        convert(volume, tmp_path / "a.xyz")


@pytest.mark.parametrize("name", ["a.zarr", "a.tif", "slices", *OTHERS])
def test_what_exists_is_not_overwritten_unasked(tmp_path, volume, name):
    convert(volume, tmp_path / name)

    with pytest.raises(
        OutputError, match="exists; choose another place or pass --over"
    ):
        convert(volume, tmp_path / name)
    convert(volume, tmp_path / name, overwrite=True)

    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize("name", ["a.zarr", "a.tif", *OTHERS])
def test_the_voxel_size_must_be_known(tmp_path, volume, name):
    with pytest.raises(SpacingError, match="has no voxel size; pass --spacing Z Y X"):
        convert(ArrayVolume(volume.array), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_png_holds_small_whole_numbers_only(tmp_path, volume):
    message = (
        r"PNG holds uint8 and uint16, the volume is float32; write \.tif or \.zarr"
    )
    with pytest.raises(VolumeError, match=message):
        write_slices(tmp_path / "a", ArrayVolume(volume.array.astype(np.float32)))


def test_slices_are_named_by_number(tmp_path, volume):
    told = []

    write_slices(tmp_path / "a", volume, progress=lambda *said: told.append(said))

    names = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert names == [f"slice_{z:04}.png" for z in range(5)]
    assert told[-1] == (volume.array.size, volume.array.size)


@pytest.mark.parametrize("cropped", [False, True])
def test_labels_take_their_colours_along_into_tiff(tmp_path, cropped):
    scheme = ClassScheme.platelet()
    labels: Volume = create_ome_zarr(
        tmp_path / "a.zarr",
        shape=(3, 40, 50),
        dtype="u1",
        spacing_nm=SPACING,
        kind="label",
        scheme=scheme,
    )
    if cropped:
        labels = CroppedVolume(labels, Box((0, 0, 0), (2, 20, 20)))

    convert(labels, tmp_path / "a.tif", kind="label")

    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        table = tif.pages[0].colormap // 257
    assert table[:, 2].tolist() == list(scheme.classes[2].colour)


def test_labels_without_names_get_a_hue_for_each_id(tmp_path):
    ids = ArrayVolume(np.ones((3, 4, 5), np.uint8), spacing_nm=SPACING)

    convert(ids, tmp_path / "a.tif", kind="label")

    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        np.testing.assert_array_equal(tif.pages[0].colormap // 257, id_colours().T)
