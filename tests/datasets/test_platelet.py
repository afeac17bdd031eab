import hashlib

import numpy as np
import pytest
import tifffile

from densecell.datasets import platelet
from densecell.datasets.platelet import FILES, PLATELET
from densecell.datasets.public import Digest
from densecell.errors import DatasetError, VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Write tiny volumes in the layout of the source, with their checksums."""
    folder = tmp_path / "source" / "platelet_data"
    folder.mkdir(parents=True)

    def write(*, highest=6):
        digests = {}
        for n, name in enumerate(FILES):
            dtype = np.int32 if "labels" in name else np.uint16
            stack = np.full((n + 2, 3, 5), min(n, highest), dtype)
            stack[-1, -1, -1] = highest
            tifffile.imwrite(folder / name, stack, photometric="minisblack")
            value = hashlib.md5((folder / name).read_bytes()).hexdigest()
            digests[name] = Digest(algorithm="md5", value=value)
        monkeypatch.setattr(platelet, "FILES", digests)
        return folder

    return write


def test_all_three_parts_are_laid_out_and_two_make_the_project(source, tmp_path):
    folder, out = source(), tmp_path / "out"
    out.mkdir()

    entries = PLATELET.lay_out(folder.parent, out)

    assert {p.name for p in out.iterdir()} == set(FILES)
    assert [(e.role, e.image.name, e.labels.name) for e in entries] == [
        ("train", "train-images.tif", "train-labels.tif"),
        ("eval", "eval-images.tif", "eval-labels.tif"),
    ]
    labels, image = open_volume(out / "test-labels.tif"), out / "test-images.tif"
    assert labels.dtype == np.uint8
    assert labels.spacing_nm == pytest.approx((40, 10, 10))
    assert labels.read(Box.whole(labels.shape))[-1, -1, -1] == 6
    assert open_volume(image).dtype == np.uint16


def test_the_folder_itself_will_do(source, tmp_path):
    out = tmp_path / "out"
    out.mkdir()

    PLATELET.lay_out(source(), out)

    assert len(list(out.iterdir())) == 6


def test_a_missing_volume_is_refused(source, tmp_path):
    folder = source()
    (folder / "eval-labels.tif").unlink()
    with pytest.raises(
        DatasetError, match=r"eval-labels.tif: cannot be read \(No such"
    ):
        PLATELET.lay_out(folder, tmp_path)


def test_labels_of_an_unknown_class_are_refused(source, tmp_path):
    folder = source(highest=8)
    with pytest.raises(
        VolumeError, match=r"labels.tif: label ids \[8\] are not in the"
    ):
        PLATELET.lay_out(folder, tmp_path)


def test_all_published_files_are_known_by_their_checksum():
    assert set(PLATELET.files) == {
        f"{role}-{kind}.tif"
        for role in ("train", "eval", "test")
        for kind in ("images", "labels")
    }
    assert PLATELET.archive.value == "253310093ee2c00304fbabdb0c7e3a4a"
