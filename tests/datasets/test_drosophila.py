import hashlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from densecell.datasets import drosophila
from densecell.datasets.drosophila import DROSOPHILA_VNC, FILES, to_classes
from densecell.datasets.public import Digest
from densecell.errors import DatasetError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume, write_tiff

REAL = Path(__file__).parents[3] / "shared" / "data" / "drosophila-vnc"
VALUES = np.array([[255, 0, 32, 64, 96], [128, 159, 191, 223, 255]], np.uint8)
CLASSES = np.array([[0, 1, 1, 1, 1], [1, 2, 3, 4, 0]], np.uint8)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Write 20 tiny sections in the layout of the source, with their checksums."""
    folder = tmp_path / "stack1"
    (folder / "raw").mkdir(parents=True)
    (folder / "labels").mkdir()
    digests = {}
    for n in range(20):
        raw, labels = f"raw/{n:02}.tif", f"labels/labels{n:08}.png"
        Image.fromarray(np.full((2, 5), n, np.uint8)).save(folder / raw)
        Image.fromarray(VALUES).save(folder / labels)
        for name in (raw, labels):
            value = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            digests[name] = Digest(algorithm="sha256", value=value)
    monkeypatch.setattr(drosophila, "FILES", digests)
    return folder


def prepared(folder, *, shape=(12, 1024, 1024), dtype=np.uint8, last=4, labels=None):
    folder.mkdir()
    classes = np.zeros(labels or shape, np.uint8)
    classes[-1, -1, -1] = last
    for name, stack in {"image": np.zeros(shape, dtype), "labels": classes}.items():
        volume = ArrayVolume(stack)
        write_tiff(folder / f"{name}.tif", volume, spacing_nm=(50, 4.6, 4.6))
    return folder


def test_the_label_values_of_the_source_become_classes():
    np.testing.assert_array_equal(to_classes(VALUES, where="a"), CLASSES)


def test_a_value_without_a_class_is_refused():
    with pytest.raises(
        DatasetError, match=r"a.png: label values \[7, 9\] stand for no"
    ):
        to_classes(np.array([[7, 0, 9]], np.uint8), where="a.png")


@pytest.mark.parametrize("inside", ["", "..", "archive"])
def test_published_sections_become_two_stacks(published, tmp_path, inside):
    source = published / inside
    if inside == "archive":
        source = tmp_path / "unpacked"
        source.mkdir()
        (source / drosophila.ROOT).parent.mkdir()
        published.rename(source / drosophila.ROOT)
    out = tmp_path / "out"
    out.mkdir()

    entries = DROSOPHILA_VNC.lay_out(source, out)

    image, labels = (open_volume(out / name) for name in ("image.tif", "labels.tif"))
    assert image.shape == labels.shape == (20, 2, 5)
    assert image.spacing_nm == pytest.approx((50, 4.6, 4.6))
    assert image.read(Box.whole(image.shape))[:, 0, 0].tolist() == list(range(20))
    np.testing.assert_array_equal(labels.read(Box((19, 0, 0), (20, 2, 5)))[0], CLASSES)
    assert [(e.role, e.z) for e in entries] == [("train", (0, 10)), ("eval", (10, 12))]


def test_sections_that_were_changed_are_refused(published, tmp_path):
    (published / "raw" / "07.tif").write_bytes(b"cut")
    with pytest.raises(
        DatasetError, match=r"07.tif: sha256 is .*; download it again fr"
    ):
        DROSOPHILA_VNC.lay_out(published, tmp_path)


def test_a_prepared_copy_is_taken_as_it_is(tmp_path):
    source = prepared(tmp_path / "copy")
    out = tmp_path / "out"
    out.mkdir()

    DROSOPHILA_VNC.lay_out(source, out)

    labels = open_volume(out / "labels.tif")
    assert labels.shape == (12, 1024, 1024)
    assert labels.read(Box((11, 1023, 1022), (12, 1024, 1024))).tolist() == [[[0, 4]]]


def test_what_is_neither_layout_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="expected raw and labels of https://github"):
        DROSOPHILA_VNC.lay_out(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"shape": (12, 8, 9)}, r"expected \(Z, 1024, 1024\) uint8, got \(12, 8, 9\)"),
        ({"dtype": np.uint16}, r"expected \(Z, 1024, 1024\) uint8, .*1024\) uint16"),
        (
            {"shape": (2, 1024, 1024)},
            r"expected the same shape, of at least 12 sections",
        ),
        (
            {"labels": (13, 1024, 1024)},
            r"labels.tif \(13, 1024, 1024\); expected the same",
        ),
        ({"last": 9}, r"labels.tif: class ids must be 0 to 4, found 9"),
    ],
)
def test_a_copy_that_is_not_as_expected_is_refused(tmp_path, changes, sentence):
    source = prepared(tmp_path / "copy", **changes)
    with pytest.raises(DatasetError, match=sentence):
        DROSOPHILA_VNC.lay_out(source, tmp_path)


def test_all_published_files_are_known_by_their_checksum():
    assert len(FILES) == 40
    assert FILES["raw/00.tif"].value.startswith("b76df299a184d9a8")
    assert FILES["labels/labels00000019.png"].value.startswith("06e38c05c48420af")
    assert DROSOPHILA_VNC.url.endswith(f"{drosophila.COMMIT}.zip")
    assert "NonCommercial" in DROSOPHILA_VNC.licence_text()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data are not on this machine")
def test_the_real_copy_is_laid_out_unchanged(tmp_path):
    DROSOPHILA_VNC.lay_out(REAL, tmp_path)

    for name in ("image.tif", "labels.tif"):
        laid_out = tifffile.imread(tmp_path / name)
        np.testing.assert_array_equal(laid_out, tifffile.imread(REAL / name))
    assert open_volume(tmp_path / "image.tif").spacing_nm == pytest.approx(
        (50, 4.6, 4.6)
    )
