"""A volume that is read when it is indexed, for libraries that expect an array."""

from typing import Any

from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.volume import Volume


class LazyArray:
    """Index a volume like a (Z, Y, X) array, with a slice or a number for each axis.

    Steps must be positive.

    Examples
    --------
    >>> import numpy as np
    >>> from densecell.volume import ArrayVolume
    >>> lazy = LazyArray(ArrayVolume(np.arange(6, dtype=np.int32).reshape(1, 2, 3)))
    >>> lazy.shape, lazy[:, 1:, :2].tolist(), lazy[0, -1, ::2].tolist()
    ((1, 2, 3), [[[3, 4]]], [3, 5])
    """

    ndim = 3

    def __init__(self, volume: Volume) -> None:
        self.shape = volume.shape
        self.dtype = volume.dtype
        self._volume = volume

    def __getitem__(self, index: tuple[slice | int, ...]) -> NDArray[Any]:
        parts = list(zip(index, self.shape, strict=True))
        (z0, z1), (y0, y1), (x0, x1) = (_bounds(part, n) for part, n in parts)
        inside = (
            slice(None, None, p.step) if isinstance(p, slice) else 0 for p in index
        )
        return self._volume.read(Box((z0, y0, x0), (z1, y1, x1)))[tuple(inside)]


def _bounds(part: slice | int, size: int) -> tuple[int, int]:
    """Half-open range of an axis that an index touches."""
    if isinstance(part, slice):
        start, stop, _ = part.indices(size)
        return start, max(start, stop)
    start = range(size)[part]
    return start, start + 1
