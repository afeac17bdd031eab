"""Random changes to a window: first the parameters are drawn, then applied.

.. [1] Guay et al. 2021, doi:10.1038/s41598-021-81590-0 (Methods): elastic deformation
       in plane, reflections, rotations, brightness, contrast.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.config import AugmentationConfig
from densecell.geometry import Shape

GRID_PX = 40  # pixels between the knots of the displacement field
SMOOTHING = 0.6  # knots


class Changes(NamedTuple):
    """What is done to one window; replayable."""

    flips: tuple[bool, bool, bool]  # along z, y, x
    quarter_turns: int
    knots: NDArray[np.float32] | None  # (2, ky, kx) displacements in pixels
    gain: float
    offset: float  # image sigmas
    noise: float  # image sigmas
    noise_seed: int


def draw_changes(
    config: AugmentationConfig, shape: Shape, rng: np.random.Generator
) -> Changes:
    """Draw the parameters for one window of `shape`.

    Windows that are not square turn by halves only.
    """
    flips = rng.random(3) < 0.5 if config.flips else np.zeros(3, bool)
    turns = int(rng.integers(4)) if config.rotations else 0
    if shape[1] != shape[2]:
        turns -= turns % 2
    deformed = rng.random() < config.elastic and config.elastic_px > 0
    return Changes(
        flips=(bool(flips[0]), bool(flips[1]), bool(flips[2])),
        quarter_turns=turns,
        knots=_draw_knots(shape, config.elastic_px, rng) if deformed else None,
        gain=1 + config.contrast * float(rng.uniform(-1, 1)),
        offset=config.brightness * INTENSITY_RANGE * float(rng.uniform(-1, 1)),
        noise=config.noise * float(rng.random()),
        noise_seed=int(rng.integers(2**31)),
    )


INTENSITY_RANGE = 4.0  # image sigmas between dark and bright in normalised EM


def change_geometry(
    array: NDArray[Any], changes: Changes, *, nearest: bool
) -> NDArray[Any]:
    """Deform, turn and reflect a (Z, Y, X) window; labels with `nearest`."""
    if changes.knots is not None:
        array = _deform(array, changes.knots, order=0 if nearest else 1)
    array = np.rot90(array, changes.quarter_turns, axes=(1, 2))
    axes = tuple(axis for axis, flip in enumerate(changes.flips) if flip)
    return np.ascontiguousarray(np.flip(array, axes))


def change_intensities(
    window: NDArray[np.float32], changes: Changes
) -> NDArray[np.float32]:
    """Stretch, shift and add noise to normalised intensities."""
    rng = np.random.default_rng(changes.noise_seed)
    noise = rng.standard_normal(window.shape, np.float32)
    changed = window * changes.gain + changes.offset + changes.noise * noise
    return changed.astype(np.float32)


def _draw_knots(
    shape: Shape, amplitude: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    knots = [max(2, -(-n // GRID_PX) + 1) for n in shape[1:]]
    field = rng.uniform(-1, 1, (2, *knots)) * amplitude
    return ndimage.gaussian_filter(field, (0, SMOOTHING, SMOOTHING)).astype(np.float32)


def _deform(
    array: NDArray[Any], knots: NDArray[np.float32], *, order: Literal[0, 1]
) -> NDArray[Any]:
    """Move every slice by the same field of displacements."""
    _, height, width = array.shape
    grow = (height / knots.shape[1], width / knots.shape[2])
    dy, dx = (ndimage.zoom(k, grow, order=3, mode="nearest") for k in knots)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    where = np.stack([y + dy, x + dx])
    moved = [
        ndimage.map_coordinates(plane, where, order=order, mode="mirror")
        for plane in array
    ]
    return np.stack(moved)
