"""Statistics of grey values, and how to make them comparable between volumes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, per_axis, tile
from densecell.volume.interface import Volume
from densecell.volume.views.crop import CroppedVolume

EXACT_VOXELS = 64 * 2**20
SAMPLES = 64
SAMPLE: Shape = (16, 256, 256)


class Statistics(NamedTuple):
    """Statistics of the grey values of a volume.

    Parameters
    ----------
    mean, std
        Average and standard deviation.
    low, high
        Lowest and highest value seen.
    """

    mean: float
    std: float
    low: float
    high: float


def intensity_statistics(volume: Volume, *, box: Box | None = None) -> Statistics:
    """Measure the grey values of a volume, or of a box of it.

    Of up to 64 million voxels all are read; of a larger volume, 64 blocks at places
    that depend on its shape only.

    Raises
    ------
    VolumeError
        If a value is NaN or infinite, or all are equal.

    Examples
    --------
    >>> from densecell.volume import ArrayVolume
    >>> ramp = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    >>> intensity_statistics(ArrayVolume(ramp))
    Statistics(mean=1.5, std=1.118033988749895, low=0.0, high=3.0)
    """
    part = volume if box is None else CroppedVolume(volume, box)
    origin = (0, 0, 0) if box is None else box.start
    found = measure_intensities(part, origin=origin)
    if found.std == 0:
        raise VolumeError(
            f"{volume.path}: every voxel is {found.low:g}; expected an image with "
            "contrast: check that it is the right file"
        )
    return found


def normalise(
    array: NDArray[np.number[Any]], statistics: Statistics
) -> NDArray[np.float32]:
    """Shift and scale grey values to zero mean and unit deviation.

    Parameters
    ----------
    array
        Grey values of any shape. Not modified.
    statistics
        Statistics of the volume that they come from.

    Returns
    -------
    float32 array of the same shape.
    """
    normalised = array.astype(np.float32)
    normalised -= np.float32(statistics.mean)
    normalised *= np.float32(1 / statistics.std)
    return normalised


def measure_intensities(volume: Volume, *, origin: Shape = (0, 0, 0)) -> Statistics:
    """Statistics as of `intensity_statistics`; a constant volume has `std` 0."""
    count, mean, squares = 0, 0.0, 0.0
    low, high = np.inf, -np.inf
    for box in sampled_boxes(volume.shape):
        block = volume.read(box)
        check_finite(block, box.shifted(origin), volume)
        values = block.astype(np.float64)
        # Chan's update: sums of squares about the mean do not cancel.
        gained, shift = block.size, float(values.mean()) - mean
        count += gained
        squares += float(values.var()) * gained
        squares += shift**2 * gained * (count - gained) / count
        mean += shift * gained / count
        low, high = min(low, float(block.min())), max(high, float(block.max()))
    return Statistics(mean, float(np.sqrt(squares / count)), low, high)


def sampled_boxes(shape: Shape) -> Iterator[Box]:
    """Yield boxes that cover a volume, or 64 boxes of one that is too large."""
    if Box.whole(shape).voxels <= EXACT_VOXELS:
        yield from tile(shape, SAMPLE)
        return
    size = Box.whole(SAMPLE).clipped(shape).shape
    rng = np.random.default_rng(0)
    for _ in range(SAMPLES):
        yield Box.at(
            per_axis(lambda n, s: int(rng.integers(n - s + 1)), shape, size), size
        )


def check_finite(block: NDArray[Any], box: Box, volume: Volume) -> None:
    """Refuse NaN and infinity in what was read from a box; name the first voxel."""
    if block.dtype.kind != "f" or (finite := np.isfinite(block)).all():
        return
    first = np.argwhere(~finite)[0]
    z, y, x = per_axis(lambda place, start: int(place) + start, first, box.start)
    raise VolumeError(
        f"{volume.path}: voxel (z, y, x) = ({z}, {y}, {x}) is {block[tuple(first)]}; "
        "expected finite grey values: replace NaN and infinity, in Python for example "
        "with numpy.nan_to_num"
    )
