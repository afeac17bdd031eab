"""A sketch: a random forest on filters, fitted to the strokes in a second or two.

It knows neither shapes nor the slices around, and is no substitute for a training.
Runs in a process of its own, which keeps the filters of what it has seen.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.address import Address, to_address
from densecell.errors import ConfigError, MissingExtraError
from densecell.geometry import Box, Spacing
from densecell.session.filters import COUNT, REACH, slice_features
from densecell.session.plane import Corners
from densecell.session.sparse import SIDE, SparseLabels
from densecell.volume import Volume, intensity_statistics, normalise, open_volume

BLOCK = 2 * SIDE  # voxels along y and x whose filters are kept together
KEPT = 24  # blocks whose filters are kept, of 10 MB each
MOST_BLOCKS = 12  # with strokes, that a sketch learns from: the nearest
MOST_POINTS = 2000  # per class
MOST_SHOWN = 1536  # voxels along an edge of a sketch
TREES, DEPTH = 20, 14
Place = tuple[int, int, int]  # slice, row and column of blocks


class SketchTask(NamedTuple):
    """What a worker needs for a sketch."""

    image: str
    spacing_nm: Spacing
    at: int  # slice
    corners: Corners
    points: NDArray[np.int64]  # (N, 3) voxels with strokes
    labels: NDArray[np.uint8]  # (N,)
    threads: int


def strokes_near(
    labels: SparseLabels, at: int, corners: Corners
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Painted voxels to learn from: of the nearest blocks, equally many of each class.

    Raises
    ------
    ConfigError
        If fewer than two classes are painted.
    """
    if len(labels.painted) < 2:
        raise ConfigError("paint with two classes or more; a sketch learns the others")
    middle = ((corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2)
    blocks: dict[Place, list[tuple[int, int, int]]] = {}
    for key in labels.keys:
        blocks.setdefault((key[0], key[1] // 2, key[2] // 2), []).append(key)

    def distance(place: Place) -> float:
        z, y, x = place
        gap = math.hypot((y + 0.5) * BLOCK - middle[0], (x + 0.5) * BLOCK - middle[1])
        return gap + 8 * abs(z - at)

    ordered = sorted(blocks, key=distance)
    chosen = ordered[:MOST_BLOCKS]
    seen = {i for p in chosen for key in blocks[p] for i in labels.counts(key)}
    for place in ordered[MOST_BLOCKS:]:  # classes that are painted far away only
        there = {i for key in blocks[place] for i in labels.counts(key)}
        if there - seen:
            chosen.append(place)
            seen |= there
    points, ids = [], []
    for place in chosen:
        for key in blocks[place]:
            square = labels.square(key)
            rows, columns = np.nonzero(square != labels.nothing)
            ids.append(square[rows, columns])
            rows, columns = rows + key[1] * SIDE, columns + key[2] * SIDE
            points.append(np.stack([np.full(len(rows), key[0]), rows, columns], 1))
    every, classes = np.concatenate(points), np.concatenate(ids)
    rng = np.random.default_rng(0)
    kept = []
    for label in np.unique(classes):
        where = np.flatnonzero(classes == label)
        kept.append(rng.permutation(where)[:MOST_POINTS])
    index = np.concatenate(kept)
    return every[index], classes[index]


def shown_part(corners: Corners, size: tuple[int, int]) -> Corners:
    """Part of a view that is sketched: its middle, if it is very large."""
    spans = []
    for low, high, most in (
        (corners[0], corners[2], size[0]),
        (corners[1], corners[3], size[1]),
    ):
        low, high = max(0, low), min(high, most)
        if high - low > MOST_SHOWN:
            low = (low + high - MOST_SHOWN) // 2
            high = low + MOST_SHOWN
        spans.append((low, high))
    (top, bottom), (left, right) = spans
    return top, left, bottom, right


def sketch(task: SketchTask) -> NDArray[np.uint8]:
    """Class ids of a rectangle of a slice; called in the worker."""
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError:
        raise MissingExtraError(
            "sketches need scikit-learn; pip install 'densecell[studio]'"
        ) from None

    forest: Any = RandomForestClassifier(  # type: ignore[no-untyped-call]
        TREES, max_depth=DEPTH, max_features=5, n_jobs=task.threads, random_state=0
    )
    forest.fit(_features_of(task), task.labels)
    top, left, bottom, right = task.corners
    out = np.empty((bottom - top, right - left), np.uint8)
    for row in range(top // BLOCK, -(-bottom // BLOCK)):
        for column in range(left // BLOCK, -(-right // BLOCK)):
            block = _block(task.image, task.spacing_nm, (task.at, row, column))
            r0, c0 = max(top, row * BLOCK), max(left, column * BLOCK)
            r1 = min(bottom, (row + 1) * BLOCK)
            c1 = min(right, (column + 1) * BLOCK)
            part = block[
                r0 - row * BLOCK : r1 - row * BLOCK,
                c0 - column * BLOCK : c1 - column * BLOCK,
            ].astype(np.float32)
            found = forest.predict(part.reshape(-1, COUNT))
            out[r0 - top : r1 - top, c0 - left : c1 - left] = found.reshape(
                part.shape[:2]
            )
    return out


def _features_of(task: SketchTask) -> NDArray[np.float32]:
    """Features of the strokes, (N, COUNT)."""
    found = np.empty((len(task.points), COUNT), np.float32)
    places = task.points // np.array([1, BLOCK, BLOCK])
    for place in np.unique(places, axis=0):
        here = (places == place).all(1)
        z, y, x = (int(v) for v in place)
        block = _block(task.image, task.spacing_nm, (z, y, x))
        at = task.points[here] - np.array([0, y * BLOCK, x * BLOCK])
        found[here] = block[at[:, 1], at[:, 2]]
    return found


@lru_cache(maxsize=4)
def _image(image: str, spacing_nm: Spacing) -> tuple[Volume, Any]:
    address: Address = to_address(image)
    volume = open_volume(address, spacing_nm=spacing_nm)
    return volume, intensity_statistics(volume)


@lru_cache(maxsize=KEPT)
def _block(image: str, spacing_nm: Spacing, place: Place) -> NDArray[np.float16]:
    volume, statistics = _image(image, spacing_nm)
    z, y, x = place
    box = Box.at((z, y * BLOCK, x * BLOCK), (1, BLOCK, BLOCK)).clipped(volume.shape)
    around = box.grown((0, REACH, REACH)).clipped(volume.shape)
    features = slice_features(normalise(volume.read(around), statistics)[0])
    _, rows, columns = box.relative_to(around.start).slices
    return features[rows, columns]
