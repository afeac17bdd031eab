"""Labels that are stored as fractional or signed numbers, read as whole ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box, per_axis
from densecell.volume.interface import Volume


class WholeLabels(Volume):
    """Labels of int64, float or bool, as programs save them by default, as uint32.

    Every value that is read must be a whole number from 0 on that fits.

    Parameters
    ----------
    volume
        Labels of any dtype.

    Examples
    --------
    >>> from densecell.volume import ArrayVolume
    >>> stored = ArrayVolume(np.float32([[[0, 1, 2]]]))
    >>> WholeLabels(stored).read(Box.whole((1, 1, 3)))
    array([[[0, 1, 2]]], dtype=uint32)
    """

    def __init__(self, volume: Volume) -> None:
        held = np.uint8 if volume.dtype.kind == "b" else np.uint32
        super().__init__(
            volume.path,
            shape=volume.shape,
            dtype=np.dtype(held),
            spacing_nm=volume.spacing_nm,
            format=volume.format,
            chunk=volume.chunk,
            notes=volume.notes,
        )
        self.cache_bytes = volume.cache_bytes
        self.volume = volume

    def _read(self, box: Box) -> NDArray[Any]:
        found = self.volume.read(box)
        most = np.iinfo(self.dtype).max
        fits = (found >= 0) & (found <= most) & (np.floor(found) == found)
        if not fits.all():
            first = np.argwhere(~fits)[0]
            z, y, x = per_axis(lambda a, b: int(a) + b, first, box.start)
            raise VolumeError(
                f"{self.path}: voxel (z, y, x) = ({z}, {y}, {x}) is "
                f"{found[tuple(first)]:g}; labels must be whole numbers from 0 to "
                f"{most}: save class ids as uint8, object ids as uint32"
            )
        return found.astype(self.dtype)
