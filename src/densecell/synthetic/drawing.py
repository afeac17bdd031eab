"""Draws tissue: cells that touch everywhere, and what lies in them.

::

    seeds -> nearest seed (Voronoi, bent) -> cells, membranes, gaps
          -> bodies, mitochondria, granules in the cells; synapses on membranes
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from densecell.classes import ClassScheme
from densecell.geometry import Box, Shape
from densecell.synthetic.kinds import TissueKind

INSIDE, MEMBRANE, MITOCHONDRION, GRANULE, BODY, OUTSIDE, SYNAPSE = range(7)
SCHEME = ClassScheme.model_validate(
    {
        "classes": {
            number: {"name": name, "colour": colour, "role": role}
            for number, name, colour, role in (
                (INSIDE, "cytoplasm", (230, 230, 230), "background"),
                (MEMBRANE, "membrane", (60, 60, 60), "other"),
                (MITOCHONDRION, "mitochondrion", (230, 120, 30), "organelle"),
                (GRANULE, "granule", (60, 130, 220), "organelle"),
                (BODY, "large body", (90, 180, 80), "organelle"),
                (OUTSIDE, "outside", (150, 110, 180), "other"),
                (SYNAPSE, "synapse", (220, 60, 80), "other"),
            )
        }
    }
)
Mask = NDArray[np.bool_]
Field = NDArray[np.float32]


class DrawnTissue(NamedTuple):
    """Drawn tissue; all (Z, Y, X)."""

    classes: NDArray[np.uint8]
    cells: NDArray[np.int32]  # number of the cell, from 0
    depth_px: Field  # distance to the nearest border of a cell
    texture: Field  # stripes and folds inside organelles, -1 to 1


def draw_tissue(
    kind: TissueKind, shape: Shape, *, rng: np.random.Generator
) -> DrawnTissue:
    """Draw a piece of tissue.

    Parameters
    ----------
    kind
        Sizes and numbers.
    shape
        Voxels (z, y, x).
    """
    cells, depth = _cells(kind, shape, rng)
    classes = np.zeros(shape, np.uint8)
    texture = np.zeros(shape, np.float32)
    for number, density, radius in (
        (BODY, kind.bodies, kind.body_px),
        (MITOCHONDRION, kind.mitochondria, kind.mitochondrion_px),
        (GRANULE, kind.granules, kind.granule_px),
    ):
        for _ in range(rng.poisson(density * classes.size / 1e6)):
            _draw_body(classes, texture, (cells, depth), (number, radius), kind, rng)
    wall = (depth >= kind.gap_px) & (depth < kind.gap_px + 2 * kind.wall_px)
    classes[wall] = MEMBRANE
    classes[depth < kind.gap_px] = OUTSIDE
    _synapses(classes, wall, kind, rng)
    return DrawnTissue(classes, cells, depth, texture)


def value_noise(shape: Shape, scale: Shape, rng: np.random.Generator) -> Field:
    """Noise that changes over `scale` voxels along each axis; mean 0, deviation 1."""
    coarse = [max(2, -(-n // s) + 3) for n, s in zip(shape, scale, strict=True)]
    grid = rng.standard_normal(coarse).astype(np.float32)
    places = [
        np.linspace(1, c - 2, n, dtype=np.float32)
        for n, c in zip(shape, coarse, strict=True)
    ]
    field: Field = grid
    for axis, at in enumerate(places):
        low = at.astype(int)
        share = (at - low).reshape([-1 if k == axis else 1 for k in range(3)])
        share = share * share * (3 - 2 * share)
        below = np.take(field, low, axis=axis)
        above = np.take(field, np.minimum(low + 1, field.shape[axis] - 1), axis=axis)
        field = below + share * (above - below)
    return ((field - field.mean()) / (field.std() + 1e-6)).astype(np.float32)


def _cells(
    kind: TissueKind, shape: Shape, rng: np.random.Generator
) -> tuple[NDArray[np.int32], Field]:
    """Nearest seed of each voxel, and how far the next cell is."""
    lengths = np.array(shape) * (kind.anisotropy, 1, 1) + 2 * kind.cell_px
    count = max(4, int(np.prod(lengths / kind.cell_px)))
    seeds = rng.uniform(-kind.cell_px, lengths - kind.cell_px, (count, 3))
    bend = [
        kind.cell_px * 0.18 * value_noise(shape, _scale(kind, kind.cell_px / 2), rng)
        + 1.5 * value_noise(shape, _scale(kind, 8), rng)
        for _ in range(3)
    ]
    z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")
    points = np.stack(
        [z * kind.anisotropy + bend[0], y + bend[1], x + bend[2]], axis=-1
    ).reshape(-1, 3)
    found = cKDTree(seeds).query(points, k=2)
    distance, nearest = np.asarray(found[0]), np.asarray(found[1])
    between = np.linalg.norm(seeds[nearest[:, 0]] - seeds[nearest[:, 1]], axis=1)
    depth = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * between)
    return (
        nearest[:, 0].reshape(shape).astype(np.int32),
        depth.reshape(shape).astype(np.float32),
    )


def _scale(kind: TissueKind, px: float) -> Shape:
    return (max(1, round(px / kind.anisotropy)), max(2, round(px)), max(2, round(px)))


def _draw_body(
    classes: NDArray[np.uint8],
    texture: Field,
    where: tuple[NDArray[np.int32], Field],
    what: tuple[int, float],
    kind: TissueKind,
    rng: np.random.Generator,
) -> None:
    """Draw a body of a class and radius, in the cell of its middle."""
    (cells, depth), (number, radius) = where, what
    room = kind.gap_px + 2 * kind.wall_px
    middle = tuple(int(rng.integers(n)) for n in classes.shape)
    if depth[middle] < room + 0.5 * radius:
        return
    radii = radius * rng.uniform(0.7, 1.3, 3)
    if number == MITOCHONDRION:
        radii[rng.integers(3)] *= rng.uniform(1, 4)  # many are long
    box, inside = _ellipsoid(middle, radii, kind, classes.shape, rng)
    here = box.slices
    mine = (inside < 1) & (cells[here] == cells[middle]) & (depth[here] > room)
    mine &= classes[here] == INSIDE
    classes[here][mine] = number
    if number != GRANULE:
        texture[here][mine] = _stripes(box, kind, rng)[mine]
    texture[here][mine & (inside > 1 - 2.5 / radius)] = -1  # its own membrane


def _ellipsoid(
    middle: tuple[int, ...],
    radii: NDArray[np.float64],
    kind: TissueKind,
    shape: tuple[int, ...],
    rng: np.random.Generator,
) -> tuple[Box, Field]:
    """Box around a turned ellipsoid, and the distance to its middle in radii."""
    reach = radii.max() * 1.2
    z, y, x = middle
    half = (int(reach / kind.anisotropy) + 1, int(reach) + 1, int(reach) + 1)
    box = Box.at((z, y, x), (1, 1, 1)).grown(half).clipped(shape)
    grid = np.meshgrid(*map(np.arange, box.start, box.stop), indexing="ij")
    offset = np.stack(
        [(grid[0] - z) * kind.anisotropy, grid[1] - y, grid[2] - x], -1
    ).astype(np.float32)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    scaled = offset @ (turn / radii).astype(np.float32)
    bent = 1 + 0.12 * value_noise(box.shape, _scale(kind, radii.min()), rng)
    return box, np.linalg.norm(scaled, axis=-1) * bent


def _stripes(box: Box, kind: TissueKind, rng: np.random.Generator) -> Field:
    """Folds, such as cristae and thylakoids: parallel, bent."""
    z, y, x = np.meshgrid(*map(np.arange, box.shape), indexing="ij")
    direction = rng.standard_normal(3)
    direction /= np.linalg.norm(direction)
    wave = rng.uniform(4, 9)
    along = direction[0] * z * kind.anisotropy + direction[1] * y + direction[2] * x
    bend = 2.0 * value_noise(box.shape, _scale(kind, 12), rng)
    return np.sin(2 * np.pi * (along + bend) / wave).astype(np.float32)


def _synapses(
    classes: NDArray[np.uint8], wall: Mask, kind: TissueKind, rng: np.random.Generator
) -> None:
    """Thicken membranes around some of their voxels."""
    places = np.flatnonzero(wall)
    count = rng.poisson(kind.synapses * classes.size / 1e6)
    if not len(places) or not count:
        return
    for place in rng.choice(places, count):
        middle = np.unravel_index(place, classes.shape)
        radius = rng.uniform(6, 14)
        box, inside = _ellipsoid(
            tuple(map(int, middle)), np.full(3, radius), kind, classes.shape, rng
        )
        near = ndimage.binary_dilation(wall[box.slices], iterations=2)
        mine = near & (inside < 1) & np.isin(classes[box.slices], (INSIDE, MEMBRANE))
        classes[box.slices][mine] = SYNAPSE
