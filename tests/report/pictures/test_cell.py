import io

import numpy as np
import pytest
from PIL import Image

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures.cell import cell_picture

SCHEME = ClassScheme.platelet()


def pixels(grey, ids, cell, *, spacing_nm):
    drawn = cell_picture(grey, ids, cell, scheme=SCHEME, spacing_nm=spacing_nm)
    assert drawn.startswith(b"\xff\xd8\xff")
    return np.asarray(Image.open(io.BytesIO(drawn))).astype(int)


@pytest.mark.parametrize(
    ("shape", "spacing", "size"),
    [
        ((40, 80), Spacing(50, 10, 10), (72, 128)),
        ((200, 50), Spacing(50, 10, 20), (128, 72)),
        ((400, 300), Spacing(50, 10, 10), (128, 96)),
    ],
)
def test_the_longer_side_has_128_pixels_and_the_shorter_at_least_72(
    shape, spacing, size
):
    ids = np.ones(shape, np.uint8)
    grey = np.full(shape, 0.5, np.float32)

    drawn = pixels(grey, ids, ids > 0, spacing_nm=spacing)

    assert drawn.shape == (*size, 3)


def test_a_cell_is_outlined_in_white_and_others_are_faded():
    ids = np.zeros((128, 128), np.uint8)
    ids[30:90, 30:100] = 1
    grey = np.zeros(ids.shape, np.float32)

    drawn = pixels(grey, ids, ids == 1, spacing_nm=Spacing(40, 10, 10))

    assert drawn[60, 30].min() > 200  # the outline lies inside the cell
    assert drawn[60, 60].argmax() == 1  # green, as the class
    assert drawn[60, 60].max() < 120
    np.testing.assert_allclose(drawn[10, 10], 0.65 * 255, atol=6)
    assert drawn[120, 10].max() < 40  # the ground of the scale bar
