"""Bodies in space, described by their signed distance: ellipsoids and tubes."""

import math
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from densecell.phantom.lattice import Floats, Offsets

Vector = NDArray[np.float64]


class Body(Protocol):
    """Something with a surface."""

    @property
    def reach_nm(self) -> float:
        """Radius of a sphere around the origin that holds the body."""

    @property
    def landmarks_nm(self) -> Vector:
        """(N, 3) points inside, the origin first: to see quickly if there is room."""

    def distance_nm(self, offsets: Offsets) -> Floats:
        """Signed distance to the surface, in nm: below 0 inside."""


class Ellipsoid(NamedTuple):
    """An ellipsoid around the origin; it can be bent like a bean, and bumpy.

    Parameters
    ----------
    semi_axes_nm
        Half lengths along the rows of `frame`.
    frame
        (3, 3) orthonormal rows (z, y, x).
    bend
        How far the ends bend sideways, as a share of the first axis.
    bumps
        Height of three-fold bumps, as a share of the radius.
    """

    semi_axes_nm: Vector
    frame: Vector
    bend: float = 0.0
    bumps: float = 0.0

    @property
    def reach_nm(self) -> float:
        """Radius of a sphere around the origin that holds the body."""
        return float(self.semi_axes_nm.max() * (1 + abs(self.bend) + self.bumps))

    @property
    def landmarks_nm(self) -> Vector:
        """The origin, and a point well inside on each of the six half axes."""
        tips = 0.8 * self.frame * self.semi_axes_nm[:, None]
        return np.concatenate([np.zeros((1, 3)), tips, -tips])

    def distance_nm(self, offsets: Offsets) -> Floats:
        """Signed distance to the surface to first order, in nm: below 0 inside."""
        u, v, w = self.coordinates(offsets)
        if self.bend:
            v = v - np.float32(
                self.bend * self.semi_axes_nm[0] / self.semi_axes_nm[1]
            ) * (u * u)
        radius = np.sqrt(u * u + v * v + w * w) + np.float32(1e-6)
        slope = np.sqrt(
            sum(
                (q / np.float32(a)) ** 2
                for q, a in zip((u, v, w), self.semi_axes_nm, strict=True)
            )
        )
        surface = np.float32(1)
        if self.bumps:
            surface = 1 + np.float32(self.bumps) * (
                (v * v * v - 3 * v * w * w + u * u * w) / radius**3
            )
        return (radius - surface) * radius / (slope + np.float32(1e-9))

    def coordinates(self, offsets: Offsets) -> tuple[Floats, Floats, Floats]:
        """Coordinates along the axes, in half axes: the surface is at radius 1."""
        z, y, x = offsets
        rows = (self.frame / self.semi_axes_nm[:, None]).astype(np.float32)
        u, v, w = (row[0] * z + row[1] * y + row[2] * x for row in rows)
        return u, v, w


class Tube(NamedTuple):
    """A tube of varying width along a path near the origin.

    Parameters
    ----------
    nodes_nm
        (N, 3) points of the path.
    radii_nm
        (N,) radius at each point.
    """

    nodes_nm: Vector
    radii_nm: Vector

    @property
    def reach_nm(self) -> float:
        """Radius of a sphere around the origin that holds the body."""
        return float((np.linalg.norm(self.nodes_nm, axis=1) + self.radii_nm).max())

    @property
    def landmarks_nm(self) -> Vector:
        """The origin and the points of the path."""
        return np.concatenate([np.zeros((1, 3)), self.nodes_nm])

    def distance_nm(self, offsets: Offsets) -> Floats:
        """Signed distance to the nearest segment, in nm: below 0 inside."""
        z, y, x = offsets
        nearest = np.full(np.broadcast_shapes(z.shape, y.shape, x.shape), np.inf, "f4")
        for a, b, r, s in zip(
            self.nodes_nm,
            self.nodes_nm[1:],
            self.radii_nm,
            self.radii_nm[1:],
            strict=False,
        ):
            axis = (b - a).astype(np.float32)
            dz, dy, dx = (
                z - np.float32(a[0]),
                y - np.float32(a[1]),
                x - np.float32(a[2]),
            )
            along = dz * axis[0] + dy * axis[1] + dx * axis[2]
            t = np.clip(along / np.float32(axis @ axis + 1e-9), 0, 1)
            square = (dz - t * axis[0]) ** 2 + (dy - t * axis[1]) ** 2
            square += (dx - t * axis[2]) ** 2
            radius = np.float32(r) + t * np.float32(s - r)
            np.minimum(nearest, np.sqrt(square) - radius, out=nearest)
        return nearest


def random_frame(rng: np.random.Generator) -> Vector:
    """Orthonormal (3, 3) frame; every orientation is equally likely."""
    frame, upper = np.linalg.qr(rng.standard_normal((3, 3)))
    return np.asarray(frame * np.sign(np.diag(upper)))


def tilted(frame: Vector, angle: float, rng: np.random.Generator) -> Vector:
    """`frame`, turned by an angle in radians around a random axis."""
    axis = rng.standard_normal(3)
    k = axis / np.linalg.norm(axis)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    turn = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
    return np.asarray(frame @ turn.T)
