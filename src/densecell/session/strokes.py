"""Tools that paint in a slice: each makes a mask in a rectangle of the slice."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import polygon2mask

from densecell.errors import ConfigError
from densecell.session.plane import Corners, clip_corners

Point = tuple[float, float]  # row and column, in voxels; 0.5 is the first's middle


class Stroke(NamedTuple):
    """Voxels of a slice that a tool paints."""

    corners: Corners
    mask: NDArray[np.bool_]  # (rows, columns) of the rectangle


def brush(points: Sequence[Point], radius: float, size: tuple[int, int]) -> Stroke:
    """Voxels whose middle lies within `radius` of the line through the points.

    Parameters
    ----------
    points
        Rows and columns, one or more.
    radius
        In voxels; the voxels under the line are always painted.
    size
        Rows and columns of the slice.

    Examples
    --------
    >>> brush([(1.5, 1.5), (1.5, 3.5)], 0.5, (3, 6)).mask.astype(int)
    array([[1, 1, 1]])
    """
    line = np.asarray(points, float).reshape(-1, 2)
    if not len(line):
        raise ConfigError("a stroke needs a point; draw with the button held down")
    low = np.floor(line.min(0) - radius).astype(int)
    high = np.ceil(line.max(0) + radius).astype(int) + 1
    corners = clip_corners((*low.tolist(), *high.tolist()), size)
    mask = np.zeros((corners[2] - corners[0], corners[3] - corners[1]), bool)
    reach = max(radius, 0.5)
    for start, end in zip(line, line[1:] if len(line) > 1 else line, strict=False):
        _capsule(mask, corners, start, end, reach)
    return _trimmed(Stroke(corners, mask))


def lasso(points: Sequence[Point], size: tuple[int, int]) -> Stroke:
    """Voxels whose middle lies inside a closed line."""
    line = np.asarray(points, float).reshape(-1, 2)
    if len(line) < 3:
        raise ConfigError("a lasso needs three points or more; draw around a region")
    low, high = np.floor(line.min(0)).astype(int), np.ceil(line.max(0)).astype(int) + 1
    corners = clip_corners((*low.tolist(), *high.tolist()), size)
    shape = (corners[2] - corners[0], corners[3] - corners[1])
    inside = polygon2mask(  # type: ignore[no-untyped-call]
        shape, line - np.array(corners[:2]) - 0.5
    )
    return _trimmed(Stroke(corners, inside.astype(bool)))


def fill_at(slice_labels: NDArray[np.integer], point: Point) -> Stroke:
    """Voxels of equal paint around a point, bounded by other paint."""
    row, column = int(point[0]), int(point[1])
    rows, columns = slice_labels.shape
    if not (0 <= row < rows and 0 <= column < columns):
        raise ConfigError(f"point {row}, {column} lies outside the slice")
    regions, _ = ndimage.label(slice_labels == slice_labels[row, column])
    mask = regions == regions[row, column]
    return _trimmed(Stroke((0, 0, rows, columns), mask))


def between(
    first: NDArray[np.bool_], last: NDArray[np.bool_], steps: int
) -> list[NDArray[np.bool_]]:
    """Masks of the slices between two slices, from the distances to their borders.

    Parameters
    ----------
    first, last
        (rows, columns) masks.
    steps
        Slices from the first to the last; `steps` - 1 masks are made.
    """
    one, two = _signed_distance(first), _signed_distance(last)
    shares = np.arange(1, steps) / steps
    return [(1 - share) * one + share * two > 0 for share in shares]


def _signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    inside = ndimage.distance_transform_edt(mask)
    return inside - ndimage.distance_transform_edt(~mask)


def _capsule(
    mask: NDArray[np.bool_],
    corners: Corners,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    radius: float,
) -> None:
    """Set the voxels within `radius` of a piece of line; only its rectangle is seen."""
    origin = np.array(corners[:2])
    low = np.floor(np.minimum(start, end) - radius).astype(int) - origin
    high = np.ceil(np.maximum(start, end) + radius).astype(int) + 1 - origin
    rows = slice(max(0, low[0]), max(0, high[0]))
    columns = slice(max(0, low[1]), max(0, high[1]))
    part = mask[rows, columns]
    if not part.size:
        return
    y = np.arange(rows.start, rows.start + part.shape[0])[:, None] + origin[0] + 0.5
    x = np.arange(columns.start, columns.start + part.shape[1]) + origin[1] + 0.5
    along = end - start
    length = float(along @ along)
    share = np.zeros(part.shape)
    if length:
        at = ((y - start[0]) * along[0] + (x - start[1]) * along[1]) / length
        share = np.clip(at, 0, 1)
    gap = (y - start[0] - share * along[0]) ** 2 + (
        x - start[1] - share * along[1]
    ) ** 2
    part |= gap <= radius**2
    nearest = np.clip(np.floor(end - origin).astype(int), 0, np.array(mask.shape) - 1)
    if (np.floor(end) == nearest + origin).all():
        mask[tuple(nearest)] = True


def _trimmed(stroke: Stroke) -> Stroke:
    """Without empty rows and columns around the mask."""
    top, left = stroke.corners[:2]
    rows, columns = np.nonzero(stroke.mask.any(1))[0], np.nonzero(stroke.mask.any(0))[0]
    if not len(rows):
        return Stroke((top, left, top, left), np.zeros((0, 0), bool))
    r0, r1, c0, c1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    corners = (top + int(r0), left + int(c0), top + int(r1), left + int(c1))
    return Stroke(corners, stroke.mask[r0:r1, c0:c1])
