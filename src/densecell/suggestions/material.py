"""What suggestions are made from: a finished result, its volume, the labels so far."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.datasets.labelled import LabelledBox, labelled_boxes
from densecell.datasets.project import FILE, read_project
from densecell.ensemble import Run
from densecell.errors import MissingVolumeError, VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.report.found import Found, open_found
from densecell.volume import CroppedVolume, Volume, fingerprint, open_volume


class Material(NamedTuple):
    """Volumes of the voxels that were segmented, and what of them is labelled."""

    image: Volume
    classes: Volume
    disagreement: Volume
    confidence: Volume
    run: Run
    known: Sequence[LabelledBox]  # of this volume, in its voxels

    @property
    def scheme(self) -> ClassScheme:
        """The classes."""
        return self.run.classes

    @property
    def spacing_nm(self) -> Spacing:
        """Voxel size (z, y, x)."""
        return self.run.spacing_nm

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x) of the result."""
        return self.classes.shape

    @property
    def origin(self) -> Shape:
        """Where the result begins in the volume."""
        return self.run.extent.start

    @property
    def mean(self) -> float:
        """Of the grey values."""
        return self.run.statistics.mean

    @property
    def std(self) -> float:
        """Of the grey values."""
        return self.run.statistics.std

    def labelled(self, box: Box) -> NDArray[np.bool_]:
        """Tell which voxels of a box of the result are labelled: (Z, Y, X)."""
        known = np.zeros(box.shape, bool)
        for part in self.known:
            part.mark(known, box.shifted(self.origin))
        return known


def open_material(result: Path, *, project: Path | None = None) -> Material:
    """Open a finished result and what its project has labelled of its volume.

    Parameters
    ----------
    result
        Folder that `densecell segment` wrote.
    project
        Folder of the project; by default that whose `models` the model lies in, if it
        still does.

    Raises
    ------
    VolumeError
        If the result is not finished, lacks a part, or its volume is gone or changed.
    ConfigError
        If there is no project where one was named, or it cannot be understood.
    """
    found = open_found(result)
    if found.run is None:
        raise VolumeError(
            f"{result}: holds labels from elsewhere, of which nobody knows how sure "
            "they are; give a folder that `densecell segment` wrote"
        )
    if not found.is_segmented:
        raise VolumeError(
            f"{result}: is not segmented to its end yet; run `densecell segment` again "
            "with the same options"
        )
    volume = _unchanged(found.run, result)
    folder = project_of(found.run) if project is None else project
    known: list[LabelledBox] = []
    if folder is not None:
        known = labelled_boxes(read_project(folder), folder, volume)
    return Material(
        image=CroppedVolume(volume, found.run.extent),
        classes=found.classes,
        disagreement=_layer(found, "disagreement"),
        confidence=_layer(found, "confidence"),
        run=found.run,
        known=known,
    )


def project_of(run: Run) -> Path | None:
    """Find the folder of the project whose model segmented; none: it is not there."""
    folder = run.model.path.parent.parent
    return folder if (folder / FILE).is_file() else None


def _unchanged(run: Run, result: Path) -> Volume:
    """Open the volume that was segmented."""
    then = run.volume
    try:
        volume = open_volume(then.path, spacing_nm=then.spacing_nm)
    except MissingVolumeError:
        raise MissingVolumeError(
            f"{result}: was segmented from {then.path}, which is not there any more; "
            "put it back: crops are cut from it"
        ) from None
    if volume.shape != then.shape or then.fingerprint not in (
        None,
        fingerprint(volume),
    ):
        raise VolumeError(
            f"{result}: {then.path} holds other voxels than when it was segmented; "
            "put the old volume back, or segment this one"
        )
    return volume


def _layer(found: Found, name: str) -> Volume:
    layer = found.layer(name)
    if layer is None:
        raise VolumeError(
            f"{found.path}: has no {name} of the voxels that were segmented, by which "
            "boxes are chosen; segment again with --overwrite"
        )
    return layer
