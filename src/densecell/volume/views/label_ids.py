"""Labels whose values are read as other class ids."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.volume.interface import Volume


class ChangedIds(Volume):
    """Labels of which some values stand for other class ids.

    Parameters
    ----------
    labels
        Whole numbers.
    ids
        Class id by the value in the file; other values stay as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from densecell.volume import ArrayVolume
    >>> mask = ArrayVolume(np.uint8([[[0, 255]]]))
    >>> ChangedIds(mask, {255: 1}).read(Box.whole((1, 1, 2)))
    array([[[0, 1]]], dtype=uint8)
    """

    def __init__(self, labels: Volume, ids: Mapping[int, int]) -> None:
        super().__init__(
            labels.path,
            shape=labels.shape,
            dtype=labels.dtype,
            spacing_nm=labels.spacing_nm,
            format=labels.format,
            chunk=labels.chunk,
            notes=labels.notes,
        )
        self.cache_bytes = labels.cache_bytes
        self.labels = labels
        self.ids = dict(ids)

    def _read(self, box: Box) -> NDArray[Any]:
        stored = self.labels.read(box)
        found = stored.copy()
        for value, new in self.ids.items():
            found[stored == value] = new
        return found
