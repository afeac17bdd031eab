"""Paint that is kept aside, to validate networks on.

Paint may lie in one slice only. So squares of a slice are dealt out: about a fifth of
those of each class are kept aside, the others are learned from. They lie apart, so that
no voxel is both.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from densecell.address import Address
from densecell.config import AnnotatedBox, VolumeEntry
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape
from densecell.session.sparse import SIDE, SparseLabels

SHARE = 0.2  # of the squares of each class
SQUARES = (64, 32, 16, 8)  # voxels along an edge, tried in this order
ENOUGH = 5  # squares of each class
CONTEXT: Shape = (2, 64, 64)  # voxels of image around the paint
SPARSEST = 3  # voxels around a group kept aside, for each voxel of it
APART = 8  # slices without paint that separate two parts of a volume
Cell = tuple[int, int, int]  # slice, row and column of squares


class Dealt(NamedTuple):
    """Squares of paint to learn from and to validate on."""

    train: tuple[Box, ...]
    validation: tuple[Box, ...]


def deal(labels: SparseLabels) -> Dealt:
    """Deal out the squares that hold paint.

    Raises
    ------
    ConfigError
        If there is too little paint.
    """
    if len(labels.painted) < 2:
        raise ConfigError("paint with two classes or more before training")
    for side in SQUARES:
        cells = _cells(labels, side)
        totals = _totals(cells.values())
        if min(totals.values()) >= ENOUGH or side == SQUARES[-1]:
            break
    aside = _chosen(cells, totals)
    if not aside or len(aside) == len(cells):
        raise ConfigError(
            "there is too little paint to keep some aside; paint each class in a "
            "second place"
        )
    return Dealt(
        tuple(_merged([c for c in cells if c not in aside], side, labels.shape)),
        tuple(_merged(sorted(aside), side, labels.shape)),
    )


def entries_of(
    entry: VolumeEntry,
    dealt: Dealt,
    shape: Shape,
    *,
    all_train: bool,
    objects: Address | None,
) -> list[VolumeEntry]:
    """Entries of `project.yaml` for the paint of a volume.

    Parameters
    ----------
    entry
        Image, labels and voxel size.
    all_train
        Whether other labels are there to validate on.
    objects
        Painted cells, seen from the project; None: none are painted.
    """
    learned = [*dealt.train, *(dealt.validation if all_train else ())]
    aside = [] if all_train else dealt.validation
    with_cells = entry.model_copy(update={"objects": objects})
    return [
        *(_used(with_cells, g, "train", shape, CONTEXT) for g in _groups(learned)),
        *(_used(entry, g, "eval", shape, (0, 0, 0)) for g in _patches(aside)),
    ]


def _used(
    entry: VolumeEntry, boxes: Sequence[Box], role: str, shape: Shape, margin: Shape
) -> VolumeEntry:
    """Entry that uses the part of a volume around some boxes."""
    around = _around(boxes).grown(margin).clipped(shape)
    z, y, x = zip(around.start, around.stop, strict=True)
    annotated = tuple(AnnotatedBox(box=(b.start, b.stop)) for b in boxes)
    spans = {"role": role, "z": z, "y": y, "x": x, "boxes": annotated}
    return entry.model_copy(update=spans)


def _cells(labels: SparseLabels, side: int) -> dict[Cell, frozenset[int]]:
    """Squares that hold paint, with its classes."""
    cells = {}
    per = SIDE // side
    for key in sorted(labels.keys):
        square = labels.square(key)
        blocks = square.reshape(per, side, per, side)
        for row, column in np.ndindex(per, per):
            found = set(np.unique(blocks[row, :, column]).tolist()) - {labels.nothing}
            if found:
                at = (key[0], key[1] * per + row, key[2] * per + column)
                cells[at] = frozenset(found)
    return cells


def _totals(cells: Iterable[frozenset[int]]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for classes in cells:
        for label in classes:
            totals[label] = totals.get(label, 0) + 1
    return totals


def _chosen(cells: dict[Cell, frozenset[int]], totals: dict[int, int]) -> set[Cell]:
    """Squares to keep aside: of each class about a fifth, never all."""
    aside: set[Cell] = set()
    kept = dict.fromkeys(totals, 0)
    places = list(cells)
    order = np.random.default_rng(0).permutation(len(places)).tolist()
    for label in sorted(totals, key=lambda i: totals[i]):  # the rarest first
        for n in order:
            wanted = max(1, round(SHARE * totals[label]))
            if kept[label] >= wanted or totals[label] < 2:
                break
            classes = cells[places[n]]
            some_left = all(totals[i] - kept[i] > 1 for i in classes)
            if label in classes and places[n] not in aside and some_left:
                aside.add(places[n])
                for other in classes:
                    kept[other] += 1
    return aside


def _merged(cells: Sequence[Cell], side: int, shape: Shape) -> list[Box]:
    """Boxes of squares; neighbours in a row become one, then equal rows."""
    rows: dict[tuple[int, int, int, int], None] = {}
    for z, y, x in sorted(cells):
        last = next(reversed(rows), None)
        if last is not None and last[:2] == (z, y) and last[3] == x:
            del rows[last]
            rows[z, y, last[2], x + 1] = None
        else:
            rows[z, y, x, x + 1] = None
    boxes: list[tuple[int, int, int, int, int]] = []
    for z, y, a, b in rows:
        above = next((box for box in boxes if box == (z, box[1], y, a, b)), None)
        if above is not None:
            boxes.remove(above)
            boxes.append((z, above[1], y + 1, a, b))
        else:
            boxes.append((z, y, y + 1, a, b))
    return [
        Box((z, top * side, a * side), (z + 1, bottom * side, b * side)).clipped(shape)
        for z, top, bottom, a, b in boxes
    ]


def _groups(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes of slices that lie near each other: only the image between is read."""
    groups: list[list[Box]] = []
    for box in sorted(boxes):
        if groups and box.start[0] - max(b.stop[0] for b in groups[-1]) < APART:
            groups[-1].append(box)
        else:
            groups.append([box])
    return groups


def _patches(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes in groups that fill what lies around them: little is predicted in vain."""
    groups: list[list[Box]] = []
    for box in sorted(boxes):
        for group in groups:
            joined = [*group, box]
            if _around(joined).voxels <= SPARSEST * sum(b.voxels for b in joined):
                group.append(box)
                break
        else:
            groups.append([box])
    return groups


def _around(boxes: Sequence[Box]) -> Box:
    around = boxes[0]
    for box in boxes[1:]:
        around = around.union(box)
    return around
