"""Flat, deformed cells, packed so densely that many of them touch.

::

    second nearest |  owner   | outside every cell
    ---------------+----------+--------------------
                 contact     rim

A voxel belongs to the cell in which it lies deepest. So neighbours share a face, except
where one of them leaves a gap.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.phantom.lattice import Floats, Lattice, smooth_noise
from densecell.phantom.shapes import Ellipsoid, Vector, random_frame, tilted

CELL_SHARE = 0.533  # of all voxels, organelles included
GAPS = 0.2  # share of the cells that leave a gap to neighbours

_LONG_NM = (1200.0, 2100.0)  # half length of the flat sides
_THICK_NM = (480.0, 800.0)  # half thickness
_REACH_NM = 700.0  # how far a cell may grow out of its ellipsoid
_PACKING = 1.15  # least distance of centres in half axes; at 2 none would overlap
_CROWDING = 1.45  # volume of all ellipsoids over that of the cells
_TRIES = 4000
_GAP_NM = (40.0, 110.0)
_BENDS_NM = ((1100.0, 150.0), (420.0, 40.0))  # scale and size of deformations
_ROUGHNESS_NM = (110.0, 11.0)


class PackedCells(NamedTuple):
    """Where the cells are, (Z, Y, X).

    Parameters
    ----------
    ids
        1..N in no particular order, 0 outside cells.
    depth_nm
        Depth below the surface of the own cell, to first order; below 0 outside cells.
    """

    ids: NDArray[np.uint32]
    depth_nm: Floats


class _Cell(NamedTuple):
    centre_nm: Vector
    body: Ellipsoid
    gap_nm: float


def make_cells(
    lattice: Lattice, rng: np.random.Generator, *, gaps: float = GAPS
) -> PackedCells:
    """Pack cells into a volume; a share of them, `gaps`, leaves gaps to neighbours.

    Notes
    -----
    Peak memory is about 30 bytes per voxel.
    """
    plan, bend_rng, rough_rng = rng.spawn(3)
    cells = _pack(lattice, plan, gaps)
    nearest, second, owner = _compete(lattice, cells, _bends(lattice, bend_rng))
    gap_nm = np.array([0.0, *(c.gap_nm for c in cells)], np.float32)
    second -= nearest
    contact = gap_nm[owner] - second
    contact *= 0.5  # the contact face lies halfway to the neighbour
    del second
    scale, size = _ROUGHNESS_NM
    nearest += size * smooth_noise(lattice, scale, rough_rng)
    nearest -= _growth(nearest, contact)
    depth = -np.maximum(nearest, contact, out=contact)
    return PackedCells(np.where(depth > 0, owner, 0).astype(np.uint32), depth)


def _pack(lattice: Lattice, rng: np.random.Generator, gaps: float) -> list[_Cell]:
    """Place cells at random; drop each that overlaps an earlier one too much."""
    size = np.asarray(lattice.size_nm)
    margin = _LONG_NM[1] + _REACH_NM
    common = _edge_on_frame(rng)
    mean = np.array([sum(_THICK_NM), sum(_LONG_NM), sum(_LONG_NM)]) / 2
    taken = np.empty((0, 3))
    cells: list[_Cell] = []
    wanted = _CROWDING * CELL_SHARE * np.prod(size + 2 * margin)
    wanted /= 4 / 3 * np.pi * np.prod(mean)
    for _ in range(_TRIES):
        if len(cells) >= wanted:
            break
        centre = rng.uniform(-margin, size + margin)
        place = common @ centre / mean
        axes = np.array([rng.uniform(*_THICK_NM), *rng.uniform(*_LONG_NM, size=2)])
        frame = tilted(common, rng.normal(0, 0.22), rng)
        gap = rng.uniform(*_GAP_NM) if rng.uniform() < gaps else 0.0
        if len(taken) and np.linalg.norm(taken - place, axis=1).min() < _PACKING:
            continue
        taken = np.vstack([taken, place])
        cells.append(_Cell(centre, Ellipsoid(axes, frame), gap))
    return cells


def _edge_on_frame(rng: np.random.Generator) -> Vector:
    """Frame of flat cells that stand on edge, as sections mostly cut them across."""
    angle, tilt = rng.uniform(0, np.pi), rng.normal(0, 0.25)
    short = np.array([np.sin(tilt), np.cos(tilt) * np.cos(angle), 0.0])
    short[2] = np.cos(tilt) * np.sin(angle)
    other = np.cross(short, random_frame(rng)[0])
    other /= np.linalg.norm(other)
    return np.stack([short, other, np.cross(short, other)])


def _bends(lattice: Lattice, rng: np.random.Generator) -> list[Floats]:
    """Smooth displacements along z, y and x, in nm."""
    fields = []
    for axis_rng in rng.spawn(3):
        (scale, size), *finer = _BENDS_NM
        field = size * smooth_noise(lattice, scale, axis_rng)
        for scale, size in finer:
            field += size * smooth_noise(lattice, scale, axis_rng)
        fields.append(field)
    return fields


def _compete(
    lattice: Lattice, cells: list[_Cell], bends: list[Floats]
) -> tuple[Floats, Floats, NDArray[np.uint16]]:
    """Distances to the nearest and second nearest cell; number of the nearest."""
    nearest = np.full(lattice.shape, 2 * _REACH_NM, np.float32)
    second = np.full(lattice.shape, 3 * _REACH_NM, np.float32)
    owner = np.zeros(lattice.shape, np.uint16)
    for number, cell in enumerate(cells, 1):
        extent = np.linalg.norm(
            cell.body.frame * cell.body.semi_axes_nm[:, None], axis=0
        )
        box = lattice.box_around(cell.centre_nm, extent + _REACH_NM)
        for slab in _slabs(box):
            at = slab.slices
            offsets = lattice.offsets(slab, cell.centre_nm)
            bent = [o + b[at] for o, b in zip(offsets, bends, strict=True)]
            distance = cell.body.distance_nm((bent[0], bent[1], bent[2]))
            closer = distance < nearest[at]
            np.minimum(second[at], np.maximum(nearest[at], distance), out=second[at])
            np.minimum(nearest[at], distance, out=nearest[at])
            owner[at][closer] = number
    return nearest, second, owner


def _slabs(box: Box) -> list[Box]:
    """Cut a box into single slices: their arrays stay in the processor's cache."""
    slices, y, x = box.shape
    if not box.voxels:
        return []
    first = Box.at(box.start, (1, y, x))
    return [first.shifted((z, 0, 0)) for z in range(slices)]


def _growth(nearest: Floats, contact: Floats) -> np.float32:
    """How far all cells must grow to fill their share of the volume, in nm."""
    step = max(1, nearest.size // 500_000)
    free = contact.ravel()[::step] < 0
    if not free.any():
        return np.float32(0)
    wanted = min(1.0, CELL_SHARE / free.mean())
    growth = np.quantile(nearest.ravel()[::step][free], wanted)
    return np.float32(min(growth, _REACH_NM / 2))
