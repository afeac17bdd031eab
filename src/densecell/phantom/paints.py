"""Grey values of resin, cytoplasm, membranes and the contents of organelles.

Grey levels of an ideal image, 0 black to 255 white. Alpha granules and mitochondria
have the same mean grey, and channels are as grey as resin: they differ in rim, texture,
shape and surroundings.
"""

import numpy as np

from densecell.phantom.cells import PackedCells
from densecell.phantom.lattice import Floats, Lattice, smooth_noise
from densecell.phantom.shapes import Ellipsoid
from densecell.phantom.structure import Neighbourhood, Paint

RESIN = 212.0
GRANULE = 84.0
DARK = 48.0

_MEMBRANE = 58.0
_CYTOPLASM = (96.0, 142.0)
_EDGE_NM = 9.0  # width of a sharp edge
_CRISTA_NM = 60.0
_SHADE = 18.0  # around clouds; to a coarse filter as strong as a membrane


def paint_cells(
    lattice: Lattice, cells: PackedCells, rng: np.random.Generator
) -> Floats:
    """Stain resin and cells, without organelles.

    Each cell has its own grey. Cytoplasm is cloudy, grainy, and strewn with clumps of
    glycogen. Membranes are dark, between touching cells too.
    """
    of_cells, of_resin, of_clouds, of_grain, of_fibres, of_clumps = rng.spawn(6)
    greys = of_cells.uniform(*_CYTOPLASM, int(cells.ids.max()) + 1).astype(np.float32)
    stain = greys[cells.ids]
    stain += 8 * smooth_noise(lattice, 420, of_clouds)
    stain += 6 * smooth_noise(lattice, 70, of_fibres)
    stain += 8 * smooth_noise(lattice, 28, of_grain)
    _blend(stain, np.float32(DARK), 0.8 * _clumps(lattice, of_clumps))
    resin = RESIN + 3.5 * smooth_noise(lattice, 160, of_resin)
    _blend(stain, resin, 1 - _covered(-cells.depth_nm))
    _blend(stain, np.float32(_MEMBRANE), 0.75 * _line(cells.depth_nm, 10, 15))
    return stain


def mottled(grey: float, *, grain: float, rim: float) -> Paint:
    """Paint with a mottled grain and a membrane that is `rim` darker."""

    def paint(around: Neighbourhood, rng: np.random.Generator) -> Floats:
        inner = grey + grain * smooth_noise(around.lattice, 34, rng)
        return _with_rim(around, inner.astype(np.float32), rim)

    return paint


def striped(body: Ellipsoid, grey: float, *, stripe: float, rim: float) -> Paint:
    """Paint with cristae: dark wavy stripes across the long axis."""

    def paint(around: Neighbourhood, rng: np.random.Generator) -> Floats:
        inner = grey + stripe * _stripes(around, body, rng)
        return _with_rim(around, inner, rim)

    return paint


def clouded(
    body: Ellipsoid, grey: float, *, edge_nm: float, grain: float = 0, stripe: float = 0
) -> Paint:
    """Paint with an edge that fades: without a membrane, so not an organelle."""

    def paint(around: Neighbourhood, rng: np.random.Generator) -> Floats:
        inner = grey + grain * smooth_noise(around.lattice, 34, rng)
        if stripe:
            inner += stripe * _stripes(around, body, rng)
        stain = around.stain.copy()
        steep = np.clip(around.distance_nm / np.float32(edge_nm / 4), -30, 30)
        _blend(stain, inner.astype(np.float32), 1 / (1 + np.exp(steep)))
        return stain - np.float32(_SHADE) * _line(around.distance_nm, 0, 38)

    return paint


def _stripes(
    around: Neighbourhood, body: Ellipsoid, rng: np.random.Generator
) -> Floats:
    """Waves of height 1 across the long axis, with patches left out."""
    along = body.coordinates(around.offsets)[0] * np.float32(body.semi_axes_nm[0])
    along += 9 * smooth_noise(around.lattice, 90, rng)
    waves = np.sin(
        along * np.float32(2 * np.pi / _CRISTA_NM) + rng.uniform(0, 2 * np.pi)
    )
    return waves * np.clip(0.95 + 0.8 * smooth_noise(around.lattice, 110, rng), 0, 1)


def _with_rim(around: Neighbourhood, inner: Floats, rim: float) -> Floats:
    stain = around.stain.copy()
    _blend(stain, inner, _covered(around.distance_nm))
    return stain - np.float32(rim) * _line(around.distance_nm, -3, 12)


def _clumps(lattice: Lattice, rng: np.random.Generator) -> Floats:
    """Cover, 0 to 1, of ragged glycogen clumps: some 50 nm wide, in groups."""
    fine, groups, ragged = rng.spawn(3)
    field = smooth_noise(lattice, 62, fine)
    field += 0.75 * smooth_noise(lattice, 380, groups)
    field += 0.35 * smooth_noise(lattice, 22, ragged)
    field -= 1.9
    field *= 3
    return np.clip(field, 0, 1, out=field)


def _covered(distance_nm: Floats) -> Floats:
    """Share of a voxel that lies inside: 1 within, 0 outside, half on the surface."""
    return np.clip(0.5 - distance_nm / np.float32(_EDGE_NM), 0, 1)


def _line(distance_nm: Floats, at_nm: float, width_nm: float) -> Floats:
    t = (distance_nm - np.float32(at_nm)) / np.float32(width_nm)
    return np.exp(-t * t)


def _blend(stain: Floats, other: Floats | np.float32, cover: Floats) -> None:
    """Move `stain` towards `other` in place."""
    change = other - stain
    change *= cover
    stain += change
