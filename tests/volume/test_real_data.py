"""Real files, where they are."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from densecell.geometry import Box
from densecell.volume import intensity_statistics, open_volume

DATA = Path(__file__).parents[3] / "shared" / "data"
FILES = {
    "drosophila-vnc/image.tif": (16, 1024, 1024),
    "platelet-slice/image_uint16.tif": (1, 800, 800),
    "neuroproof-fibsem/instances.tif": (250, 250, 250),
}


@pytest.mark.skipif(not DATA.exists(), reason=f"needs the real volumes in {DATA}")
@pytest.mark.parametrize("name", FILES)
def test_real_stacks_are_read(name):
    volume = open_volume(DATA / name)
    z, y, x = FILES[name]
    box = Box((0, y // 3, x // 5), (min(z, 3), y // 2, x // 2))

    found = volume.read(box)

    whole = tifffile.imread(DATA / name).reshape(volume.shape)
    assert volume.shape == FILES[name]
    assert volume.spacing_nm is None
    np.testing.assert_array_equal(found, whole[box.slices])
    assert intensity_statistics(volume).mean == pytest.approx(whole.mean())
