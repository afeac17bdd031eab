"""A volume that is read when it is indexed, for libraries that expect an array."""

from typing import Any

from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.volume import Volume


class LazyArray:
    """Index a volume like a (Z, Y, X) array: `lazy[2:5, :, 3:9]`, whole steps only.

    Examples
    --------
    >>> import numpy as np
    >>> from densecell.volume import ArrayVolume
    >>> lazy = LazyArray(ArrayVolume(np.arange(6).reshape(1, 2, 3)))
    >>> lazy.shape, lazy[:, 1:, :2]
    ((1, 2, 3), array([[[3, 4]]]))
    """

    ndim = 3

    def __init__(self, volume: Volume) -> None:
        self.shape = volume.shape
        self.dtype = volume.dtype
        self._volume = volume

    def __getitem__(self, index: tuple[slice, slice, slice]) -> NDArray[Any]:
        bounds = [s.indices(n) for s, n in zip(index, self.shape, strict=True)]
        (z0, z1, _), (y0, y1, _), (x0, x1, _) = bounds
        return self._volume.read(Box((z0, y0, x0), (z1, y1, x1)))
