"""Grey values of drawn tissue, as many microscopes and stains would show it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.synthetic.drawing import (
    BODY,
    GRANULE,
    INSIDE,
    MEMBRANE,
    MITOCHONDRION,
    OUTSIDE,
    SYNAPSE,
    DrawnTissue,
    value_noise,
)

GREY = {
    INSIDE: (0.55, 0.75),
    MEMBRANE: (0.15, 0.35),
    MITOCHONDRION: (0.35, 0.6),
    GRANULE: (0.1, 0.85),
    BODY: (0.15, 0.7),
    OUTSIDE: (0.5, 0.95),
    SYNAPSE: (0.05, 0.2),
}


class Look(NamedTuple):
    """How tissue is stained and imaged; grey values from 0 to 1."""

    grey: tuple[float, ...]  # by class
    folds: float  # how much darker folds and membranes of organelles are
    cells_differ: float
    grain: float  # of the cytoplasm
    blur_px: float
    noise: float
    shading: float
    section: float  # how much sections differ
    inverted: bool
    scratches: int
    missing: bool


def draw_look(rng: np.random.Generator) -> Look:
    """A stain, a microscope, and its faults."""
    return Look(
        grey=tuple(float(rng.uniform(*GREY[n])) for n in range(len(GREY))),
        folds=float(rng.uniform(0.1, 0.3)),
        cells_differ=float(rng.uniform(0, 0.08)),
        grain=float(rng.uniform(0.02, 0.12)),
        blur_px=float(rng.uniform(0.4, 1.6)),
        noise=float(rng.uniform(0.01, 0.12)),
        shading=float(rng.uniform(0, 0.06)),
        section=float(rng.uniform(0, 0.05)),
        inverted=bool(rng.random() < 0.2),
        scratches=int(rng.integers(0, 4)),
        missing=bool(rng.random() < 0.1),
    )


def imaged(
    tissue: DrawnTissue, look: Look, *, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Grey values of tissue, (Z, Y, X)."""
    shape = tissue.classes.shape
    grey = np.array(look.grey, np.float32)[tissue.classes]
    tones = look.cells_differ * rng.standard_normal(int(tissue.cells.max()) + 1)
    inside = tissue.classes == INSIDE
    grey[inside] += tones[tissue.cells[inside]]
    z, y, x = shape
    for scale in (2, 5):
        grain = value_noise((z, y, x), (1, scale, scale), rng)
        grey += look.grain / 2 * grain * ((inside + 0.5) / 1.5)
    grey += look.folds * np.minimum(tissue.texture, 0.3)
    grey = ndimage.gaussian_filter(grey, (0.2, look.blur_px, look.blur_px))
    grey += look.shading * value_noise((z, y, x), (z, y // 2, x // 2), rng)
    grey += look.section * rng.standard_normal((z, 1, 1)).astype(np.float32)
    grey += look.noise * rng.standard_normal(shape).astype(np.float32)
    _scratch(grey, look, rng)
    if look.inverted:
        grey = 1 - grey
    if look.missing:
        grey[int(rng.integers(z))] = 0
    return (grey.clip(0, 1) * 255).round().astype(np.uint8)


def _scratch(grey: NDArray[np.float32], look: Look, rng: np.random.Generator) -> None:
    """Bright or dark straight lines across a section, as a knife leaves them."""
    depth, rows, columns = grey.shape
    for _ in range(look.scratches):
        z, column = int(rng.integers(depth)), float(rng.integers(columns))
        slope, change = float(rng.normal(0, 0.3)), float(rng.choice([-0.25, 0.25]))
        at = np.rint(column + slope * np.arange(rows)).astype(int)
        there = (at >= 0) & (at < columns)
        grey[z, np.arange(rows)[there], at[there]] += change
