"""Recipes of the organelles, which differ in rim, texture and shape.

Alpha granules and mitochondria have the same mean grey. Channels are as grey as the
resin outside cells. A dense granule has a channel's grey around a glycogen clump's.
"""

import numpy as np

from densecell.phantom.paints import DARK, GRANULE, RESIN, mottled, striped
from densecell.phantom.shapes import Ellipsoid, Tube, Vector, random_frame
from densecell.phantom.structure import PaintedBody, Recipe, Structure

MITOCHONDRION, ALPHA_GRANULE, CHANNEL, DENSE_GRANULE, DENSE_CORE = 2, 3, 4, 5, 6


def _dense_granule(rng: np.random.Generator) -> Structure:
    return dense_granule(rng, DENSE_GRANULE, DENSE_CORE)


def dense_granule(
    rng: np.random.Generator, body_id: int | None, core_id: int | None
) -> Structure:
    """Draw a dark core in a pale body, of these classes."""
    radius = rng.uniform(108, 148)
    body = Ellipsoid(radius * rng.uniform(0.92, 1.08, 3), random_frame(rng), bumps=0.03)
    axes = radius * 0.66 * rng.uniform(0.92, 1.08, 3)
    core = Ellipsoid(axes, random_frame(rng), bumps=0.04)
    halo = mottled(RESIN - rng.uniform(15, 45), grain=5, rim=75)
    dark = mottled(DARK + rng.uniform(-6, 18), grain=8, rim=0)
    return Structure(
        (PaintedBody(body, halo, body_id), PaintedBody(core, dark, core_id))
    )


def _mitochondrion(rng: np.random.Generator) -> Structure:
    thick, long = rng.uniform(105, 140), rng.uniform(175, 260)
    axes = np.array([long, thick, thick * rng.uniform(0.85, 1.1)])
    bend = rng.uniform(-0.35, 0.35)
    body = Ellipsoid(axes, random_frame(rng), bend=bend, bumps=0.05)
    paint = striped(body, GRANULE + rng.normal(0, 6), stripe=34, rim=50)
    return Structure.of(body, paint, MITOCHONDRION)


def _alpha_granule(rng: np.random.Generator) -> Structure:
    axes = rng.uniform(115, 190) * rng.uniform(0.85, 1.15, 3)
    body = Ellipsoid(axes, random_frame(rng), bumps=0.03)
    paint = mottled(GRANULE + rng.normal(0, 7), grain=8, rim=46)
    return Structure.of(body, paint, ALPHA_GRANULE)


def _channel(rng: np.random.Generator) -> Structure:
    nodes = _walk(int(rng.integers(2, 7)), rng)
    radii = rng.uniform(60, 115) * rng.uniform(0.75, 1.25, len(nodes))
    paint = mottled(RESIN - rng.uniform(0, 34), grain=4, rim=66)
    return Structure.of(Tube(nodes, radii), paint, CHANNEL)


def _walk(steps: int, rng: np.random.Generator) -> Vector:
    """Random path that turns smoothly; its middle node is the origin."""
    heading = rng.standard_normal(3)
    nodes = [np.zeros(3)]
    for _ in range(steps):
        heading = heading / np.linalg.norm(heading) + 0.55 * rng.standard_normal(3)
        nodes.append(
            nodes[-1] + rng.uniform(80, 130) * heading / np.linalg.norm(heading)
        )
    path = np.array(nodes)
    return path - path[len(path) // 2]


ORGANELLES = (
    Recipe(_dense_granule, share=0.0058, depth_nm=140),
    Recipe(_mitochondrion, share=0.0125, depth_nm=130),
    Recipe(_alpha_granule, share=0.034, depth_nm=130),
    Recipe(_channel, share=0.028, depth_nm=90),
)
