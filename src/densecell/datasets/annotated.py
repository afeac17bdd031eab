"""What of a volume a project has labels for already."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.address import Address
from densecell.config import ProjectConfig, VolumeEntry
from densecell.errors import DensecellError
from densecell.geometry import Box
from densecell.volume import Volume, fingerprint, open_volume


class Annotated(NamedTuple):
    """A box of a volume in which labels stand; voxels that they ignore have none."""

    box: Box
    labels: Volume  # of the whole volume
    ignore: int
    entry: VolumeEntry

    def mark(self, known: NDArray[np.bool_], box: Box) -> None:
        """Set true what is labelled of a box of the volume, of `known`'s shape."""
        common = self.box.intersection(box)
        if common.voxels:
            labels = self.labels.read(common)
            known[common.relative_to(box.start).slices] |= labels != self.ignore


def annotated_parts(
    project: ProjectConfig, root: Path, volume: Volume
) -> list[Annotated]:
    """List what a project has labels for in a volume, to learn from or to choose on.

    Boxes that are annotated for some classes only count where networks are chosen on
    them, but not where they are learned from: the other classes are worth labelling.

    Parameters
    ----------
    project, root
        The project, and its folder.
    volume
        Is known again by its path, or by its shape and samples of its voxels.
    """
    parts = []
    same: dict[Address, bool] = {}
    for entry in project.volumes:
        path = root / entry.image
        if path not in same:
            same[path] = is_same(path, volume)
        if not same[path]:
            continue
        labels = open_volume(root / entry.labels, labels=True)
        whole = entry.box(volume.shape)
        boxes = [whole]
        if entry.boxes:
            counted = (b for b in entry.boxes if _counts(b.classes, entry))
            boxes = [Box(*b.box).intersection(whole) for b in counted]
        ignore = project.classes.ignore
        parts += [Annotated(box, labels, ignore, entry) for box in boxes if box.voxels]
    return parts


def is_same(path: Address, volume: Volume) -> bool:
    """Tell whether a path leads to a volume, or to a copy of it."""
    if path.resolve() == volume.path.resolve():
        return True
    try:
        other = open_volume(path)
        return other.shape == volume.shape and fingerprint(other) == fingerprint(volume)
    except DensecellError:  # gone or damaged: then nothing is known of it
        return False


def _counts(classes: tuple[str, ...] | None, entry: VolumeEntry) -> bool:
    return classes is None or entry.role == "eval"
