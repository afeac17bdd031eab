"""Labelled volumes in memory, ready to cut windows from."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.config import ErrorWeights, ProjectConfig, VolumeEntry
from densecell.datasets.labelled import open_labels
from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box, Shape, Spacing, format_spacing
from densecell.patches.images import grid_of_project, open_image
from densecell.patches.pairs import load_objects
from densecell.patches.partial import (
    PARTIAL,
    Exclusions,
    annotated,
    exclusions_of,
)
from densecell.patches.weights import error_weights
from densecell.volume import (
    Grid,
    ResampledVolume,
    Statistics,
    Volume,
    fingerprint,
    intensity_statistics,
    normalise,
    require_spacing,
    resampled_labels,
)


class LabelledVolume(NamedTuple):
    """Normalised intensities with labels and the cost of an error.

    The intensities may reach beyond the labelled box, so that a network sees true
    neighbours at the box's faces. `labelled` is the labelled box within them.
    """

    name: str
    intensities: NDArray[np.float32]  # (Z, Y, X)
    channels: NDArray[np.uint8]  # (Z, Y, X) in `labelled`; 255: unknown; see `partial`
    weights: NDArray[np.float32] | None  # shaped as `channels`
    labelled: Box
    spacing_nm: Spacing  # of the project's grid
    statistics: Statistics  # of the whole volume, before normalisation
    exclusions: Exclusions = ()  # meaning of codes from 224; the same in all volumes
    objects: NDArray[np.int32] | None = None  # shaped as `channels`, cell ids, 0: none
    fingerprint: str = ""  # of the image on disk
    shares: NDArray[np.uint8] | None = None  # (K, Z, Y, X) soft labels, of any sum

    @property
    def shape(self) -> Shape:
        """Voxels of the labelled part."""
        return self.labelled.shape


def load_labelled(
    project: ProjectConfig, root: Path, *, role: str, context: Shape = (0, 0, 0)
) -> list[LabelledVolume]:
    """Read every volume of a project with a given role, on the project's grid.

    Each is normalised by its own statistics: contrast differs between volumes.

    Parameters
    ----------
    project
        Settings that name volumes by paths relative to `root`.
    root
        Folder of the project file.
    role
        "train" or "eval".
    context
        Voxels of image to keep around the labelled box, where the volume has them.

    Raises
    ------
    SpacingError
        If a volume's voxel size is far from that of the project's grid.
    VolumeError
        If image and labels differ in shape, the labels hold ids that the scheme lacks,
        or the intensities are constant or not finite.
    """
    entries = [entry for entry in project.volumes if entry.role == role]
    exclusions = exclusions_of(project.volumes, project.classes)
    volumes = [_load(entry, root, project, context, exclusions) for entry in entries]
    if project.training.loss.weighting == "paper" and role == "train":
        return weighed(volumes, project.classes, project.training.loss.weights)
    return volumes


def labelled_part(
    image: Volume, part: Box, channels: NDArray[np.uint8], *, context: Shape
) -> LabelledVolume:
    """Labelled volume from a part of an image, normalised by the whole image.

    Parameters
    ----------
    image
        Image on the project's grid.
    part
        Box of the image.
    channels
        (Z, Y, X) classes of `part`.
    context
        Voxels of image to keep around the part, where the image has them.
    """
    around = part.grown(context).clipped(image.shape)
    statistics = intensity_statistics(image)
    return LabelledVolume(
        name=image.path.name,
        intensities=normalise(image.read(around), statistics),
        channels=channels,
        weights=None,
        labelled=part.relative_to(around.start),
        spacing_nm=require_spacing(image),
        statistics=statistics,
    )


def resampling_notes(project: ProjectConfig) -> list[str]:
    """One line for each volume of a project that is resampled to its grid."""
    notes = (
        f"{entry.image}: has voxels of {format_spacing(entry.spacing_nm)} (z y x), "
        f"resampled to the project's {format_spacing(project.grid_nm)}"
        for entry in project.volumes
        if grid_of_project((1, 1, 1), entry.spacing_nm, project, where=str(entry.image))
        is not None
    )
    return list(dict.fromkeys(notes))  # the parts of a volume share a line


def class_counts(volumes: Sequence[LabelledVolume], classes: int) -> NDArray[np.int64]:
    """Count the voxels of each channel over all volumes: (K,)."""
    counts = np.zeros(256, np.int64)
    for volume in volumes:
        counts += np.bincount(volume.channels.ravel(), minlength=256)
    return counts[:classes]


def weighed(
    volumes: Sequence[LabelledVolume], scheme: ClassScheme, config: ErrorWeights
) -> list[LabelledVolume]:
    """Add the paper's error weights to volumes, balanced over all of them."""
    counts = class_counts(volumes, len(scheme))
    return [
        volume._replace(
            weights=error_weights(
                scheme.to_ids(volume.channels), scheme, config=config, counts=counts
            )
        )
        for volume in volumes
    ]


def _load(
    entry: VolumeEntry,
    root: Path,
    project: ProjectConfig,
    context: Shape,
    exclusions: Exclusions,
) -> LabelledVolume:
    scheme = project.classes
    image, part, box, grid = open_image(entry, root, project)
    labels = open_labels(entry, root, slices=_on_disk(image).shape[0])
    _check_pair(image, labels, grid)

    ids = labels.read(box)
    scheme.check(ids, where=str(labels.path))
    channels = annotated(scheme.to_channels(ids), box.start, entry, scheme, exclusions)
    if grid is not None:
        channels = resampled_labels(channels, box, grid, part)
    if not (channels < PARTIAL).any():
        raise VolumeError(
            f"{labels.path}: every voxel of {box.start} to {box.stop} has the ignore "
            f"id {scheme.ignore} or lies outside the annotated boxes, so there is "
            "nothing to learn from or to score"
        )
    objects = None
    if project.network.affinities and entry.role == "train":
        if grid is not None:
            own, wanted = map(format_spacing, (entry.spacing_nm, project.grid_nm))
            raise SpacingError(
                f"{entry.image}: has voxels of {own} (z y x), the project {wanted}; "
                "affinities are learned from volumes of the project's own spacing "
                "only: leave this one out, or set its role to eval"
            )
        objects = load_objects(entry, root, image, box)
    volume = labelled_part(image, part, channels, context=context)
    return volume._replace(
        name=entry.image.name,
        spacing_nm=project.grid_nm,
        exclusions=exclusions,
        objects=objects,
        fingerprint=fingerprint(_on_disk(image)),
    )


def _on_disk(image: Volume) -> Volume:
    return image.volume if isinstance(image, ResampledVolume) else image


def _check_pair(image: Volume, labels: Volume, grid: Grid | None) -> None:
    shape = image.shape if grid is None else grid.volume
    if shape != labels.shape:
        raise VolumeError(
            f"{labels.path}: labels are {labels.shape} voxels (z, y, x) but the image "
            f"{image.path} is {shape}; they must be equal"
        )
