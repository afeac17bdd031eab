"""Images of a project, resampled to the grid that its networks learn from."""

from pathlib import Path
from typing import NamedTuple

from densecell.config import ProjectConfig, VolumeEntry
from densecell.geometry import Box, Shape, Spacing
from densecell.volume import (
    Grid,
    ResampledVolume,
    Volume,
    grid_between,
    open_volume,
    require_spacing,
)


class ProjectImage(NamedTuple):
    """An image on the project's grid, and the part that an entry of it names."""

    image: Volume
    part: Box  # in voxels of `image`
    box: Box  # the same part, in the voxels on disk
    grid: Grid | None  # over the voxels on disk; none: they have the project's spacing


def open_image(entry: VolumeEntry, root: Path, project: ProjectConfig) -> ProjectImage:
    """Open the image of an entry, with a path relative to `root`.

    Raises
    ------
    SpacingError
        If its voxel size is far from that of the project's grid.
    ConfigError
        If the entry names voxels that the image does not have.
    """
    image = open_volume(root / entry.image, spacing_nm=entry.spacing_nm)
    box = entry.box(image.shape)
    grid = grid_of_project(
        image.shape, entry.spacing_nm, project, where=str(entry.image)
    )
    if grid is None:
        return ProjectImage(image, box, box, None)
    return ProjectImage(ResampledVolume(image, grid), grid.within(box), box, grid)


def on_grid(image: Volume, project: ProjectConfig) -> Volume:
    """View of a volume on the project's grid, as its networks see it.

    Raises
    ------
    SpacingError
        If its voxel size is unknown, or far from that of the project's grid.
    """
    grid = grid_of_project(
        image.shape, require_spacing(image), project, where=str(image.path)
    )
    return image if grid is None else ResampledVolume(image, grid)


def grid_of_project(
    shape: Shape,
    spacing_nm: tuple[float, float, float],
    project: ProjectConfig,
    *,
    where: str,
) -> Grid | None:
    """Project's grid over a volume; none if voxels have the project's size."""
    return grid_between(
        shape,
        Spacing.checked(spacing_nm),
        project.grid_nm,
        flat=project.network.flat,
        where=where,
    )
