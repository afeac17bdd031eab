import io

import matplotlib.image
import numpy as np
from PIL import Image

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures.slices import (
    comparison_picture,
    members_picture,
    picture_about,
    slice_picture,
)

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


def test_members_are_red_where_they_differ_from_the_first():
    first = np.zeros((60, 60), np.uint8)
    second = first.copy()
    second[:, 30:] = 1

    drawn = members_picture(
        np.zeros((60, 60), np.float32),
        {"ensemble": first, "member_00": second},
        scheme=SCHEME,
        spacing_nm=Spacing(40, 10, 10),
    )

    pixels = np.asarray(Image.open(io.BytesIO(drawn))).astype(int)  # (Y, X, 3)
    red = (pixels[..., 0] > 180) & (pixels[..., 1:].max(axis=2) < 80)
    across = np.flatnonzero(red[: len(red) // 2].any(axis=0))  # above the legend
    middle = pixels.shape[1] // 2
    assert drawn.startswith(b"\xff\xd8\xff")
    assert across.min() > 1.4 * middle  # in the right half of the second panel


def test_a_comparison_keeps_what_it_is_about(tmp_path):
    a, b = np.zeros((2, 20, 30), np.uint8)
    b[3:9] = 4

    drawn = comparison_picture(
        a,
        b,
        titles=("one", "other$"),
        scheme=SCHEME,
        spacing_nm=None,
        fractions=({"cell": 0.5}, {}),
        about="other.tif",
    )
    (tmp_path / "a.png").write_bytes(drawn)

    assert picture_about(tmp_path / "a.png") == "other.tif"
    assert picture_about(tmp_path / "none.png") is None
