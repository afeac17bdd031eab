"""Grid on which a model sees a volume: the volume's voxels, or the model's own."""

import warnings

from densecell.config import InferenceConfig
from densecell.ensemble.load import Ensemble
from densecell.geometry import format_spacing
from densecell.volume import (
    SPACING_TOLERANCE,
    Grid,
    Volume,
    grid_between,
    require_spacing,
)


def grid_of(volume: Volume, ensemble: Ensemble, config: InferenceConfig) -> Grid | None:
    """Grid on which a model sees a volume; none: on the volume's own voxels.

    Raises
    ------
    SpacingError
        If the volume's voxel size is unknown, or far from that of the training.
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
    """Sentence that says that a volume will be resampled; none if it will not."""
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
    """Warn when a model will see voxels of another size than it learned from."""
    spacing = require_spacing(volume)
    pairs = zip(spacing, ensemble.spacing_nm, strict=True)
    if any(abs(a / b - 1) > SPACING_TOLERANCE for a, b in pairs):
        warnings.warn(
            f"{volume.path} has voxels of {format_spacing(spacing)} (z y x), the model "
            f"learned from {format_spacing(ensemble.spacing_nm)}: objects look larger "
            "or smaller to it than they are, and labels may be poor",
            stacklevel=2,
        )
