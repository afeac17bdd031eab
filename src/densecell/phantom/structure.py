"""Structures of a tissue: bodies with a paint, and recipes that draw them."""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from densecell.phantom.lattice import Floats, Lattice, Offsets
from densecell.phantom.shapes import Body

CLEARANCE_NM = 25.0


class Neighbourhood(NamedTuple):
    """The voxels around a body, with its signed distance: below 0 inside."""

    lattice: Lattice
    stain: Floats
    distance_nm: Floats
    offsets: Offsets


Paint = Callable[[Neighbourhood, np.random.Generator], Floats]  # to the new stain


class PaintedBody(NamedTuple):
    """A body, its paint, and its class; without one it keeps the class around it."""

    body: Body
    paint: Paint
    class_id: int | None = None


class Structure(NamedTuple):
    """An organelle, or what only looks like one.

    Parameters
    ----------
    bodies
        The first one contains the others.
    clearance_nm
        Least distance to other structures and to the surface of the cell.
    """

    bodies: tuple[PaintedBody, ...]
    clearance_nm: float = CLEARANCE_NM

    @classmethod
    def of(
        cls,
        body: Body,
        paint: Paint,
        class_id: int | None = None,
        *,
        clearance_nm: float = CLEARANCE_NM,
    ) -> Self:
        """Structure of a single body."""
        return cls((PaintedBody(body, paint, class_id),), clearance_nm)

    @property
    def outer(self) -> PaintedBody:
        """The body that contains the others."""
        return self.bodies[0]


class Recipe(NamedTuple):
    """How to make one kind of structure, and how much of it.

    Parameters
    ----------
    draw
        Draws one structure.
    share
        Share of all voxels of the volume that this kind fills.
    depth_nm
        Least depth of its middle inside a cell; if below 0, least distance from cells.
    """

    draw: Callable[[np.random.Generator], Structure]
    share: float
    depth_nm: float
