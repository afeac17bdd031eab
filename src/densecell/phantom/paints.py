"""Grey values of resin, cytoplasm, membranes and the contents of organelles.

All in grey levels of an ideal image, 0 black to 255 white. Alpha granules and
mitochondria are alike in mean grey, channels are filled with resin: what tells them
apart is rim, texture, shape and what lies around.
"""

import numpy as np

from densecell.phantom.cells import Cells
from densecell.phantom.grid import Floats, Grid, smooth_noise
from densecell.phantom.shapes import Ellipsoid
from densecell.phantom.tissue import Paint, Spot

RESIN = 212.0
GRANULE = 84.0
DARK = 48.0

_MEMBRANE = 58.0
_CYTOPLASM = (96.0, 142.0)
_EDGE_NM = 9.0  # width of a sharp edge
_CRISTA_NM = 60.0
_SHADE = 18.0  # around clouds: as strong as a membrane to coarse filters


def paint_cells(grid: Grid, cells: Cells, rng: np.random.Generator) -> Floats:
    """Stain resin and cells, without organelles.

    Each cell has its own grey; cytoplasm is cloudy, grainy, and strewn with clumps of
    glycogen; membranes are dark, also between cells that touch.
    """
    of_cells, of_resin, of_clouds, of_grain, of_fibres, of_clumps = rng.spawn(6)
    greys = of_cells.uniform(*_CYTOPLASM, int(cells.ids.max()) + 1).astype(np.float32)
    stain = greys[cells.ids]
    stain += 8 * smooth_noise(grid, 420, of_clouds)
    stain += 6 * smooth_noise(grid, 70, of_fibres)
    stain += 8 * smooth_noise(grid, 28, of_grain)
    _blend(stain, np.float32(DARK), 0.8 * _clumps(grid, of_clumps))
    resin = RESIN + 3.5 * smooth_noise(grid, 160, of_resin)
    _blend(stain, resin, 1 - _covered(-cells.depth_nm))
    _blend(stain, np.float32(_MEMBRANE), 0.75 * _line(cells.depth_nm, 10, 15))
    return stain


def filled(grey: float, *, grain: float, rim: float) -> Paint:
    """Fill evenly but for a mottled grain, with a membrane `rim` darker."""

    def paint(spot: Spot, rng: np.random.Generator) -> Floats:
        inner = grey + grain * smooth_noise(spot.grid, 34, rng)
        return _with_rim(spot, inner.astype(np.float32), rim)

    return paint


def striped(body: Ellipsoid, grey: float, *, stripe: float, rim: float) -> Paint:
    """Fill with cristae: dark stripes across the long axis, wavy."""

    def paint(spot: Spot, rng: np.random.Generator) -> Floats:
        inner = grey + stripe * _stripes(spot, body, rng)
        return _with_rim(spot, inner, rim)

    return paint


def clouded(
    body: Ellipsoid, grey: float, *, edge_nm: float, grain: float = 0, stripe: float = 0
) -> Paint:
    """Blend in a patch whose edge fades: no membrane, so no organelle."""

    def paint(spot: Spot, rng: np.random.Generator) -> Floats:
        inner = grey + grain * smooth_noise(spot.grid, 34, rng)
        if stripe:
            inner += stripe * _stripes(spot, body, rng)
        stain = spot.stain.copy()
        steep = np.clip(spot.distance_nm / np.float32(edge_nm / 4), -30, 30)
        _blend(stain, inner.astype(np.float32), 1 / (1 + np.exp(steep)))
        return stain - np.float32(_SHADE) * _line(spot.distance_nm, 0, 38)

    return paint


def _stripes(spot: Spot, body: Ellipsoid, rng: np.random.Generator) -> Floats:
    """Draw waves of height 1 across the long axis; they leave patches out."""
    along = body.coordinates(spot.offsets)[0] * np.float32(body.semi_axes_nm[0])
    along += 9 * smooth_noise(spot.grid, 90, rng)
    waves = np.sin(
        along * np.float32(2 * np.pi / _CRISTA_NM) + rng.uniform(0, 2 * np.pi)
    )
    return waves * np.clip(0.95 + 0.8 * smooth_noise(spot.grid, 110, rng), 0, 1)


def _with_rim(spot: Spot, inner: Floats, rim: float) -> Floats:
    stain = spot.stain.copy()
    _blend(stain, inner, _covered(spot.distance_nm))
    return stain - np.float32(rim) * _line(spot.distance_nm, -3, 12)


def _clumps(grid: Grid, rng: np.random.Generator) -> Floats:
    """Cover ragged clumps of glycogen, some 50 nm wide, in groups."""
    fine, groups, ragged = rng.spawn(3)
    field = smooth_noise(grid, 62, fine)
    field += 0.75 * smooth_noise(grid, 380, groups)
    field += 0.35 * smooth_noise(grid, 22, ragged)
    field -= 1.9
    field *= 3
    return np.clip(field, 0, 1, out=field)


def _covered(distance_nm: Floats) -> Floats:
    """Give the share of a voxel inside: 1 within, 0 outside, half on the surface."""
    return np.clip(0.5 - distance_nm / np.float32(_EDGE_NM), 0, 1)


def _line(distance_nm: Floats, at_nm: float, width_nm: float) -> Floats:
    t = (distance_nm - np.float32(at_nm)) / np.float32(width_nm)
    return np.exp(-t * t)


def _blend(stain: Floats, other: Floats | np.float32, cover: Floats) -> None:
    """Move `stain` towards `other` in place."""
    change = other - stain
    change *= cover
    stain += change
