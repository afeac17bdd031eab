"""A cell on the size of a stamp: its slice, classes, outline and a scale bar."""

import io
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage.segmentation import find_boundaries

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures.figures import format_length, nice_length_nm
from densecell.report.pictures.marks import outlined_overlay

LONGEST = 128  # pixels
NARROWEST = 72
QUALITY = 80
LETTERS = 10  # pixels


def cell_picture(
    grey: NDArray[np.float32],
    ids: NDArray[np.generic],
    cell: NDArray[np.bool_],
    *,
    scheme: ClassScheme,
    spacing_nm: Spacing,
) -> bytes:
    """Draw a slice of one cell small, at its right proportions.

    Parameters
    ----------
    grey
        (Y, X) shares of 1.
    ids
        (Y, X) class ids.
    cell
        (Y, X) voxels of the cell: others are faded.

    Returns
    -------
    A JPEG file.
    """
    shown = outlined_overlay(grey, ids, scheme)
    shown[~cell] = 0.35 * grey[~cell][:, None] + 0.65
    outline = find_boundaries(cell, mode="inner")  # type: ignore[no-untyped-call]
    shown[outline] = 1.0
    high, wide = ids.shape[0] * spacing_nm.y, ids.shape[1] * spacing_nm.x
    per_nm = LONGEST / max(high, wide)
    size = (max(1, round(wide * per_nm)), max(1, round(high * per_nm)))
    pixels = Image.fromarray(np.rint(shown * 255).astype(np.uint8))
    shrinks = size[0] < ids.shape[1]
    small = pixels.resize(
        size, Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
    )
    sheet = Image.new(
        "RGB", (max(size[0], NARROWEST), max(size[1], NARROWEST)), "white"
    )
    sheet.paste(small)
    _bar(sheet, size[0] / per_nm, per_nm)
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def _bar(sheet: Image.Image, wide_nm: float, per_nm: float) -> None:
    """Draw a bar with its length on a dark ground.

    By Pillow: to draw 200 of these with matplotlib would take seconds.
    """
    length = nice_length_nm(wide_nm / 3)
    draw, font = ImageDraw.Draw(sheet), _font()
    bottom, words = sheet.height - 1, format_length(length)
    end = 3 + length * per_nm
    wide = max(end, 3 + draw.textlength(words, font)) + 3
    draw.rectangle((0, bottom - 17, wide, bottom), fill="black")
    draw.rectangle((3, bottom - 4, end, bottom - 3), fill="white")
    draw.text((3, bottom - 18), words, fill="white", font=font)


def _font() -> ImageFont.FreeTypeFont:
    """Take the letters that matplotlib brings along: Pillow's own lack the micro."""
    return ImageFont.truetype(
        Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", LETTERS
    )
