"""A measured result of drawn tissue, with a pyramid of two levels."""

import hashlib
import shutil

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import ObjectsConfig
from densecell.geometry import Spacing
from densecell.objects import Source, measure_objects
from densecell.volume import ArrayVolume

SPACING = Spacing(40, 10, 20)
WHOLE = {"split": False, "min_volume_um3": 0}


def drawn():
    """Two cells side by side, two far away; organelles of three classes."""
    labels = np.zeros((8, 300, 40), np.uint8)
    labels[1:7, 2:30, 2:18] = 1  # cell 1
    labels[1:7, 2:30, 20:38] = 1  # cell 2, two voxels beside it
    labels[1:7, 100:140, 2:38] = 1  # cell 3
    labels[2:6, 280:300, 10:30] = 1  # cell 4, at the border
    labels[2:5, 5:11, 4:10] = 2  # mitochondria of cell 1
    labels[2:5, 14:20, 4:10] = 2
    labels[2:4, 24:27, 6:9] = 3
    labels[2:4, 5:9, 24:28] = 3  # of cell 2
    labels[3:5, 15:21, 25:31] = 5
    labels[3:5, 17:19, 27:29] = 6
    labels[2:5, 104:112, 5:13] = 2  # of cell 3: two bodies with a bridge
    labels[2:5, 120:128, 5:13] = 2
    labels[3, 112:120, 8:10] = 2
    labels[3:5, 285:290, 15:20] = 3
    return labels


@pytest.fixture(scope="session")
def measured_once(tmp_path_factory):
    out = tmp_path_factory.mktemp("edits") / "result"
    out.mkdir()
    labels = drawn()
    confidence = np.random.default_rng(0).integers(100, 255, labels.shape, np.uint8)
    np.save(out / "labels.npy", labels)
    np.save(out / "confidence.npy", confidence)
    volume = ArrayVolume(labels, spacing_nm=SPACING, path=out / "labels.npy")
    scheme = ClassScheme.platelet()
    source = Source(volume, scheme, SPACING, out, "confidence.npy", {})
    list(measure_objects(source, ObjectsConfig(cells=WHOLE, organelles=WHOLE)))
    return out


@pytest.fixture
def result(measured_once, tmp_path):
    """A copy to correct."""
    return shutil.copytree(measured_once, tmp_path / "result")


@pytest.fixture
def state():
    """Function that gives the digest of every file but the journal."""

    def of(folder):
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(
                path.read_bytes()
            ).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in ("edits.jsonl", ".lock")
        }

    return of
