"""Boxes that could be labelled next, and what each holds, kept as few numbers."""

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.compute import ReportProgress
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape, per_axis
from densecell.suggestions.material import Material
from densecell.volume import Statistics

USUAL: Shape = (1, 256, 256)  # half an hour of painting
READ: Shape = (16, 1024, 1024)  # voxels read together: a shard of a result
MOST = 100_000  # boxes; in a larger volume evenly spread groups of them


class Candidates(NamedTuple):
    """A row for each of N boxes.

    Parameters
    ----------
    boxes
        Where they lie, in voxels of the result.
    labelled
        (N,) whether a voxel of the box is labelled already.
    disagreement
        (N,) mean share of members that see another class than the ensemble.
    doubt
        (N,) mean of 1 - confidence.
    shares
        (N, K) share of the voxels that each class is predicted for.
    grey
        (N, 3) mean, standard deviation and mean step from pixel to pixel of the grey
        values, in standard deviations of the volume.
    """

    boxes: tuple[Box, ...]
    labelled: NDArray[np.bool_]
    disagreement: NDArray[np.float64]
    doubt: NDArray[np.float64]
    shares: NDArray[np.float64]
    grey: NDArray[np.float64]


def read_candidates(
    material: Material, size: Shape, *, progress: ReportProgress | None = None
) -> Candidates:
    """Read boxes of one size all over a result.

    Notes
    -----
    Reads at most 16 x 1024 x 1024 voxels, or one box, at a time; keeps some 100 bytes
    for each of at most 100,000 boxes.
    """
    groups = list(candidate_groups(material.shape, size))
    boxes: list[Box] = []
    rows: list[list[float]] = []
    for number, group in enumerate(groups, 1):
        rows += _rows(material, group)
        boxes += group
        if progress is not None:
            progress(number, len(groups))
    k = len(material.scheme)
    table = np.array(rows)  # (N, 3 + K + 3)
    return Candidates(
        tuple(boxes),
        table[:, 0] > 0,
        table[:, 1],
        table[:, 2],
        table[:, 3 : 3 + k],
        table[:, 3 + k :],
    )


def box_size(shape: Shape, asked: Shape | None = None) -> Shape:
    """Size of boxes: as asked, or the usual one cut to the volume.

    Raises
    ------
    ConfigError
        If boxes of that size hold nothing or are larger than the volume.
    """
    if asked is None:
        return Box.whole(USUAL).clipped(shape).shape
    if min(asked) < 1 or not Box.whole(shape).contains(Box.whole(asked)):
        raise ConfigError(
            f"--size {' '.join(map(str, asked))}: boxes need a voxel or more along "
            f"each axis and must fit into the result, of {shape} voxels (z, y, x)"
        )
    return asked


def candidate_groups(shape: Shape, size: Shape) -> Iterator[tuple[Box, ...]]:
    """Yield groups of neighbouring boxes of one size, which cover a volume.

    Boxes that would reach over the border are shifted inwards, so that neighbours may
    overlap. Where there are more than 100,000, only every n-th group is yielded.

    Examples
    --------
    >>> (group,) = candidate_groups((1, 6, 9), (1, 6, 4))
    >>> [box.start for box in group]
    [(0, 0, 0), (0, 0, 2), (0, 0, 5)]
    """
    axes = per_axis(
        lambda n, box, read: _runs(_starts(n, box), box, read), shape, size, READ
    )
    boxes = math.prod(sum(map(len, runs)) for runs in axes)
    every = max(1, math.ceil(boxes / MOST))
    for runs in itertools.islice(itertools.product(*axes), 0, None, every):
        box = Box((0, 0, 0), size)
        yield tuple(box.shifted((z, y, x)) for z, y, x in itertools.product(*runs))


def _rows(material: Material, group: Sequence[Box]) -> list[list[float]]:
    """Read the region of a group of boxes at once, and sum up each box."""
    around = reduce(Box.union, group)
    labelled = material.labelled(around)
    classes = material.classes.read(around)
    disagreement = material.disagreement.read(around)
    confidence = material.confidence.read(around)
    image = material.image.read(around)
    rows, ids = [], list(material.scheme.ids)
    for box in group:
        at = box.relative_to(around.start).slices
        counts = np.bincount(classes[at].ravel(), minlength=256)
        rows.append(
            [
                float(labelled[at].any()),
                float(disagreement[at].mean()) / 255,
                1 - float(confidence[at].mean()) / 255,
                *(counts[ids] / box.voxels),
                *_grey(image[at], material.run.statistics),
            ]
        )
    return rows


def _grey(image: NDArray[np.number], volume: Statistics) -> list[float]:
    """Brightness, contrast and fineness of grey values."""
    values = image.astype(np.float32) - np.float32(volume.mean)
    values /= np.float32(volume.std)
    steps = np.abs(np.diff(values, axis=2))
    return [
        float(values.mean()),
        float(values.std()),
        float(steps.mean()) if steps.size else 0.0,
    ]


def _starts(length: int, size: int) -> list[int]:
    """Spread boxes evenly from the first voxel to the last."""
    count = math.ceil(length / size)
    return [(length - size) * n // max(1, count - 1) for n in range(count)]


def _runs(starts: Sequence[int], size: int, most: int) -> list[tuple[int, ...]]:
    """Cut starts into runs whose boxes span at most `most` voxels, or one box."""
    together = max(1, (most - size) // max(1, _step(starts)) + 1)
    return [tuple(starts[n : n + together]) for n in range(0, len(starts), together)]


def _step(starts: Sequence[int]) -> int:
    return max((b - a for a, b in itertools.pairwise(starts)), default=1)
