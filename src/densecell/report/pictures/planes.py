"""Three planes through a volume, at right angles and at their right proportions.

::

    +--------+----+
    |   xy   | yz |     the dashed lines say where the other two planes lie
    +--------+----+
    |   xz   |
    +--------+
"""

import math
from operator import mul, sub
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.geometry import Box, Shape, Spacing, per_axis
from densecell.report.pictures.figures import (
    LEGEND_INCHES,
    class_legend,
    jpeg,
    scale_bar,
)
from densecell.report.pictures.marks import (
    cells_overlay,
    outlined_overlay,
    stretched,
    write_cells,
    write_classes,
)
from densecell.volume import Volume

WIDTH_INCHES = 6.2
TALLEST_INCHES = 9.0
GAP_INCHES = 0.05
BAR_INCHES = 0.62
LEAST_SHARE = 0.04  # of the width that a plane has, so that a thin one can be seen
CUTS: dict[str, Any] = {"linewidth": 0.7, "linestyle": (0, (4, 4)), "alpha": 0.8}


class Planes(NamedTuple):
    """Where three planes lie: a box, the voxel that they share, and its size."""

    box: Box
    at: Shape
    spacing_nm: Spacing

    def read(self, volume: Volume) -> tuple[NDArray[np.generic], ...]:
        """Read xy (Y, X), xz (Z, X) and yz (Y, Z)."""
        (z0, y0, x0), (z1, y1, x1) = self.box
        z, y, x = self.at
        xy = volume.read(Box((z, y0, x0), (z + 1, y1, x1)))[0]
        xz = volume.read(Box((z0, y, x0), (z1, y + 1, x1)))[:, 0]
        yz = volume.read(Box((z0, y0, x), (z1, y1, x + 1)))[:, :, 0].T
        return xy, xz, yz


def middle_planes(shape: Shape, spacing_nm: Spacing, *, longest: int) -> Planes:
    """Planes through the middle, cut to at most `longest` voxels a side."""
    start = per_axis(lambda n: max(0, (n - longest) // 2), shape)
    box = Box.at(start, (longest,) * 3).clipped(shape)
    return Planes(box, per_axis(lambda n: n // 2, shape), spacing_nm)


def grey_planes(
    image: Volume | None, planes: Planes
) -> tuple[NDArray[np.float32], ...]:
    """Read intensities as shares of 1; where there is no image, an even light grey."""
    if image is None:
        sizes = _sizes(planes.box.shape)
        return tuple(np.full(size, 0.75, np.float32) for size in sizes)
    read = planes.read(image)
    together = stretched(np.concatenate([plane.ravel() for plane in read]))
    ends = np.cumsum([plane.size for plane in read])
    parts = np.split(together, ends[:-1])
    return tuple(p.reshape(r.shape) for p, r in zip(parts, read, strict=True))


def image_planes(grey: tuple[NDArray[np.float32], ...], planes: Planes) -> bytes:
    """Draw intensities; a JPEG file."""
    figure, axes = _laid_out(planes)
    for axis, plane in zip(axes, grey, strict=False):
        axis.imshow(plane, cmap="gray", vmin=0, vmax=1, aspect="auto")
    _mark(figure, axes, planes)
    return jpeg(figure)


def label_planes(
    grey: tuple[NDArray[np.float32], ...],
    labels: Volume,
    planes: Planes,
    *,
    scheme: ClassScheme,
) -> bytes:
    """Draw class ids over intensities, outlined and numbered; a JPEG file."""
    below = _legend_inches(scheme)
    figure, axes = _laid_out(planes, below=below)
    read = planes.read(labels)
    for axis, plane, ids in zip(axes, grey, read, strict=False):
        axis.imshow(outlined_overlay(plane, ids, scheme), aspect="auto")
    write_classes(axes[0], read[0], scheme)
    _mark(figure, axes, planes)
    class_legend(figure, scheme, inside=True)
    return jpeg(figure)


def cell_planes(
    grey: tuple[NDArray[np.float32], ...],
    cells: Volume,
    planes: Planes,
) -> bytes:
    """Draw cells over intensities, coloured by their ids; a JPEG file."""
    figure, axes = _laid_out(planes)
    read = [plane.astype(np.int64) for plane in planes.read(cells)]
    for axis, plane, ids in zip(axes, grey, read, strict=False):
        axis.imshow(cells_overlay(plane, ids), aspect="auto")
    write_cells(axes[0], read[0])
    _mark(figure, axes, planes)
    return jpeg(figure)


def map_planes(values: Volume, planes: Planes, *, name: str) -> bytes:
    """Draw a map of bytes, such as confidence, with its shades; a JPEG file."""
    figure, axes = _laid_out(planes, below=BAR_INCHES)
    for axis, plane in zip(axes, planes.read(values), strict=False):
        drawn = axis.imshow(
            np.asarray(plane, np.float32) / 255 * 100,
            cmap="cividis",
            vmin=0,
            vmax=100,
            aspect="auto",
        )
    _mark(figure, axes, planes)
    tall = figure.get_figheight()
    place = figure.add_axes((0.15, 0.45 / tall, 0.7, 0.09 / tall))
    bar = figure.colorbar(drawn, cax=place, orientation="horizontal")
    bar.set_label(f"{name} (%)", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.ax.xaxis.set_major_locator(MaxNLocator(5))
    return jpeg(figure)


def error_planes(
    grey: tuple[NDArray[np.float32], ...],
    labels: Volume,
    truth: Volume,
    planes: Planes,
    *,
    scheme: ClassScheme,
) -> bytes:
    """Draw where labels are not the truth, in the class that is true; a JPEG file."""
    below = _legend_inches(scheme)
    figure, axes = _laid_out(planes, below=below)
    colours = scheme.colour_table() / 255
    both = zip(grey, planes.read(labels), planes.read(truth), axes, strict=False)
    for plane, ids, true, axis in both:
        wrong = (ids != true) & (true != scheme.ignore)
        shown = np.repeat((0.6 + 0.4 * plane)[..., None], 3, axis=2)
        shown[wrong] = colours[true[wrong].astype(np.intp)]
        axis.imshow(shown, aspect="auto")
    _mark(figure, axes, planes, colour="black")
    class_legend(figure, scheme, background=True, inside=True)
    return jpeg(figure)


def _sizes(shape: Shape) -> tuple[tuple[int, int], ...]:
    z, y, x = shape
    return (y, x), (z, x), (y, z)


def _laid_out(planes: Planes, *, below: float = 0.0) -> tuple[Figure, list[Axes]]:
    """Axes for xy, xz, yz (xy alone of a single slice), all at one scale.

    `below` are inches that are left free under them.
    """
    deep, high, wide = per_axis(mul, planes.box.shape, planes.spacing_nm)
    flat = planes.box.shape[0] == 1
    deep = 0.0 if flat else max(deep, LEAST_SHARE * max(wide, high))
    gap = 0.0 if flat else GAP_INCHES
    inches = min(
        (WIDTH_INCHES - gap) / (wide + deep), (TALLEST_INCHES - gap) / (high + deep)
    )
    wide, high, deep = wide * inches, high * inches, deep * inches
    tall = high + gap + deep + below
    figure = Figure(figsize=(WIDTH_INCHES, tall))
    bottom = below + deep + gap
    places = [
        (0.0, bottom, wide, high),
        (0.0, below, wide, deep),
        (wide + gap, bottom, deep, high),
    ]
    size = (WIDTH_INCHES, tall)
    axes = [
        figure.add_axes((x / size[0], y / size[1], w / size[0], h / size[1]))
        for x, y, w, h in places[: 1 if flat else 3]
    ]
    for axis in axes:
        axis.set_axis_off()
    return figure, axes


def _legend_inches(scheme: ClassScheme) -> float:
    return 0.15 + 0.22 * math.ceil(len(scheme) / int(WIDTH_INCHES / LEGEND_INCHES))


def _mark(
    figure: Figure,
    axes: list[Axes],
    planes: Planes,
    colour: str = "white",
) -> None:
    """Draw scale bars, and where the planes cut each other."""
    z, y, x = per_axis(sub, planes.at, planes.box.start)
    style = CUTS | {"color": colour}
    scale_bar(axes[0], planes.spacing_nm.x)
    if len(axes) == 1:
        return
    for axis, across, down in zip(axes, (x, x, z), (y, z, y), strict=True):
        axis.axvline(across, **style)
        axis.axhline(down, **style)
    for axis, name in zip(axes, ("xy", "xz", "yz"), strict=True):
        axis.text(
            1,
            1,
            name,
            transform=offset_copy(axis.transAxes, figure, -4, -4, "points"),
            ha="right",
            va="top",
            fontsize=8,
            color="white",
            bbox={"facecolor": "black", "alpha": 0.5, "pad": 1, "linewidth": 0},
        )
