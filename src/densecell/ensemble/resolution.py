"""On which voxels a model sees a volume: the volume's own, or those it learned from."""

import warnings
from fractions import Fraction

from densecell.config import InferenceConfig
from densecell.ensemble.load import Ensemble
from densecell.geometry import Shape, format_spacing
from densecell.volume import (
    SPACING_TOLERANCE,
    Grid,
    Volume,
    grid_between,
    require_spacing,
)

Parts = tuple[int, int]
Ratios = tuple[Parts, Parts, Parts]


def grid_of(volume: Volume, ensemble: Ensemble, config: InferenceConfig) -> Grid | None:
    """Give the grid on which a model sees a volume; none: the volume's own voxels.

    Raises
    ------
    SpacingError
        If the volume's voxel size is unknown, or far from what the model learned from.
    """
    if not config.resample:
        return None
    return grid_between(
        volume.shape,
        require_spacing(volume),
        ensemble.spacing_nm,
        flat=ensemble.networks[0].flat,
        where=str(volume.path),
    )


def resampling_note(
    volume: Volume, ensemble: Ensemble, config: InferenceConfig
) -> str | None:
    """Say that a volume will be resampled, if it will."""
    if grid_of(volume, ensemble, config) is None:
        return None
    own = format_spacing(require_spacing(volume))
    learned = format_spacing(ensemble.spacing_nm)
    note = (
        f"{volume.path}: has voxels of {own} (z y x), shown to the model as the "
        f"{learned} that it learned from; labels are written on the volume's own voxels"
    )
    if ensemble.affinities:
        note += ". Affinities, which tell of pairs of the model's voxels, are left out"
    return note


def warn_of_spacing(volume: Volume, ensemble: Ensemble) -> None:
    """Warn when a model will see voxels that are not of the size it learned from."""
    spacing = require_spacing(volume)
    pairs = zip(spacing, ensemble.spacing_nm, strict=True)
    if any(abs(a / b - 1) > SPACING_TOLERANCE for a, b in pairs):
        warnings.warn(
            f"{volume.path} has voxels of {format_spacing(spacing)} (z y x), the model "
            f"learned from {format_spacing(ensemble.spacing_nm)}: objects look larger "
            "or smaller to it than they are, and labels may be poor",
            stacklevel=2,
        )


def frozen_ratio(grid: Grid | None) -> Ratios | None:
    """Write a grid in plain numbers: so many voxels of the volume to so many of it."""
    if grid is None:
        return None
    z, y, x = ((r.numerator, r.denominator) for r in grid.ratio)
    return (z, y, x)


def thawed_grid(shape: Shape, ratio: Ratios | None) -> Grid | None:
    """Lay what `frozen_ratio` wrote over a volume of (z, y, x) `shape`."""
    if ratio is None:
        return None
    z, y, x = (Fraction(*parts) for parts in ratio)
    return Grid(shape, (z, y, x))
