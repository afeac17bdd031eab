"""Slices beside their labels: colours of the scheme, a legend, a scale bar."""

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.geometry import Spacing

NICE_LENGTHS_NM = tuple(n * 10**k for k in range(6) for n in (10, 20, 50))
OVERLAY = 0.55  # weight of the colours over the grey values
PANEL_INCHES = 3.3
LEGEND_INCHES = 1.9  # of the longest entry
DPI = 130
JPEG_QUALITY = 82


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
    panels = 1 + len(labels) + len(maps)
    height, width = intensities.shape
    figure = Figure(
        figsize=(PANEL_INCHES * panels, PANEL_INCHES * height / width + 0.75),
        dpi=DPI,
        layout="constrained",
    )
    axes = figure.subplots(1, panels, squeeze=False)[0]
    grey = stretched(intensities)
    _panel(axes[0], "image", grey)
    scale_bar(axes[0], width, spacing_nm)
    for axis, (title, ids) in zip(axes[1:], labels.items(), strict=False):
        _panel(axis, title, overlay(grey, ids, scheme))
    for axis, (title, values) in zip(
        axes[1 + len(labels) :], maps.items(), strict=True
    ):
        axis.imshow(values, cmap="magma", vmin=0, vmax=255, interpolation="nearest")
        _bare(axis, title)
    if labels:
        class_legend(figure, scheme)
    return png(figure)


def stretched(
    intensities: NDArray[np.number], *, ends: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """Map grey values to 0..1 between two ends, or the half percents at either end."""
    low, high = ends or np.percentile(intensities, [0.5, 99.5])
    scaled = (intensities.astype(np.float32) - low) / max(high - low, 1e-6)
    return np.clip(scaled, 0, 1).astype(np.float32)


def overlay(
    grey: NDArray[np.float32], ids: NDArray[np.uint8], scheme: ClassScheme
) -> NDArray[np.float32]:
    """Tint grey values (Y, X) with the classes' colours; background stays grey."""
    colours = scheme.colour_table()[ids] / 255  # (Y, X, 3)
    share = np.full(ids.shape, OVERLAY, np.float32)
    share[np.isin(ids, [*scheme.with_role("background"), scheme.ignore])] = 0
    tinted = grey[..., None] * (1 - share[..., None]) + colours * share[..., None]
    return tinted.astype(np.float32)


def png(figure: Figure, *, about: str | None = None) -> bytes:
    """Render a figure; no time or version in the file, so equal pictures are equal.

    The file holds what it is about as its description.
    """
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    metadata = {"Software": None} | ({} if about is None else {"Description": about})
    figure.savefig(buffer, format="png", metadata=metadata)
    return buffer.getvalue()


def jpeg(figure: Figure) -> bytes:
    """Render a figure of grey values, of which a PNG would be several times as large.

    Equal pictures are equal here too.
    """
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="jpeg",
        dpi=DPI,
        pil_kwargs={"quality": JPEG_QUALITY, "subsampling": 0},
    )
    return buffer.getvalue()


def _panel(axis: Axes, title: str, picture: NDArray[np.float32]) -> None:
    axis.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    _bare(axis, title)


def _bare(axis: Axes, title: str) -> None:
    axis.set_title(title, fontsize=10)
    axis.set_axis_off()


def scale_bar(axis: Axes, width: int, spacing_nm: Spacing) -> None:
    """Draw a bar of about a fifth of the width, of a round length."""
    length = nice_length_nm(width * spacing_nm.x / 5)
    pixels = length / spacing_nm.x
    x, y, thick = 0.03 * width, 0.95 * axis.get_ylim()[0], max(2.0, width / 120)
    bar = Rectangle((x, y), pixels, thick, facecolor="white", edgecolor="black")
    axis.add_patch(bar)
    text = axis.text(
        x, y - thick, in_words(length), color="white", fontsize=8, va="bottom"
    )
    text.set_bbox({"facecolor": "black", "alpha": 0.5, "pad": 1, "linewidth": 0})


def nice_length_nm(wanted: float) -> int:
    """Give the round length that is nearest to one.

    Examples
    --------
    >>> nice_length_nm(430), in_words(nice_length_nm(1800))
    (500, '2 µm')
    """
    return min(NICE_LENGTHS_NM, key=lambda n: abs(n - wanted))


def in_words(length_nm: int) -> str:
    """Write a length for people."""
    return f"{length_nm / 1000:g} µm" if length_nm >= 1000 else f"{length_nm} nm"


def class_legend(
    figure: Figure,
    scheme: ClassScheme,
    *,
    background: bool = False,
    inside: bool = False,
) -> None:
    """Name the classes, with their numbers, under a figure.

    With the background if asked; `inside` the figure where room was left for it.
    """
    patches = []
    for i in scheme.ids:
        about = scheme.classes[i]
        if about.role != "background" or background:
            red, green, blue = (part / 255 for part in about.colour)
            patch = Patch(
                facecolor=(red, green, blue),
                edgecolor="black",
                linewidth=0.5,
                label=f"{i} {plain(about.name)}",
            )
            patches.append(patch)
    if patches:
        figure.legend(
            handles=patches,
            loc="lower center" if inside else "outside lower center",
            ncols=min(len(patches), int(figure.get_figwidth() / LEGEND_INCHES)),
            fontsize=9,
            frameon=False,
            borderpad=0,
        )


def plain(name: str) -> str:
    """Write a name so that matplotlib takes nothing in it for mathematics."""
    return name.replace("$", r"\$")
