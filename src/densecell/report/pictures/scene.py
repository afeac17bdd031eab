"""The 3D scene: solids packed for the page's script, and a still picture for print.

::

    bytes:  points of an object   3 x uint16 each, as steps inside its box
            its triangles         3 x uint16 each, or uint32 where it has many points
            the next object ...   each begins at a multiple of four bytes
"""

import base64
from collections.abc import Sequence

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from densecell.classes import CellClass, ClassScheme
from densecell.report.pictures.figures import (
    class_legend,
    png,
    scale_bar,
    share_of_one,
)
from densecell.report.pictures.marks import COLOURS, cell_colours
from densecell.report.pictures.solids import Solid

STEPS = 65535  # of a point along each side of its object's box
CELL_OPACITY, HOST_OPACITY = 0.2, 0.45  # so that what lies inside can be seen
EYE = (-0.55, -1.0, -1.75)  # looks along z, from above, with y downwards as in pictures
UP = (0.0, -1.0, 0.0)
INCHES = 7.5  # of the still picture
AMBIENT = 0.45  # share of light that falls from everywhere
Floats = NDArray[np.float64]


def scene_data(solids: Sequence[Solid], scheme: ClassScheme) -> dict[str, object]:
    """Plain values for `page/templates/scene.js`."""
    there = {solid.class_name for solid in solids}
    only_cells = _are_only_cells(solids, scheme)
    about = [c for c in scheme.classes.values() if c.name in there]
    # Translucent ones last.
    about.sort(key=lambda c: -_opacity(c, scheme, only_cells=only_cells))
    numbers = {c.name: n for n, c in enumerate(about)}
    packed, objects = bytearray(), []
    for solid in solids:
        if solid.class_name not in numbers:
            continue
        header, part = _packed(solid)
        offset = len(packed)
        objects.append(
            [numbers[solid.class_name], solid.id, solid.cell, offset, *header]
        )
        packed += part + b"\0" * (-len(part) % 4)
    return {
        "classes": [
            {
                "plain": _without_markup(c.name),
                "colour": f"rgb{c.colour}",
                "opacity": _opacity(c, scheme, only_cells=only_cells),
                "is_cell": c.role == "cell",
            }
            for c in about
        ],
        "objects": objects,
        "cells": sorted({solid.cell for solid in solids} - {0}),
        "outside": any(solid.cell == 0 for solid in solids),
        "by_cell": only_cells,
        "palette": [f"rgb{colour}" for colour in COLOURS],
        "camera": {"eye": _xyz(EYE), "up": _xyz(UP)},
        "room": round(_room(solids), 3),
        "bytes": base64.b64encode(bytes(packed)).decode("ascii"),
    }


def still_picture(solids: Sequence[Solid], scheme: ClassScheme) -> bytes:
    """Draw solids as the scene first shows them; a PNG file."""
    corners, colours = _painted(solids, scheme)
    low, high = corners[..., :2].min(axis=(0, 1)), corners[..., :2].max(axis=(0, 1))
    wide, tall = (high - low).tolist()
    figure = Figure(
        figsize=(INCHES, min(1.5, tall / wide) * INCHES + 0.6), layout="constrained"
    )
    axis = figure.subplots()
    order = np.argsort(corners[..., 2].mean(axis=1), kind="stable")
    axis.add_collection(
        PolyCollection(
            list(corners[order][..., :2]),
            facecolors=colours[order],
            edgecolors="none",
            antialiased=False,
        )
    )
    axis.set_xlim(low[0], high[0])
    axis.set_ylim(low[1] - 0.07 * tall, high[1])
    axis.set_aspect("equal")
    axis.set_axis_off()
    scale_bar(axis, 1000, dark=True)  # a unit is a micrometre
    if not _are_only_cells(solids, scheme):
        class_legend(figure, scheme)
    return png(figure)


def _room(solids: Sequence[Solid]) -> float:
    """How much further off than a cube's the eye has to be, to see all.

    plotly scales a scene to the volume of a cube, so that what is flat gets wider.
    """
    points = np.concatenate([solid.triangles.points for solid in solids])
    span = np.ptp(points, axis=0).astype(float)
    span = np.maximum(span, span.max() / 100)  # a single slice is not infinitely flat
    return float(np.linalg.norm(span) / span.prod() ** (1 / 3) / 3**0.5)


def _are_only_cells(solids: Sequence[Solid], scheme: ClassScheme) -> bool:
    """Whether there are several cells and nothing else: all of one colour."""
    there = {solid.class_name for solid in solids}
    roles = {c.role for c in scheme.classes.values() if c.name in there}
    return len(solids) > 1 and roles == {"cell"}


def _opacity(about: CellClass, scheme: ClassScheme, *, only_cells: bool) -> float:
    """How much a class hides what lies in it, 0 to 1."""
    if about.role == "cell":
        return 1.0 if only_cells else CELL_OPACITY
    holds = any(c.parent == about.name for c in scheme.classes.values())
    return HOST_OPACITY if holds else 1.0


def _packed(solid: Solid) -> tuple[list[object], bytes]:
    """Counts and box of an object, and its bytes."""
    points, faces = solid.triangles
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-6)
    steps = np.rint((points - low) / span * STEPS).astype("<u2")
    wide = len(points) > STEPS
    place = steps.tobytes()
    if wide:
        place += b"\0" * (-len(place) % 4)
    corners = faces.astype("<u4" if wide else "<u2").tobytes()
    header = [len(points), len(faces), int(wide), _rounded(low), _rounded(span)]
    return header, place + corners


def _rounded(lengths_um: np.ndarray) -> list[float]:
    return [round(float(length), 5) for length in lengths_um]


def _xyz(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip("xyz", values, strict=True))


def _without_markup(name: str) -> str:
    """Write a name so that plotly, which knows some HTML, takes none of it for such."""
    return name.replace("&", "+").replace("<", "\u2039").replace(">", "\u203a")


def _painted(solids: Sequence[Solid], scheme: ClassScheme) -> tuple[Floats, Floats]:
    """Find (M, 3, 3) corners, to the right, up and to the eye; and (M, 4) colours."""
    right, up, eye = _frame()
    about = {c.name: c for c in scheme.classes.values()}
    only_cells = _are_only_cells(solids, scheme)
    corners, colours = [], []
    for solid in solids:
        points = solid.triangles.points.astype(np.float64)
        seen = np.stack([points @ right, points @ up, points @ eye], axis=1)  # (N, 3)
        part = seen[solid.triangles.faces]  # (M, 3 corners, 3)
        known = about[solid.class_name]
        normals = np.cross(part[:, 1] - part[:, 0], part[:, 2] - part[:, 0])
        size = np.linalg.norm(normals, axis=1).clip(1e-12)
        front = normals[:, 2] > 0
        light = AMBIENT + (1 - AMBIENT) * (normals[:, 2] / size).clip(0)
        shade = np.empty((len(part), 4))
        colour = cell_colours(np.array(solid.id))
        if not only_cells:
            colour = np.array(share_of_one(known.colour))
        shade[:, :3] = light[:, None] * colour
        shade[:, 3] = _opacity(known, scheme, only_cells=only_cells)
        corners.append(part[front])
        colours.append(shade[front])
    return np.concatenate(corners), np.concatenate(colours)


def _frame() -> tuple[Floats, Floats, Floats]:
    """Directions right, up and to the eye of the camera."""
    eye = np.array(EYE) / np.linalg.norm(EYE)
    right = np.cross(np.array(UP), eye)
    right /= np.linalg.norm(right)
    return right, np.cross(eye, right), eye
