"""Random changes to a window: draw parameters first, then apply them.

.. [1] Guay et al. 2021, doi:10.1038/s41598-021-81590-0 (Methods): elastic deformation
       in plane, reflections, rotations, brightness, contrast.
.. [2] Lee et al. 2017, Superhuman accuracy on the SNEMI3D connectomics challenge,
       arXiv:1706.00120: sections that are missing, out of focus or out of place.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.config import AugmentationConfig
from densecell.geometry import Shape

GRID_PX = 40  # pixels between the knots of the displacement field
SHIFT_PX = 8  # largest shift of a section
BLUR_PX = (0.7, 2.0)  # sigma of a section out of focus
SMOOTHING = 0.6  # knots


class Changes(NamedTuple):
    """Changes to one window; applied again, they give the same window."""

    flips: tuple[bool, bool, bool]  # along z, y, x
    quarter_turns: int
    knots: NDArray[np.float32] | None  # (2, ky, kx) displacements in pixels
    gain: float
    offset: float  # image sigmas
    noise: float  # image sigmas
    noise_seed: int
    sections: tuple["SectionChanges", ...] = ()  # for each section [2]_; empty: none


class SectionChanges(NamedTuple):
    """Changes to one section of a window."""

    shift: tuple[int, int] = (0, 0)  # pixels, of image and labels
    blur: float = 0.0  # sigma, pixels
    gain: float = 1.0
    offset: float = 0.0  # image sigmas
    missing: bool = False


def draw_changes(
    config: AugmentationConfig, shape: Shape, rng: np.random.Generator
) -> Changes:
    """Draw the parameters for one window of `shape`.

    Windows that are not square are rotated by half turns only.
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
        sections=_draw_sections(config, shape, rng),
    )


INTENSITY_RANGE = 4.0  # image sigmas between dark and bright in normalised EM


def change_geometry(
    array: NDArray[Any], changes: Changes, *, nearest: bool
) -> NDArray[Any]:
    """Deform, rotate and reflect a (Z, Y, X) window; use `nearest` for labels."""
    if any(section.shift != (0, 0) for section in changes.sections):
        array = _shifted(array, changes.sections)
    if changes.knots is not None:
        array = _deform(array, changes.knots, order=0 if nearest else 1)
    array = np.rot90(array, changes.quarter_turns, axes=(1, 2))
    axes = tuple(axis for axis, flip in enumerate(changes.flips) if flip)
    return np.ascontiguousarray(np.flip(array, axes))


def change_intensities(
    window: NDArray[np.float32], changes: Changes
) -> NDArray[np.float32]:
    """Change contrast, brightness and noise of a window, then of its sections."""
    rng = np.random.default_rng(changes.noise_seed)
    noise = rng.standard_normal(window.shape, np.float32)
    changed = window * changes.gain + changes.offset + changes.noise * noise
    for plane, section in zip(changed, changes.sections, strict=False):
        if section.blur > 0:
            plane[:] = ndimage.gaussian_filter(plane, section.blur, mode="nearest")
        plane *= section.gain
        plane += section.offset
        if section.missing:
            plane[:] = plane.min()
    return changed.astype(np.float32)


def _draw_sections(
    config: AugmentationConfig, shape: Shape, rng: np.random.Generator
) -> tuple[SectionChanges, ...]:
    """Draw the defects of every section; a single one is never missing or shifted."""
    shares = (config.missing, config.shifted, config.blurred, config.section_contrast)
    if not any(shares):
        return ()
    several = shape[0] > 1
    return tuple(_draw_section(config, several, rng) for _ in range(shape[0]))


def _draw_section(
    config: AugmentationConfig, several: bool, rng: np.random.Generator
) -> SectionChanges:
    missing, shifted, blurred = rng.random(3)
    dy, dx = rng.integers(-SHIFT_PX, SHIFT_PX + 1, 2)
    stretch, move = config.section_contrast * rng.uniform(-1, 1, 2)
    return SectionChanges(
        shift=(int(dy), int(dx)) if several and shifted < config.shifted else (0, 0),
        blur=float(rng.uniform(*BLUR_PX)) if blurred < config.blurred else 0.0,
        gain=1 + float(stretch),
        offset=INTENSITY_RANGE * float(move),
        missing=bool(several and missing < config.missing),
    )


def _shifted(array: NDArray[Any], sections: tuple[SectionChanges, ...]) -> NDArray[Any]:
    """Shift single sections in plane; mirrored pixels fill the gap."""
    moved = array.copy()
    for plane, before, section in zip(moved, array, sections, strict=True):
        dy, dx = section.shift
        if (dy, dx) != (0, 0):
            wide = np.pad(before, SHIFT_PX, mode="reflect")
            y, x = SHIFT_PX + dy, SHIFT_PX + dx
            plane[:] = wide[y : y + plane.shape[0], x : x + plane.shape[1]]
    return moved


def _draw_knots(
    shape: Shape, amplitude: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    knots = [max(2, -(-n // GRID_PX) + 1) for n in shape[1:]]
    field = rng.uniform(-1, 1, (2, *knots)) * amplitude
    return ndimage.gaussian_filter(field, (0, SMOOTHING, SMOOTHING)).astype(np.float32)


def _deform(
    array: NDArray[Any], knots: NDArray[np.float32], *, order: Literal[0, 1]
) -> NDArray[Any]:
    """Deform every slice by the same displacement field."""
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
