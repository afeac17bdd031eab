"""What suggestions are made from: a finished result, its volume, the labels so far."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.datasets.labelled import LabelledBox, labelled_boxes
from densecell.datasets.project import FILE, read_project
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.result import Result, Run, layout
from densecell.volume import CroppedVolume, Volume


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
        return self.run.extent.shape

    @property
    def origin(self) -> Shape:
        """First voxel of the result in the volume."""
        return self.run.extent.start

    def labelled(self, box: Box) -> NDArray[np.bool_]:
        """Whether voxels of a box of the result are labelled: (Z, Y, X)."""
        known = np.zeros(box.shape, bool)
        for part in self.known:
            part.mark(known, box.shifted(self.origin))
        return known


def open_material(path: Path, *, project: Path | None = None) -> Material:
    """Open a finished result and what its project has labelled of its volume.

    Parameters
    ----------
    path
        Folder that `densecell segment` wrote.
    project
        Folder of the project. None: the project that holds the model, if there is one.

    Raises
    ------
    VolumeError
        If the result is not finished, lacks a part, or its volume is gone or changed.
    ConfigError
        If there is no project where one was named, or it cannot be understood.
    """
    result = Result(path)
    run = result.require_run()
    result.require_segmented()
    volume = result.open_source(same_voxels=True)
    folder = project_of(run) if project is None else project
    known: list[LabelledBox] = []
    if folder is not None:
        known = labelled_boxes(read_project(folder), folder, volume)
    return Material(
        image=CroppedVolume(volume, run.extent),
        classes=result.classes,
        disagreement=_layer(result, layout.DISAGREEMENT),
        confidence=_layer(result, layout.CONFIDENCE),
        run=run,
        known=known,
    )


def project_of(run: Run) -> Path | None:
    """Folder of the project whose model segmented; None if it is not there."""
    folder = run.model.path.parent.parent
    return folder if (folder / FILE).is_file() else None


def _layer(result: Result, name: str) -> Volume:
    layer = result.layer(name)
    if layer is None:
        raise VolumeError(
            f"{result.path}: has no {name} of the voxels that were segmented, by which "
            "boxes are chosen; segment again with --overwrite"
        )
    return layer
