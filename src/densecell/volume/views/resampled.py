"""Voxels on another grid: means of their neighbours, weighted by distance.

Along each axis a triangle that ends one voxel of the coarser grid away: linear
interpolation where a volume is enlarged, a filter against aliasing where it is shrunk.
Every voxel is computed in the same way wherever the box that is read begins.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Spacing, per_axis
from densecell.volume.intensities import check_finite
from densecell.volume.interface import Volume
from densecell.volume.views.grid import Grid


class Taps(NamedTuple):
    """Which K voxels of the source make each of N along an axis, in which shares."""

    source: NDArray[np.int64]  # (K, N)
    share: NDArray[np.float32]  # (K, N); 1 in sum over K


class ResampledVolume(Volume):
    """A volume as seen on another grid; nothing is read until asked for.

    Parameters
    ----------
    volume
        Intensities.
    grid
        A grid over the volume.

    Examples
    --------
    >>> from densecell.volume import ArrayVolume
    >>> row = np.arange(6, dtype=np.uint8).reshape(1, 1, 6)
    >>> volume = ArrayVolume(row, spacing_nm=(9, 4, 4))
    >>> half = Grid(volume.shape, (Fraction(1), Fraction(1), Fraction(2)))
    >>> seen = ResampledVolume(volume, half)
    >>> seen.read(Box((0, 0, 1), (1, 1, 2))), seen.spacing_nm
    (array([[[2.5]]], dtype=float32), Spacing(z=9.0, y=4.0, x=8.0))
    """

    def __init__(self, volume: Volume, grid: Grid) -> None:
        spacing = volume.spacing_nm
        if spacing is not None:
            longer = per_axis(lambda s, r: float(s * r), spacing, grid.ratio)
            spacing = Spacing(*longer)
        super().__init__(
            volume.path,
            shape=grid.shape,
            dtype=np.dtype(np.float32),
            spacing_nm=spacing,
            format=volume.format,
            chunk=per_axis(lambda c, r: max(1, int(c / r)), volume.chunk, grid.ratio),
            notes=volume.notes,
        )
        self.cache_bytes = volume.cache_bytes
        self.volume = volume
        self.grid = grid

    def _read(self, box: Box) -> NDArray[Any]:
        taps = taps_along(self.grid.ratio, box, Box.whole(self.volume.shape))
        needed = needed_box(taps)
        read = self.volume.read(needed)
        check_finite(read, needed, self.volume)
        return resample(read, needed, taps)


def resampled_labels(
    labels: NDArray[np.uint8], place: Box, grid: Grid, box: Box
) -> NDArray[np.uint8]:
    """Let the voxels of the volume vote for the label of each voxel of a grid.

    Parameters
    ----------
    labels
        (Z, Y, X) labels of `place`, in voxels of the volume. No others vote.
    place
        A box of the volume.
    grid
        A grid over the volume.
    box
        Wanted voxels of the grid.

    Returns
    -------
    uint8 array of the shape of `box`; of equal votes the lowest label wins.
    """
    taps = taps_along(grid.ratio, box, place, width=0.5)  # those under it
    winner = np.zeros(box.shape, np.uint8)
    most = np.zeros(box.shape, np.float32)
    for label in np.unique(labels):
        votes = resample(labels == label, place, taps)
        more = votes > most
        winner[more] = label
        most[more] = votes[more]
    return winner


def taps_along(
    ratio: tuple[Fraction, ...], box: Box, inside: Box, *, width: float = 1.0
) -> list[Taps]:
    """Taps of the voxels of a box, one for each axis.

    Parameters
    ----------
    ratio
        Edge of a wanted voxel in voxels of the source, along (z, y, x).
    box
        Wanted voxels of the grid of `ratio`.
    inside
        Voxels of the source that may be used.
    width
        Distance at which the weight is zero, in wanted voxels; a voxel of the source at
        least.
    """
    spans = zip(box.start, box.stop, inside.start, inside.stop, ratio, strict=True)
    return [
        _taps(range(a, b), range(first, end), r, max(1.0, width * float(r)))
        for a, b, first, end, r in spans
    ]


def needed_box(taps: list[Taps]) -> Box:
    """Smallest box of the source that holds all voxels that are used."""
    start = per_axis(lambda along: int(along.source.min()), taps)
    return Box(start, per_axis(lambda along: int(along.source.max()) + 1, taps))


def resample(source: NDArray[Any], place: Box, taps: list[Taps]) -> NDArray[np.float32]:
    """Compute what `taps` describe from an array that covers `place`."""
    found = source.astype(np.float32)
    for axis, (along, start) in enumerate(zip(taps, place.start, strict=True)):
        found = _mixed(found, along, axis, start)
    return found


def _mixed(
    source: NDArray[np.float32], taps: Taps, axis: int, start: int
) -> NDArray[np.float32]:
    """Add up the shares along one axis, always in the same order."""
    index = taps.source - start
    if len(index) == 1:
        return np.take(source, index[0], axis)
    along = [1, 1, 1]
    along[axis] = -1
    total: NDArray[np.float32] | None = None
    for at, share in zip(index, taps.share, strict=True):
        part = np.take(source, at, axis)
        part *= share.reshape(along)
        total = part if total is None else np.add(total, part, total)
    assert total is not None  # there are at least two
    return total


def _taps(wanted: range, inside: range, ratio: Fraction, radius: float) -> Taps:
    """Weigh the voxels around the centre of each wanted one by a triangle."""
    numbers = np.arange(wanted.start, wanted.stop, dtype=np.int64)
    if ratio == 1:
        return Taps(numbers[None], np.ones((1, len(numbers)), np.float32))
    over, under = ratio.numerator, ratio.denominator
    centre = ((2 * numbers + 1) * over - under) / (2 * under)
    first = np.floor(centre - radius).astype(np.int64) + 1
    index = first + np.arange(math.ceil(2 * radius))[:, None]
    share = np.maximum(0, 1 - np.abs(index - centre) / radius)
    share[(index < inside.start) | (index >= inside.stop)] = 0
    share[0, share.sum(0) == 0] = 1  # far from everything inside: the nearest
    share /= share.sum(0)
    index = index.clip(inside.start, inside.stop - 1)
    return Taps(index, share.astype(np.float32))
