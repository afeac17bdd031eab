"""True objects: ids that somebody gave, or connected components of the true classes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import cc3d
import numpy as np
from numpy.typing import NDArray

from densecell.address import Address
from densecell.classes import ClassScheme, Layer
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape
from densecell.volume import ArrayVolume, Volume, open_volume

COMPONENT_VOXELS = 1 << 27  # at most, for components: about 2 GB of memory


class Placed(NamedTuple):
    """A volume, and where in the whole volume it begins."""

    volume: Volume
    start: Shape = (0, 0, 0)

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of a box that counts from the corner of the whole volume.

        Raises
        ------
        VolumeError
            If there are negative ids.
        """
        values = self.volume.read(box.relative_to(self.start))
        if values.dtype.kind == "i" and values.size and values.min() < 0:
            raise VolumeError(
                f"{self.volume.path}: holds the id {values.min()}. Ids must be 0 "
                "(nothing) or more; save them as uint32"
            )
        return values


def open_true_ids(path: Address | str, truth: Placed, *, covered: Box) -> Placed:
    """Open true ids: of all voxels of the truth, or of what the result covers.

    Parameters
    ----------
    truth
        The true classes.
    covered
        What the result covers, in voxels of the whole volume.

    Raises
    ------
    VolumeError
        If the ids are fractions, or cover other voxels.
    """
    ids = open_volume(path, labels=True)
    if ids.shape == truth.volume.shape:
        return Placed(ids, truth.start)
    if ids.shape == covered.shape:
        return Placed(ids, covered.start)
    raise VolumeError(
        f"{ids.path}: has shape {ids.shape}, but the true classes "
        f"{truth.volume.path} have {truth.volume.shape}. Give ids of the same voxels"
    )


def true_components(
    truth: Placed, scheme: ClassScheme, layers: Iterable[Layer], *, box: Box
) -> dict[Layer, Placed]:
    """Connected components of the true classes in a box, for each layer.

    Voxels of one object share a corner and belong to the same class of the layer: a
    dense granule and its core are one organelle. Touching objects count as one.

    Notes
    -----
    Needs 5 to 15 bytes for each voxel of the box; see `COMPONENT_VOXELS`.
    """
    labels = truth.read(box)
    found: dict[Layer, Placed] = {}
    for layer in layers:
        group = np.zeros(256, np.uint8)
        for class_id, head in scheme.heads(layer).items():
            group[class_id] = head + 1  # a head may be class 0
        ids = cc3d.connected_components(group[labels], connectivity=26)
        found[layer] = Placed(ArrayVolume(ids), box.start)
    return found
