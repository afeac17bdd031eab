import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.phantom import write_phantom
from densecell.volume import open_volume, read_scheme

SHAPE = (3, 40, 48)


def test_image_and_truth_come_back_as_they_were_made(tmp_path):
    out = tmp_path / "tissue.zarr"

    made = write_phantom(out, shape=SHAPE, seed=1)

    for path, expected in (
        (out, made.intensities),
        (out / "labels" / "classes", made.classes),
        (out / "labels" / "cells", made.cells),
        (out / "labels" / "organelles", made.organelles),
    ):
        volume = open_volume(path, labels=path != out)
        np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), expected)
        assert volume.spacing_nm == (40, 10, 10)
    assert read_scheme(out / "labels" / "classes") == ClassScheme.platelet()


def test_what_is_there_is_replaced_only_when_asked(tmp_path):
    out = tmp_path / "tissue.zarr"
    write_phantom(out, shape=SHAPE, seed=1)

    with pytest.raises(OutputError, match=r"tissue\.zarr"):
        write_phantom(out, shape=SHAPE, seed=2)
    other = write_phantom(out, shape=SHAPE, seed=2, overwrite=True)

    kept = open_volume(out).read(Box.whole(SHAPE))
    np.testing.assert_array_equal(kept, other.intensities)
