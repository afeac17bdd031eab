"""Read boxes that reach over the border of a volume, which is mirrored there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, per_axis
from densecell.volume.interface import Volume


def read_padded(source: Volume | NDArray[Any], box: Box) -> NDArray[Any]:
    """Read a box; what lies outside the volume mirrors what lies inside.

    The border voxel itself is not repeated, as in numpy's `reflect`; the mirror is
    repeated as often as needed; an axis of one voxel repeats that voxel. Only voxels
    that are needed are read.

    Parameters
    ----------
    source
        A volume, or a (Z, Y, X) array.
    box
        Voxels to read; may lie partly or wholly outside.

    Returns
    -------
    Array of the shape of `box` and the dtype of `source`.

    Examples
    --------
    >>> row = np.arange(4).reshape(1, 1, 4)
    >>> read_padded(row, Box((0, 0, -2), (1, 1, 9)))
    array([[[2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]]])
    """
    if min(box.shape) < 0:
        raise VolumeError(f"box {box.start} to {box.stop} ends before it begins")
    shape = _shape(source)
    if min(shape) == 0:
        raise VolumeError(f"an empty volume of shape {shape} cannot be mirrored")
    if box.voxels == 0:
        return np.empty(box.shape, source.dtype)
    if Box.whole(shape).contains(box):
        return _read(source, box)

    indices = per_axis(_mirrored, box.start, box.stop, shape)
    start = per_axis(lambda index: int(index.min()), indices)
    stop = per_axis(lambda index: int(index.max()) + 1, indices)
    needed = _read(source, Box(start, stop))
    return needed[np.ix_(*per_axis(lambda index, first: index - first, indices, start))]


def _mirrored(start: int, stop: int, size: int) -> NDArray[np.int64]:
    """Voxel inside the axis that stands for each of `start` to `stop`."""
    positions = np.arange(start, stop, dtype=np.int64)
    if size == 1:
        return np.zeros_like(positions)
    period = 2 * (size - 1)  # there and back, without either end twice
    positions %= period
    return np.minimum(positions, period - positions)


def _shape(source: Volume | NDArray[Any]) -> Shape:
    if len(source.shape) != 3:
        raise VolumeError(f"expected a (Z, Y, X) array, got shape {source.shape}")
    z, y, x = source.shape
    return (z, y, x)


def _read(source: Volume | NDArray[Any], box: Box) -> NDArray[Any]:
    if isinstance(source, Volume):
        return source.read(box)
    return source[box.slices].copy()
