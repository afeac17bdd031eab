"""Labels of a few slices, as labels of the whole volume."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume.interface import Volume

NOT_LOOKED_AT = 255


class PlacedSlices(Volume):
    """A stack of labelled slices, each at its place; 255 in all other slices.

    Parameters
    ----------
    labels
        (K, Y, X) class ids.
    places
        Slice of the volume that each of the K slices belongs to, counted from 0.
    depth
        How many slices the volume has.

    Raises
    ------
    VolumeError
        If there are not K different places, or one lies outside.

    Examples
    --------
    >>> from densecell.volume import ArrayVolume
    >>> placed = PlacedSlices(ArrayVolume(np.uint8([[[1]], [[2]]])), (0, 2), 4)
    >>> placed.read(Box.whole((4, 1, 1))).ravel()
    array([  1, 255,   2, 255], dtype=uint8)
    """

    def __init__(self, labels: Volume, places: Sequence[int], depth: int) -> None:
        count = labels.shape[0]
        if len(places) != count or len(set(places)) != count:
            raise VolumeError(
                f"{labels.path}: has {count} slices, but labels_z names {len(places)} "
                f"({', '.join(map(str, places))}); name each slice's place once"
            )
        if not all(0 <= z < depth for z in places):
            raise VolumeError(
                f"{labels.path}: labels_z {', '.join(map(str, places))} must be slices "
                f"0 to {depth - 1} of the image"
            )
        super().__init__(
            labels.path,
            shape=(depth, *labels.shape[1:]),
            dtype=labels.dtype,
            spacing_nm=labels.spacing_nm,
            format=labels.format,
            chunk=(1, *labels.chunk[1:]),
            notes=labels.notes,
        )
        self.cache_bytes = labels.cache_bytes
        self.labels = labels
        self.places = {z: n for n, z in enumerate(places)}

    def _read(self, box: Box) -> NDArray[Any]:
        found = np.full(box.shape, NOT_LOOKED_AT, self.dtype)
        (z0, y0, x0), (z1, y1, x1) = box.start, box.stop
        for z in range(z0, z1):
            if (n := self.places.get(z)) is not None:
                found[z - z0] = self.labels.read(Box((n, y0, x0), (n + 1, y1, x1)))[0]
        return found
