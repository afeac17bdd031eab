import numpy as np
import pytest
import tifffile
import yaozarrs

from densecell.classes import ClassScheme
from densecell.datasets.crop import (
    CropRecord,
    hash_array,
    read_painted_crops,
    write_crop,
)
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import Box
from densecell.volume import (
    ArrayVolume,
    open_ome_zarr,
    open_volume,
    read_scheme,
    write_tiff,
)

NM = (50.0, 4.6, 5.0)
SCHEME = ClassScheme.drosophila_vnc()
IMAGE = np.arange(2 * 5 * 7, dtype=np.uint16).reshape(2, 5, 7)
LABELS = (IMAGE % 3).astype(np.uint8)
WHOLE = Box.whole(LABELS.shape)


@pytest.fixture
def crop(tmp_path):
    """Folder of a crop in which nobody painted."""
    record = CropRecord(
        volume=tmp_path / "a.tif",
        shape=(9, 9, 9),
        spacing_nm=NM,
        box=((1, 2, 2), (3, 7, 9)),
        classes=SCHEME,
        image=hash_array(IMAGE),
        labels=hash_array(LABELS),
    )
    write_crop(tmp_path / "crop_01", record, IMAGE, LABELS)
    return tmp_path / "crop_01"


def painted(value=4):
    labels = LABELS.copy()
    labels[1, 2:4, 3] = value
    return labels


def save(path, labels, dtype="int32"):
    """Save as napari does: another dtype, no voxel size, no colours."""
    tifffile.imwrite(path, labels.astype(dtype))


def test_both_kinds_of_files_hold_voxels_and_voxel_size(crop):
    for image, labels in (
        ("image.tif", "labels.tif"),
        ("crop.zarr", "crop.zarr/labels/classes"),
    ):
        for name, expected in ((image, IMAGE), (labels, LABELS)):
            volume = open_volume(crop / name)
            np.testing.assert_array_equal(volume.read(WHOLE), expected)
            assert volume.spacing_nm == pytest.approx(NM)
            assert volume.dtype == expected.dtype


def test_labels_know_their_classes_and_colours(crop):
    with tifffile.TiffFile(crop / "labels.tif") as tif:
        colours = tif.pages[0].colormap  # (3, 256), of 16 bits
        assert tif.is_imagej

    assert tuple(colours[:, 4] // 257) == SCHEME.classes[4].colour
    assert tuple(colours[:, 255] // 257) == (255, 255, 255)
    assert read_scheme(crop / "crop.zarr" / "labels" / "classes") == SCHEME
    yaozarrs.validate_zarr_store(str(crop / "crop.zarr"))


def test_what_was_painted_is_found_whichever_file_it_is_in(crop):
    save(crop / "labels.tif", painted())

    (found,), untouched = read_painted_crops([crop.parent])

    np.testing.assert_array_equal(found.labels, painted())
    assert found.labels.dtype == np.uint8
    assert found.record.extent.start == (1, 2, 2)
    assert found.path == crop / "labels.tif"
    assert not untouched


def test_what_napari_paints_and_saves_is_found(crop):
    builtins = pytest.importorskip("napari_builtins.io", reason="needs napari")
    layers = pytest.importorskip("napari.layers", reason="needs napari")
    path = str(crop / "labels.tif")

    [(ids, *_)] = builtins.napari_get_reader(path)(path)
    layer = layers.Labels(ids)
    layer.brush_size = 2
    layer.paint((1, 2, 3), 4)
    builtins.napari_write_labels(path, layer.data, {})

    ((found,), _) = read_painted_crops([crop])
    changed = np.argwhere(found.labels != LABELS)
    assert len(changed)
    assert {*found.labels[tuple(changed.T)]} == {4}
    assert (abs(changed - (1, 2, 3)) <= 1).all()


def test_what_was_painted_in_the_store_is_found(crop):
    store = open_ome_zarr(crop / "crop.zarr" / "labels" / "classes", writable=True)
    store.write(WHOLE, painted())

    (found,), _ = read_painted_crops([crop])

    np.testing.assert_array_equal(found.labels, painted())


def test_saving_the_same_again_is_no_painting(crop):
    save(crop / "labels.tif", LABELS)

    assert read_painted_crops([crop]) == ([], [crop])


@pytest.mark.parametrize(
    "name", ["labels.tif", "crop.zarr/labels/classes", "crop.zarr"]
)
def test_labels_that_are_named_count_as_they_are(crop, name):
    (found,), untouched = read_painted_crops([crop / name])

    np.testing.assert_array_equal(found.labels, LABELS)
    assert not untouched


def test_the_image_is_not_taken_for_labels(crop):
    with pytest.raises(VolumeError, match=r"image.tif: is the image; give labels.tif"):
        read_painted_crops([crop / "image.tif"])


def test_both_painted_differently_are_refused(crop):
    save(crop / "labels.tif", painted())
    store = open_ome_zarr(crop / "crop.zarr" / "labels" / "classes", writable=True)
    store.write(WHOLE, painted(3))

    with pytest.raises(VolumeError, match=r"crop_01: both labels.tif and crop.zarr/"):
        read_painted_crops([crop])

    store.write(WHOLE, painted())  # alike
    assert len(read_painted_crops([crop])[0]) == 1


def test_another_shape_is_refused(crop):
    save(crop / "labels.tif", painted()[:, :4])

    with pytest.raises(VolumeError, match=r"shape \(2, 4, 7\), but .* \(2, 5, 7\)"):
        read_painted_crops([crop])


def test_ids_that_are_no_class_are_refused(crop):
    save(crop / "labels.tif", painted(9))

    with pytest.raises(VolumeError, match=r"labels.tif: label ids \[9\] are not in"):
        read_painted_crops([crop])


def test_an_image_that_was_painted_in_is_refused(crop):
    image = IMAGE.copy()
    image[0, 0, 0] += 1
    volume = ArrayVolume(image, spacing_nm=NM)
    write_tiff(crop / "image.tif", volume, overwrite=True)

    with pytest.raises(VolumeError, match=r"image.tif: is not the image that was"):
        read_painted_crops([crop])

    (crop / "image.tif").unlink()
    assert read_painted_crops([crop]) == ([], [crop])


def test_a_crop_without_labels_is_refused(crop):
    (crop / "labels.tif").unlink()
    (crop / "crop.zarr").rename(crop / "old")

    with pytest.raises(VolumeError, match=r"crop_01: neither labels.tif nor crop.zarr"):
        read_painted_crops([crop])


def test_labels_that_lie_elsewhere_are_refused(tmp_path):
    save(tmp_path / "mine.tif", LABELS)

    with pytest.raises(VolumeError, match=r"mine.tif: no crop.yaml lies beside it"):
        read_painted_crops([tmp_path / "mine.tif"])


def test_places_without_a_crop_are_refused(tmp_path):
    with pytest.raises(VolumeError, match=r"nothing: does not exist; give a folder"):
        read_painted_crops([tmp_path / "nothing"])
    with pytest.raises(VolumeError, match=r": holds no crop; give a folder"):
        read_painted_crops([tmp_path])


def test_a_record_that_cannot_be_understood_is_refused(crop):
    (crop / "crop.yaml").write_text("format: 1\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"crop.yaml: volume: field required"):
        read_painted_crops([crop])
