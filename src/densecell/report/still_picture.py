"""The 3D scene as a still picture: triangles painted from the back to the front."""

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.report.cell_marks import cell_colours
from densecell.report.pictures import class_legend, in_words, nice_length_nm, png
from densecell.report.scene_data import EYE, UP, are_alone, opacity
from densecell.report.scene_meshes import Solid

INCHES = 7.5
AMBIENT = 0.45  # share of light that falls from everywhere
Floats = NDArray[np.float64]


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
    length = nice_length_nm(1000 * wide / 5)
    bar = Rectangle(
        (low[0], low[1] - 0.06 * tall), length / 1000, 0.01 * tall, color="black"
    )
    axis.add_patch(bar)
    axis.text(
        low[0] + length / 1000, low[1] - 0.06 * tall, f" {in_words(length)}", fontsize=9
    )
    if not are_alone(solids, scheme):
        class_legend(figure, scheme)
    return png(figure)


def _painted(solids: Sequence[Solid], scheme: ClassScheme) -> tuple[Floats, Floats]:
    """Give (M, 3, 3) corners, to the right, up and to the eye; and (M, 4) colours."""
    right, up, eye = _frame()
    about = {c.name: c for c in scheme.classes.values()}
    alone = are_alone(solids, scheme)
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
        own = cell_colours(np.array(solid.id))
        shade[:, :3] = light[:, None] * (own if alone else np.array(known.colour) / 255)
        shade[:, 3] = opacity(known, scheme, alone=alone)
        corners.append(part[front])
        colours.append(shade[front])
    return np.concatenate(corners), np.concatenate(colours)


def _frame() -> tuple[Floats, Floats, Floats]:
    """Give the directions right, up and to the eye of the camera."""
    eye = np.array(EYE) / np.linalg.norm(EYE)
    right = np.cross(np.array(UP), eye)
    right /= np.linalg.norm(right)
    return right, np.cross(eye, right), eye
