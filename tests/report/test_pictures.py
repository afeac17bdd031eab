import io

import matplotlib.image
import numpy as np

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures import overlay, slice_picture, stretched

SCHEME = ClassScheme.platelet()


def test_background_stays_grey_and_classes_are_tinted():
    grey = np.full((1, 3), 0.5, np.float32)
    ids = np.array([[0, 4, 255]], np.uint8)

    tinted = overlay(grey, ids, SCHEME)

    np.testing.assert_allclose(tinted[0, 0], 0.5)
    np.testing.assert_allclose(tinted[0, 2], 0.5)  # ignored
    yellow = 0.45 * 0.5 + 0.55 * np.array([245, 252, 4]) / 255
    np.testing.assert_allclose(tinted[0, 1], yellow, rtol=1e-5)


def test_grey_values_are_stretched_between_half_percents():
    grey = stretched(np.linspace(10, 210, 201).reshape(3, 67))

    assert grey.min() == 0
    assert grey.max() == 1
    np.testing.assert_allclose(grey.ravel()[100], 0.5, atol=1e-6)


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
