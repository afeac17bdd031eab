"""Crops for the first labels: empty, from places of a volume that look unlike."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.compute import ReportProgress
from densecell.datasets.crop import CropRecord, hash_array, write_crop
from densecell.disk import written_aside
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape
from densecell.suggestions.candidates import candidate_groups
from densecell.volume import Volume, require_spacing

LOOKED_AT = 400  # boxes, evenly spread: seconds also in a volume of terabytes
PLACE = 4.0  # standard deviations of looks that the longest edge counts as


def unlike_places(
    volume: Volume,
    size: Shape,
    count: int,
    *,
    progress: ReportProgress | None = None,
) -> list[Box]:
    """Boxes of one size that look unlike and lie far apart; fewer if no more fit.

    Begins with the most usual box, then adds the one least like those before. Leaves
    out boxes of one grey value, which are padding.

    Raises
    ------
    VolumeError
        If every box has one grey value only.
    """
    every = [box for group in candidate_groups(volume.shape, size) for box in group]
    at = np.linspace(0, len(every) - 1, min(LOOKED_AT, len(every))).astype(int)
    boxes, rows = [], []
    for number, box in enumerate((every[n] for n in at), 1):
        row = _look(volume.read(box))
        if row[1] > 0:
            boxes.append(box)
            rows.append(row)
        if progress is not None:
            progress(number, len(at))
    if not boxes:
        raise VolumeError(
            f"{volume.path}: every box of {size} voxels has one grey value only; "
            "there is nothing to paint in it"
        )
    return _far_apart(boxes, _standardised(rows), _places(boxes, volume), count)


def write_first_crops(
    folder: Path, volume: Volume, scheme: ClassScheme, boxes: Sequence[Box]
) -> tuple[str, ...]:
    """Write boxes as crops without labels into a new folder; the crops' names."""
    digits = max(2, len(str(len(boxes))))
    names = tuple(f"crop_{n:0{digits}}" for n in range(1, len(boxes) + 1))
    path = volume.path
    with written_aside(folder) as aside:
        for name, box in zip(names, boxes, strict=True):
            image = volume.read(box)
            labels = np.full(box.shape, scheme.ignore, np.uint8)
            record = CropRecord(
                volume=path.resolve() if isinstance(path, Path) else path,
                shape=volume.shape,
                spacing_nm=require_spacing(volume),
                box=(box.start, box.stop),
                classes=scheme,
                image=hash_array(image),
                labels=hash_array(labels),
            )
            write_crop(aside / name, record, image, labels)
    return names


def _look(image: NDArray[np.number]) -> list[float]:
    """Brightness, contrast and fineness of a box."""
    values = image.astype(np.float32)
    steps = np.abs(np.diff(values, axis=2))
    mean, std = float(values.mean()), float(values.std())
    return [mean, std, float(steps.mean()) if steps.size else 0.0]


def _standardised(rows: list[list[float]]) -> NDArray[np.float64]:
    table = np.array(rows)
    spread: NDArray[np.float64] = table.std(0)
    return (table - np.median(table, 0)) / np.where(spread > 0, spread, 1)


def _places(boxes: Sequence[Box], volume: Volume) -> NDArray[np.float64]:
    """Corners of boxes, in longest edges of the volume; slices are nm apart too."""
    spacing = np.array(require_spacing(volume))
    edge = (spacing * volume.shape).max()
    corners: NDArray[np.float64] = np.array([box.start for box in boxes]) * spacing
    return corners / edge


def _far_apart(
    boxes: Sequence[Box],
    looks: NDArray[np.float64],
    places: NDArray[np.float64],
    count: int,
) -> list[Box]:
    """Pick greedily the box that is farthest, in looks and place, from all picked."""
    points = np.hstack([looks, PLACE * places])
    free = np.ones(len(boxes), bool)  # of overlap
    beside = free.copy()  # and not above or below a picked box: that looks alike
    nearest = np.full(len(boxes), np.inf)
    picked: list[Box] = []
    best = int((looks**2).sum(1).argmin())
    while True:
        picked.append(boxes[best])
        nearest = np.minimum(nearest, ((points - points[best]) ** 2).sum(1))
        free &= [not b.intersection(boxes[best]).voxels for b in boxes]
        if len(picked) == count or not free.any():
            return picked
        beside &= [not _below(b, boxes[best]) for b in boxes]
        usable = beside if beside.any() else free
        best = int(np.where(usable, nearest, -1).argmax())


def _below(box: Box, other: Box) -> bool:
    """Whether a line along z goes through both boxes."""
    lifted = box.shifted((other.start[0] - box.start[0], 0, 0))
    return lifted.intersection(other).voxels > 0
