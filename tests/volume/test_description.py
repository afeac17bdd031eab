import json
from pathlib import Path

import numpy as np
import pytest

from densecell.volume import ArrayVolume, intensities
from densecell.volume.description import describe

LABELS = np.array([[[0, 0, 3, 7], [0, 0, 0, 3]]], np.uint8)


def test_labels_are_described_by_their_shares():
    volume = ArrayVolume(LABELS, spacing_nm=(50, 4.6, 5), path=Path("a.tif"))

    text = describe(volume).as_text()

    assert text.splitlines() == [
        "path        a.tif",
        "format      numpy array",
        "shape       1 x 2 x 4 voxels (z y x)",
        "dtype       uint8",
        "voxel size  50 x 4.6 x 5 nm (z y x)",
        "size        0.05 x 0.0092 x 0.02 um",
        "voxels      8",
        "values      0 to 7, mean 1.625, deviation 2.395",
        "  value 0      62.500 %",
        "  value 3      25.000 %",
        "  value 7      12.500 %",
    ]


def test_an_unknown_voxel_size_says_how_to_give_it():
    description = describe(ArrayVolume(LABELS))

    assert "voxel size  unknown; pass --spacing Z Y X (nm)" in description.as_text()
    assert description.size_um is None


def test_json_holds_the_same():
    volume = ArrayVolume(LABELS, spacing_nm=(50, 4.6, 5))

    found = json.loads(json.dumps(describe(volume).as_json()))

    assert found["shape"] == [1, 2, 4]
    assert found["spacing_nm"] == [50, 4.6, 5]
    assert found["size_um"] == pytest.approx([0.05, 0.0092, 0.02])
    assert found["statistics"]["high"] == 7
    assert found["fractions"] == {"0": 0.625, "3": 0.25, "7": 0.125}


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_images_have_no_shares(dtype):
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)

    assert describe(ArrayVolume(array)).fractions is None


def test_a_constant_volume_is_described_too():
    description = describe(ArrayVolume(np.full((2, 3, 4), 7, np.uint8)))

    assert description.statistics.std == 0
    assert description.fractions == {7: 1.0}


def test_samples_are_said_to_be_samples(monkeypatch):
    for module in (intensities, describe.__globals__):
        target = module if isinstance(module, dict) else vars(module)
        monkeypatch.setitem(target, "EXACT_VOXELS", 4)

    assert "(sampled)" in describe(ArrayVolume(LABELS)).as_text()
