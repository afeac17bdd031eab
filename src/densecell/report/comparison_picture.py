"""Two segmentations of a slice beside each other, and where they differ."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from PIL import Image

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures import (
    DPI,
    LEGEND_INCHES,
    PANEL_INCHES,
    png,
    scale_bar,
)

FADED = 0.25  # weight of the colours where both agree
DIFFERENT = (0.85, 0.1, 0.1)


def comparison_picture(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    *,
    titles: tuple[str, str],
    scheme: ClassScheme,
    spacing_nm: Spacing | None,
    fractions: tuple[dict[str, float], dict[str, float]],
    about: str | None = None,
) -> bytes:
    """Draw both labellings of a slice, their differences, and volume fractions.

    Parameters
    ----------
    a, b
        (Y, X) class ids.
    titles
        Of the two panels.
    spacing_nm
        For the scale bar; none: there is no bar.
    fractions
        Share of the whole volume by class name, of a and b.
    about
        Kept in the file, for `picture_about`.

    Returns
    -------
    A PNG file.
    """
    height, width = a.shape
    panel = max(PANEL_INCHES * height / width, 0.6 * PANEL_INCHES)
    figure = Figure(
        figsize=(4.2 * PANEL_INCHES, panel + 0.75), dpi=DPI, layout="constrained"
    )
    axes = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.1))
    colours = scheme.colour_table() / 255
    differ = colours[b] * FADED + 1 - FADED
    differ[a != b] = DIFFERENT
    share = 100 * float(np.mean(a != b))
    panels = (
        (f"A: {titles[0]}", colours[a]),
        (f"B: {titles[1]}", colours[b]),
        (f"different: {share:.1f} % of this slice", differ),
    )
    for axis, (title, picture) in zip(axes, panels, strict=False):
        axis.imshow(picture, interpolation="nearest")
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    if spacing_nm is not None:
        scale_bar(axes[0], width, spacing_nm)
    _bars(axes[3], fractions, scheme)
    _legend(figure, scheme)
    return png(figure, about=about)


def picture_about(path: Path) -> str | None:
    """Read what a picture is about; none where it does not say."""
    try:
        with Image.open(path) as picture:
            return picture.info.get("Description")
    except OSError:
        return None


def _bars(
    axis: Axes,
    fractions: tuple[dict[str, float], dict[str, float]],
    scheme: ClassScheme,
) -> None:
    """Draw the volume fractions of all classes but the background."""
    about = [scheme.classes[i] for i in scheme.ids]
    shown = [c for c in about if c.role != "background"]
    places = np.arange(len(shown))
    for k, share in enumerate(fractions):
        values = [100 * share.get(c.name, 0.0) for c in shown]
        axis.barh(
            places + 0.4 * k,
            values,
            height=0.38,
            color=[np.array(c.colour) / 255 for c in shown],
            edgecolor="black",
            linewidth=0.6,
            hatch="" if k == 0 else "////",
        )
    axis.set_yticks(places + 0.2, [c.name for c in shown], fontsize=8)
    axis.invert_yaxis()
    axis.set_xscale("symlog", linthresh=1)
    axis.set_xlabel("% of the volume", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.set_title("plain: A, hatched: B", fontsize=9)


def _legend(figure: Figure, scheme: ClassScheme) -> None:
    patches = [Patch(color=DIFFERENT, label="different")]
    for i in scheme.ids:
        red, green, blue = (part / 255 for part in scheme.classes[i].colour)
        name = scheme.classes[i].name
        patches.append(Patch(color=(red, green, blue), label=name))
    figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=min(len(patches), int(figure.get_figwidth() / LEGEND_INCHES)),
        fontsize=9,
        frameon=False,
    )
