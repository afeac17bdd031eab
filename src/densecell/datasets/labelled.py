"""Where in a volume a project has labels already."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.address import Address
from densecell.config import ProjectConfig, VolumeEntry
from densecell.errors import DensecellError
from densecell.geometry import Box
from densecell.volume import (
    ChangedIds,
    PlacedSlices,
    Volume,
    fingerprint,
    open_volume,
)


class LabelledBox(NamedTuple):
    """A box of a volume that has labels; voxels of class `ignore` have none."""

    box: Box
    labels: Volume  # of the whole volume
    ignore: int
    entry: VolumeEntry

    def mark(self, known: NDArray[np.bool_], box: Box) -> None:
        """Set `known` true where `box` has labels; both have the same shape."""
        common = self.box.intersection(box)
        if common.voxels:
            labels = self.labels.read(common)
            known[common.relative_to(box.start).slices] |= labels != self.ignore


def open_labels(entry: VolumeEntry, root: Path, *, slices: int) -> Volume:
    """Class ids of an entry of a project, for every voxel of its image.

    Parameters
    ----------
    root
        Folder of the project.
    slices
        How many the image has.

    Raises
    ------
    VolumeError
        If the labels cannot be read, or do not belong to that many slices.
    """
    labels = open_volume(root / entry.labels, spacing_nm=entry.spacing_nm, labels=True)
    if entry.ids:
        labels = ChangedIds(labels, dict(entry.ids))
    return PlacedSlices(labels, entry.labels_z, slices) if entry.labels_z else labels


def labelled_boxes(
    project: ProjectConfig, root: Path, volume: Volume
) -> list[LabelledBox]:
    """Boxes of a volume that a project has labels for, to train or to validate on.

    A box annotated for some classes only counts if it is for validation. For training
    it does not: its other classes are worth labelling.

    Parameters
    ----------
    project
        Its entries are searched for the volume.
    root
        Folder of the project.
    volume
        Recognised by its path, or by its shape and samples of its voxels.
    """
    found = []
    same: dict[Address, bool] = {}
    for entry in project.volumes:
        path = root / entry.image
        if path not in same:
            same[path] = _is_same(path, volume)
        if not same[path]:
            continue
        labels = open_labels(entry, root, slices=volume.shape[0])
        whole = entry.box(volume.shape)
        boxes = [whole]
        if entry.boxes:
            counted = (b for b in entry.boxes if _counts(b.classes, entry))
            boxes = [Box(*b.box).intersection(whole) for b in counted]
        ignore = project.classes.ignore
        found += [LabelledBox(b, labels, ignore, entry) for b in boxes if b.voxels]
    return found


def _is_same(path: Address, volume: Volume) -> bool:
    """Whether a path leads to a volume, or to a copy of it."""
    if path.resolve() == volume.path.resolve():
        return True
    try:
        other = open_volume(path)
        return other.shape == volume.shape and fingerprint(other) == fingerprint(volume)
    except DensecellError:  # missing or damaged, so it cannot be compared
        return False


def _counts(classes: tuple[str, ...] | None, entry: VolumeEntry) -> bool:
    return classes is None or entry.role == "eval"
