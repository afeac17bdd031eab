"""Recipes of structures that a filter mistakes for organelles, but the eye does not.

In cells, all of class cell: dark, striped and pale clouds that fade out without a
membrane; dark grains, bare or in a pale cloud; small vesicles. In the resin, all
background: debris, empty rings, and rings around a dark grain.
"""

import numpy as np

from densecell.phantom.organelles import dense_granule
from densecell.phantom.paints import DARK, GRANULE, RESIN, clouded, mottled
from densecell.phantom.shapes import Ellipsoid, random_frame
from densecell.phantom.structure import PaintedBody, Recipe, Structure

_FADING_NM = 100.0


def _ellipsoid(
    low_nm: float, high_nm: float, rng: np.random.Generator, *, bumps: float = 0.08
) -> Ellipsoid:
    axes = rng.uniform(low_nm, high_nm) * rng.uniform(0.8, 1.25, 3)
    return Ellipsoid(axes, random_frame(rng), bumps=bumps)


def _dark_cloud(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(85, 160, rng)
    grey = GRANULE + rng.normal(0, 7)
    return Structure.of(
        body, clouded(body, grey, edge_nm=_FADING_NM, grain=8), clearance_nm=0
    )


def _striped_cloud(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(85, 155, rng)
    grey = GRANULE + rng.normal(0, 6)
    return Structure.of(
        body, clouded(body, grey, edge_nm=_FADING_NM, stripe=32), clearance_nm=0
    )


def _pale_cloud(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(70, 130, rng, bumps=0.15)
    grey = RESIN + 6 - rng.uniform(0, 45)
    return Structure.of(body, clouded(body, grey, edge_nm=70, grain=4), clearance_nm=0)


def _cored_cloud(rng: np.random.Generator) -> Structure:
    cloud, core = _ellipsoid(100, 145, rng), _ellipsoid(65, 95, rng, bumps=0.2)
    pale = clouded(cloud, RESIN - rng.uniform(0, 35), edge_nm=80, grain=5)
    dark = mottled(DARK + rng.uniform(-6, 18), grain=8, rim=0)
    return Structure((PaintedBody(cloud, pale), PaintedBody(core, dark)), 0)


def _grain(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(35, 60, rng, bumps=0.25)
    return Structure.of(body, mottled(DARK, grain=10, rim=0), clearance_nm=8)


def _vesicle(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(28, 38, rng)
    return Structure.of(body, mottled(RESIN - 50, grain=5, rim=40), clearance_nm=12)


def _debris(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(45, 85, rng, bumps=0.25)
    return Structure.of(body, mottled(DARK + 10, grain=15, rim=0))


def _ring(rng: np.random.Generator) -> Structure:
    body = _ellipsoid(60, 130, rng, bumps=0.1)
    return Structure.of(body, mottled(RESIN, grain=3, rim=100))


def _cored_ring(rng: np.random.Generator) -> Structure:
    return dense_granule(rng, None, None)


DECOYS = (
    Recipe(_cored_cloud, share=0.005, depth_nm=90),
    Recipe(_striped_cloud, share=0.013, depth_nm=80),
    Recipe(_pale_cloud, share=0.034, depth_nm=60),
    Recipe(_dark_cloud, share=0.045, depth_nm=75),
    Recipe(_grain, share=0.003, depth_nm=50),
    Recipe(_vesicle, share=0.001, depth_nm=40),
    Recipe(_cored_ring, share=0.009, depth_nm=-110),
    Recipe(_ring, share=0.010, depth_nm=-90),
    Recipe(_debris, share=0.002, depth_nm=-60),
)
