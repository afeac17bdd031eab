"""Smart fill: the region under the pointer, from superpixels of the image.

Superpixels are basins of the image's edges (watershed). From the one under the pointer
the region grows over the lowest edges first, up to an edge height that the extent sets.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

SIGMA = 1.5  # voxels, of the smoothing before edges are looked for
APART = 5  # voxels between the middles of two superpixels, about
REACH = 192  # voxels on each side of the pointer that are looked at


def region_at(
    picture: NDArray[np.number], row: int, column: int, extent: float
) -> NDArray[np.bool_]:
    """Region around a voxel of a slice.

    Parameters
    ----------
    picture
        (rows, columns) grey values.
    row, column
        The voxel.
    extent
        0: one superpixel; 1: all that no clear edge separates.

    Returns
    -------
    Mask of the shape of the picture; always holds the voxel.
    """
    smooth = ndimage.gaussian_filter(picture.astype(np.float32), SIGMA)
    edges = ndimage.gaussian_gradient_magnitude(picture.astype(np.float32), SIGMA)
    basins = _superpixels(edges)
    count = int(basins.max()) + 1
    means = ndimage.mean(smooth, basins, np.arange(count))
    spread = float(np.std(smooth)) or 1.0
    joined = _grown(
        basins, edges, np.asarray(means), basins[row, column], extent, spread
    )
    return ndimage.binary_fill_holes(joined[basins]).astype(bool)


def through_slices(
    stack: NDArray[np.number], row: int, column: int, extent: float
) -> NDArray[np.bool_]:
    """Region through several slices, from the middle one outwards.

    In the next slice it goes on from where it was deepest, and ends with an empty
    slice when that voxel's region is another material.
    """
    out = np.zeros(stack.shape, bool)
    middle = len(stack) // 2
    out[middle] = region_at(stack[middle], row, column, extent)
    for step in (1, -1):
        before = middle
        for z in range(middle + step, len(stack) if step > 0 else -1, step):
            deep = ndimage.distance_transform_edt(out[before])
            if not deep.any():
                break
            r, c = np.unravel_index(int(deep.argmax()), deep.shape)
            here = region_at(stack[z], int(r), int(c), extent)
            near = ndimage.binary_dilation(out[before], iterations=APART)
            if (here & out[before]).sum() < 0.3 * out[before].sum():
                break
            out[z] = here & near
            before = z
    return out


def _superpixels(edges: NDArray[np.float32]) -> NDArray[np.int32]:
    """Basins of the edges, numbered from 0."""
    lowest = ndimage.minimum_filter(edges, APART) == edges
    seeds, _ = ndimage.label(lowest)
    basins = watershed(edges, seeds)  # type: ignore[no-untyped-call]
    return basins.astype(np.int32) - 1


def _grown(
    basins: NDArray[np.int32],
    edges: NDArray[np.float32],
    means: NDArray[np.float64],
    first: int,
    extent: float,
    spread: float,
) -> NDArray[np.bool_]:
    """Basins that join the first: similar grey, and no edge higher than allowed."""
    neighbours = _neighbours(basins, edges, len(means))
    share = float(np.clip(extent, 0, 1))
    most = float(np.quantile(edges, 0.98)) * share
    joined = np.zeros(len(means), bool)
    joined[first] = True
    waiting = [int(first)] if share > 0 else []
    while waiting:
        for other, level in neighbours.get(waiting.pop(), []):
            near = abs(means[other] - means[first]) <= 2 * share * spread
            if not joined[other] and level <= most and near:
                joined[other] = True
                waiting.append(other)
    return joined


def _neighbours(
    basins: NDArray[np.int32], edges: NDArray[np.float32], count: int
) -> dict[int, list[tuple[int, float]]]:
    """Neighbours of each basin, with the mean height of the edge between them."""
    keys, heights = [], []
    for one, two, edge in (
        (basins[:, :-1], basins[:, 1:], np.maximum(edges[:, :-1], edges[:, 1:])),
        (basins[:-1], basins[1:], np.maximum(edges[:-1], edges[1:])),
    ):
        differ = one != two
        low, high = np.minimum(one, two)[differ], np.maximum(one, two)[differ]
        keys.append(low.astype(np.int64) * count + high)
        heights.append(edge[differ])
    if not len(every := np.concatenate(keys)):
        return {}
    pairs, place = np.unique(every, return_inverse=True)
    total = np.bincount(place, np.concatenate(heights))
    levels = total / np.bincount(place)
    found: dict[int, list[tuple[int, float]]] = {}
    for pair, level in zip(pairs.tolist(), levels.tolist(), strict=True):
        a, b = divmod(pair, count)
        found.setdefault(a, []).append((b, level))
        found.setdefault(b, []).append((a, level))
    return found
