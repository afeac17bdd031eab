"""What each box holds that could be labelled next: read once, kept as few numbers."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape
from densecell.suggestions.candidates import candidate_groups
from densecell.suggestions.material import Material

Told = Callable[[int, int], None]  # voxels read, of all


class Looks(NamedTuple):
    """A row for each of N boxes.

    Parameters
    ----------
    boxes
        In voxels of the result.
    labelled
        (N,) whether a voxel of it is labelled already.
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


def look_at(material: Material, size: Shape, *, told: Told | None = None) -> Looks:
    """Look at boxes of one size all over a result.

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
        if told is not None:
            told(number, len(groups))
    k = len(material.scheme)
    table = np.array(rows)  # (N, 3 + K + 3)
    return Looks(
        tuple(boxes),
        table[:, 0] > 0,
        table[:, 1],
        table[:, 2],
        table[:, 3 : 3 + k],
        table[:, 3 + k :],
    )


def _rows(material: Material, group: Sequence[Box]) -> list[list[float]]:
    """Read what lies around a group of boxes and sum up each box."""
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
                *_grey(image[at], material.mean, material.std),
            ]
        )
    return rows


def _grey(image: NDArray[np.number], mean: float, std: float) -> list[float]:
    """Sum up grey values: how bright, how rich in contrast, how fine."""
    values = (image.astype(np.float32) - np.float32(mean)) / np.float32(std)
    steps = np.abs(np.diff(values, axis=2))
    return [
        float(values.mean()),
        float(values.std()),
        float(steps.mean()) if steps.size else 0.0,
    ]
