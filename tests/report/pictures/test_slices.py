import io

import matplotlib.image
import numpy as np

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures import slice_picture

SCHEME = ClassScheme.platelet()


def test_equal_slices_give_equal_png_files():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (40, 56)).astype(np.uint8)
    ids = rng.integers(0, 7, (40, 56)).astype(np.uint8)

    first, second = (
        slice_picture(
            image,
            {"truth": ids},
            scheme=SCHEME,
            spacing_nm=Spacing(40, 10, 10),
            maps={"confidence": image},
        )
        for _ in range(2)
    )

    assert first.startswith(b"\x89PNG")
    assert first == second


def test_a_long_legend_fits_under_two_panels():
    image = np.zeros((40, 40), np.uint8)

    drawn = slice_picture(
        image, {"truth": image}, scheme=SCHEME, spacing_nm=Spacing(40, 10, 10)
    )

    pixels = matplotlib.image.imread(io.BytesIO(drawn))[..., :3]  # (Y, X, 3)
    legend = pixels[-60:]
    assert (legend < 1).any()
    assert (legend[:, [0, -1]] == 1).all()  # nothing is cut at either side
