"""Tools on the paint of a volume: from a request to a saved step."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import IGNORE
from densecell.errors import ConfigError
from densecell.geometry import Box
from densecell.session.paint import Painted, PaintStore
from densecell.session.plane import NORMAL, Corners, SlicePlane, clip_corners
from densecell.session.regions import REACH, region_at, through_slices
from densecell.session.requests import PaintRequest
from densecell.session.strokes import Stroke, between, brush, fill_at, lasso
from densecell.volume import Volume

MOST_VOXELS = 400_000_000  # that one step may touch


class PaintChange(NamedTuple):
    """What a tool paints."""

    box: Box
    mask: NDArray[np.bool_]  # (Z, Y, X) of the box
    labels: int | NDArray[Any]


def paint(request: PaintRequest, store: PaintStore, image: Volume) -> Painted:
    """Use a tool; the step is saved when this returns."""
    label = _label(request, store)
    with store.lock:
        change = change_of(request, store, image, label)
        note: dict[str, Any] = {
            "tool": request.tool,
            "label": label,
            "layer": request.layer,
        }
        if request.stroke is not None:
            note["stroke"] = request.stroke
        return store.paint(
            request.layer,
            change.box,
            change.mask,
            change.labels,
            note=note,
            locked=tuple(i for i in request.locked if i != label),
        )


def change_of(
    request: PaintRequest, store: PaintStore, image: Volume, label: int
) -> PaintChange:
    """What a tool would paint; nothing is changed.

    Raises
    ------
    ConfigError
        If the tool lacks something, for example a point.
    """
    plane = SlicePlane(request.axis, request.index)
    plane.check(store.shape)
    size = plane.size(store.shape)
    labels = store.labels[request.layer]
    if request.tool == "brush":
        return _flat(plane, brush(request.points, request.radius, size), label)
    if request.tool == "lasso":
        return _flat(plane, lasso(request.points, size), label)
    if request.tool == "fill":
        whole = plane.box((0, 0, *size))
        point = _point(request)
        return _flat(plane, fill_at(plane.flat(labels.read(whole)), point), label)
    if request.tool == "smart_fill":
        return _smart_fill(request, image, label)
    if request.tool == "interpolate":
        return _interpolated(request, store, label)
    if request.tool == "copy":
        return _copied(request, store)
    raise ConfigError(f"tool {request.tool} is not known here")


def _label(request: PaintRequest, store: PaintStore) -> int:
    """Label to paint; refuse one that the layer does not have."""
    nothing = store.labels[request.layer].nothing
    if request.class_ == "next":
        if request.layer == "paint":
            raise ConfigError("classes have no next id; choose a class")
        return store.next_id(request.layer)
    if request.layer != "paint":
        return nothing if request.class_ == IGNORE else int(request.class_)
    known = (*store.scheme.ids, IGNORE)
    if request.class_ not in known:
        raise ConfigError(
            f"there is no class {request.class_}; the project has "
            f"{', '.join(map(str, store.scheme.ids))}"
        )
    return int(request.class_)


def _flat(plane: SlicePlane, stroke: Stroke, label: int) -> PaintChange:
    return PaintChange(plane.box(stroke.corners), plane.deep(stroke.mask), label)


def _point(request: PaintRequest) -> tuple[float, float]:
    if request.point is None:
        raise ConfigError(f"{request.tool} needs a point; click into the slice")
    return request.point


def _smart_fill(request: PaintRequest, image: Volume, label: int) -> PaintChange:
    """Region under the pointer, in as many slices as asked for."""
    plane, shape = SlicePlane(request.axis, request.index), image.shape
    size = plane.size(shape)
    row, column = (int(np.floor(value)) for value in _point(request))
    if not (0 <= row < size[0] and 0 <= column < size[1]):
        raise ConfigError(f"point {row}, {column} lies outside the slice")
    square = (row - REACH, column - REACH, row + REACH, column + REACH)
    corners = clip_corners(square, size)
    at = (row - corners[0], column - corners[1])
    if request.slices == 1:
        picture = plane.flat(image.read(plane.box(corners)))
        mask = region_at(picture, *at, request.extent)
        return _flat(plane, Stroke(corners, mask), label)
    half, last = request.slices // 2, shape[NORMAL[plane.axis]] - 1
    reach = min(half, plane.at, last - plane.at) or 0
    planes = [SlicePlane(plane.axis, plane.at + n) for n in range(-reach, reach + 1)]
    stack = np.stack([p.flat(image.read(p.box(corners))) for p in planes])
    return _stacked(planes, corners, through_slices(stack, *at, request.extent), label)


def _stacked(
    planes: list[SlicePlane], corners: Corners, masks: NDArray[np.bool_], label: int
) -> PaintChange:
    box = planes[0].box(corners).union(planes[-1].box(corners))
    deep = [p.deep(mask) for p, mask in zip(planes, masks, strict=True)]
    return PaintChange(box, np.concatenate(deep, axis=NORMAL[planes[0].axis]), label)


def _interpolated(request: PaintRequest, store: PaintStore, label: int) -> PaintChange:
    """Slices between two painted ones."""
    if request.from_ is None or request.to is None:
        raise ConfigError("interpolate needs the slices `from` and `to`")
    first, last = sorted((request.from_, request.to))
    ends = [SlicePlane(request.axis, first), SlicePlane(request.axis, last)]
    for plane in ends:
        plane.check(store.shape)
    if last - first < 2:
        raise ConfigError(
            f"there is no slice between {first} and {last}; choose two further apart"
        )
    labels = store.labels[request.layer]
    size = ends[0].size(store.shape)
    whole = (0, 0, *size)
    _refuse_large(size[0] * size[1] * (last - first))
    masks = [p.flat(labels.read(p.box(whole))) == label for p in ends]
    if not all(mask.any() for mask in masks):
        raise ConfigError(
            f"slices {first} and {last} must both be painted with the class to fill "
            "those between; paint it in both"
        )
    rows, columns = (np.nonzero((masks[0] | masks[1]).any(axis))[0] for axis in (1, 0))
    corners = (
        int(rows[0]),
        int(columns[0]),
        int(rows[-1]) + 1,
        int(columns[-1]) + 1,
    )
    cut = [m[corners[0] : corners[2], corners[1] : corners[3]] for m in masks]
    filled = between(cut[0], cut[1], last - first)
    planes = [SlicePlane(request.axis, n) for n in range(first + 1, last)]
    return _stacked(planes, corners, np.stack(filled), label)


def _copied(request: PaintRequest, store: PaintStore) -> PaintChange:
    """Paint of another slice, where this one has none."""
    if request.from_ is None:
        raise ConfigError("copy needs the slice to copy `from`")
    here, there = (SlicePlane(request.axis, n) for n in (request.index, request.from_))
    there.check(store.shape)
    labels = store.labels[request.layer]
    whole = (0, 0, *here.size(store.shape))
    source = labels.read(there.box(whole))
    free = labels.read(here.box(whole)) == labels.nothing
    return PaintChange(here.box(whole), free & (source != labels.nothing), source)


def _refuse_large(voxels: int) -> None:
    if voxels > MOST_VOXELS:
        raise ConfigError(
            f"{voxels / 1e6:.0f} million voxels are too many for one step; choose "
            "slices that are nearer to each other"
        )


def row_runs(mask: NDArray[np.bool_]) -> list[list[int]]:
    """Rows of a (rows, columns) mask as lengths of runs; the first run is of false.

    Examples
    --------
    >>> row_runs(np.array([[False, True, True], [True, False, False]]))
    [[1, 2], [0, 1, 2]]
    """
    rows = []
    for row in mask:
        edges = np.flatnonzero(np.diff(row.astype(np.int8), prepend=0))
        rows.append(np.diff([0, *edges.tolist(), len(row)]).tolist())
    return rows
