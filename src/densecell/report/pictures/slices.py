"""Slices beside each other: an image and its labels, members, two segmentations."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from PIL import Image

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.report.pictures.figures import (
    DPI,
    LEGEND_INCHES,
    PANEL_INCHES,
    class_legend,
    escape_math,
    jpeg,
    png,
    scale_bar,
    share_of_one,
)
from densecell.report.pictures.marks import outlined_overlay, overlay, stretched

DIFFERENT = (0.85, 0.1, 0.1)
FADED = 0.25  # weight of the colours where two segmentations agree
MEMBER_PANELS = 4  # beside each other
MEMBER_INCHES = 2.9


def slice_picture(
    intensities: NDArray[np.number],
    labels: Mapping[str, NDArray[np.uint8]],
    *,
    scheme: ClassScheme,
    spacing_nm: Spacing,
    maps: Mapping[str, NDArray[np.uint8]] | None = None,
) -> bytes:
    """Draw one slice: the image, each labelling over it, then grey maps.

    Parameters
    ----------
    intensities
        (Y, X) grey values.
    labels
        (Y, X) class ids by the title of their panel.
    scheme
        Names and colours.
    spacing_nm
        For the scale bar.
    maps
        (Y, X) bytes by title, such as confidence: 0 is dark, 255 is bright.

    Returns
    -------
    A PNG file.
    """
    maps = maps or {}
    height, width = intensities.shape
    grey = stretched(intensities)
    panels = {"image": grey}
    panels |= {title: overlay(grey, ids, scheme) for title, ids in labels.items()}
    count = len(panels) + len(maps)
    figure = Figure(
        figsize=(PANEL_INCHES * count, PANEL_INCHES * height / width + 0.75),
        dpi=DPI,
        layout="constrained",
    )
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis, (title, picture) in zip(axes, panels.items(), strict=False):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _bare(axis, title)
    for axis, (title, values) in zip(axes[len(panels) :], maps.items(), strict=True):
        axis.imshow(values, cmap="magma", vmin=0, vmax=255, interpolation="nearest")
        _bare(axis, title)
    scale_bar(axes[0], spacing_nm.x)
    if labels:
        class_legend(figure, scheme)
    return png(figure)


def members_picture(
    grey: NDArray[np.float32],
    labels: Mapping[str, NDArray[np.generic]],
    *,
    scheme: ClassScheme,
    spacing_nm: Spacing,
) -> bytes:
    """Draw the first labelling over the image, of the others where they differ from it.

    Parameters
    ----------
    grey
        (Y, X) shares of 1.
    labels
        (Y, X) class ids by the title of their panel.

    Returns
    -------
    A JPEG file.
    """
    height, width = grey.shape
    columns = min(MEMBER_PANELS, len(labels))
    rows = -(-len(labels) // columns)
    panel = min(2.0, max(0.3, height / width)) * MEMBER_INCHES + 0.3
    figure = Figure(
        figsize=(MEMBER_INCHES * columns, panel * rows + 0.6), layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    (_, first), *_ = labels.items()
    for axis, (title, ids) in zip(axes, labels.items(), strict=False):
        if ids is first:
            axis.imshow(outlined_overlay(grey, ids, scheme))
        else:
            shown = np.repeat((0.5 + 0.5 * grey)[..., None], 3, axis=2)
            shown[ids != first] = DIFFERENT
            axis.imshow(shown)
            title += f": {100 * float(np.mean(ids != first)):.1f} %"
        axis.set_title(title, fontsize=9)
        scale_bar(axis, spacing_nm.x)
    for axis in axes:
        axis.set_axis_off()
    class_legend(figure, scheme)
    return jpeg(figure)


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
        Names of both, over their panels.
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
        _bare(axis, title)
    if spacing_nm is not None:
        scale_bar(axes[0], spacing_nm.x)
    _fractions(axes[3], fractions, scheme)
    _comparison_legend(figure, scheme)
    return png(figure, about=about)


def picture_about(path: Path) -> str | None:
    """What a picture was said to be about; none where it does not say."""
    try:
        with Image.open(path) as picture:
            return picture.info.get("Description")
    except OSError:
        return None


def _bare(axis: Axes, title: str) -> None:
    axis.set_title(title, fontsize=10)
    axis.set_axis_off()


def _fractions(
    axis: Axes,
    fractions: tuple[dict[str, float], dict[str, float]],
    scheme: ClassScheme,
) -> None:
    """Draw the volume fractions of all classes but the background."""
    about = [scheme.classes[i] for i in scheme.ids]
    shown = [c for c in about if c.role != "background"]
    places = np.arange(len(shown))
    for k, share in enumerate(fractions):
        axis.barh(
            places + 0.4 * k,
            [100 * share.get(c.name, 0.0) for c in shown],
            height=0.38,
            color=[share_of_one(c.colour) for c in shown],
            edgecolor="black",
            linewidth=0.6,
            hatch="" if k == 0 else "////",
        )
    axis.set_yticks(places + 0.2, [escape_math(c.name) for c in shown], fontsize=8)
    axis.invert_yaxis()
    axis.set_xscale("symlog", linthresh=1)
    axis.set_xlabel("% of the volume", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.set_title("plain: A, hatched: B", fontsize=9)


def _comparison_legend(figure: Figure, scheme: ClassScheme) -> None:
    patches = [Patch(color=DIFFERENT, label="different")]
    for class_id in scheme.ids:
        about = scheme.classes[class_id]
        patches.append(
            Patch(color=share_of_one(about.colour), label=escape_math(about.name))
        )
    figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=min(len(patches), int(figure.get_figwidth() / LEGEND_INCHES)),
        fontsize=9,
        frameon=False,
    )
