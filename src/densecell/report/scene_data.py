"""What the script of the 3D scene gets: solids, packed into few bytes.

::

    bytes:  points of an object   3 x uint16 each, as steps inside its box
            its triangles         3 x uint16 each, or uint32 where it has many points
            the next object ...   each begins at a multiple of four bytes
"""

import base64
from collections.abc import Sequence

import numpy as np

from densecell.classes import CellClass, ClassScheme
from densecell.report.cell_marks import COLOURS
from densecell.report.scene_meshes import Solid

STEPS = 65535  # of a point along each side of its object's box
CELL_OPACITY, HOST_OPACITY = 0.2, 0.45  # so that what lies inside can be seen
EYE = (-0.55, -1.0, -1.75)  # looks along z, from above, with y downwards as in pictures
UP = (0.0, -1.0, 0.0)


def scene_data(solids: Sequence[Solid], scheme: ClassScheme) -> dict[str, object]:
    """Give plain values for `assets/scene.js`."""
    there, alone = {solid.class_name for solid in solids}, are_alone(solids, scheme)
    about = [c for c in scheme.classes.values() if c.name in there]
    about.sort(key=lambda c: -opacity(c, scheme, alone=alone))  # translucent ones last
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
                "plain": _plain(c.name),
                "colour": f"rgb{c.colour}",
                "opacity": opacity(c, scheme, alone=alone),
                "is_cell": c.role == "cell",
            }
            for c in about
        ],
        "objects": objects,
        "cells": sorted({solid.cell for solid in solids} - {0}),
        "outside": any(solid.cell == 0 for solid in solids),
        "by_cell": alone,
        "palette": [f"rgb{colour}" for colour in COLOURS],
        "camera": {"eye": _xyz(EYE), "up": _xyz(UP)},
        "room": round(_room(solids), 3),
        "bytes": base64.b64encode(bytes(packed)).decode("ascii"),
    }


def _room(solids: Sequence[Solid]) -> float:
    """Give how much further off than a cube's the eye has to be, to see all.

    plotly scales a scene to the volume of a cube, so that what is flat gets wider.
    """
    points = np.concatenate([solid.triangles.points for solid in solids])
    span = np.ptp(points, axis=0).astype(float)
    span = np.maximum(span, span.max() / 100)  # a single slice is not infinitely flat
    return float(np.linalg.norm(span) / span.prod() ** (1 / 3) / 3**0.5)


def are_alone(solids: Sequence[Solid], scheme: ClassScheme) -> bool:
    """Tell whether there are several cells and nothing else: all of one colour."""
    there = {solid.class_name for solid in solids}
    roles = {c.role for c in scheme.classes.values() if c.name in there}
    return len(solids) > 1 and roles == {"cell"}


def opacity(about: CellClass, scheme: ClassScheme, *, alone: bool) -> float:
    """Give how much a class hides what lies in it, 0 to 1."""
    if about.role == "cell":
        return 1.0 if alone else CELL_OPACITY
    holds = any(c.parent == about.name for c in scheme.classes.values())
    return HOST_OPACITY if holds else 1.0


def _packed(solid: Solid) -> tuple[list[object], bytes]:
    """Give counts and box of an object, and its bytes."""
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


def _plain(name: str) -> str:
    """Write a name so that plotly, which knows some HTML, takes none of it for such."""
    return name.replace("&", "+").replace("<", "\u2039").replace(">", "\u203a")
