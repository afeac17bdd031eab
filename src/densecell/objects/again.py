"""Measures single objects anew, from the ids that a result holds.

For objects that were corrected by hand. Sums and surfaces are found as in `measure`, so
that the same voxels give the same digits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, per_axis, tile
from densecell.objects.blocks.merge_rules import Dropped, Objects, best_overlaps
from densecell.objects.blocks.object_runs import Item
from densecell.objects.layers import ObjectLayer, layers_of
from densecell.objects.runs.drawing import ObjectRuns
from densecell.objects.runs.encoding import runs_of
from densecell.objects.runs.sums import Sums, sum_objects
from densecell.objects.shape.batches import ShapeMeasures
from densecell.objects.shape.measures import areas_of, membrane_distances_nm
from densecell.objects.tables.cells_and_organelles import object_columns
from densecell.objects.tables.table_input import TableInput
from densecell.result import CELLS, Measurement

ReadIds = Callable[[str, Box], NDArray[np.unsignedinteger]]  # ids of a layer in a box
PIECE = (32, 512, 512)  # voxels that are looked at together


class Found(NamedTuple):
    """An object to measure, and what its voxels cannot say."""

    item: Item
    class_id: int


class IdStores:
    """Runs and sums of objects, read from stores of ids.

    Parameters
    ----------
    read
        Reads the ids of a layer.
    measurement
        How the objects were measured first.
    confidence
        Reads the confidence of the ensemble; none: it is not known.
    """

    def __init__(
        self,
        read: ReadIds,
        measurement: Measurement,
        confidence: Callable[[Box], NDArray[np.uint8]] | None,
    ) -> None:
        self.read, self.measurement, self._confidence = read, measurement, confidence

    def pieces(self, item: Item) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
        """Boxes that hold voxels of an object, and where in them it is."""
        for part in tile(item.box.shape, PIECE):
            box = part.shifted(item.box.start)
            mask = self.read(item.layer, box) == item.number
            if mask.any():
                yield box, mask

    def runs(self, items: Sequence[Item]) -> Iterator[ObjectRuns]:
        """Runs of objects, piece by piece."""
        for k, item in enumerate(items):
            for box, mask in self.pieces(item):
                runs = runs_of([mask])
                there = runs.of(mask)
                z, y, x = (
                    place[there] + start
                    for place, start in zip(
                        (runs.z, runs.y, runs.x), box.start, strict=True
                    )
                )
                length = runs.length[there]
                yield ObjectRuns(np.full(len(length), k), z, y, x, length)

    def sums(self, items: Sequence[Item]) -> Sums:
        """Exact sums over the voxels of each object; all must have some."""
        found: list[Sums] = []
        into: list[int] = []
        for k, item in enumerate(items):
            for box, mask in self.pieces(item):
                found.append(self._sums_of(box, mask))
                into.append(k)
        together = Sums(*(np.concatenate(field) for field in zip(*found, strict=True)))
        return together.added(np.array(into), len(items))

    def _sums_of(self, box: Box, mask: NDArray[np.bool_]) -> Sums:
        runs = runs_of([mask])
        sure = None if self._confidence is None else runs.sums(self._confidence(box))
        sums = sum_objects(
            runs,
            runs.of(mask).astype(np.int64),
            count=1,
            channels=np.zeros(len(runs.start), np.uint8),
            classes=1,
            confidence=sure,
        )
        return sums.shifted(box, self.measurement.shape)

    def hosts(self, items: Sequence[Item], layer: str) -> NDArray[np.int64]:
        """Id in another layer that each object shares most voxels with; 0 for none."""
        rows = [np.zeros((0, 3), np.int64)]
        for k, item in enumerate(items):
            for box, mask in self.pieces(item):
                ids, count = np.unique(self.read(layer, box)[mask], return_counts=True)
                known = ids > 0
                row = np.stack([ids[known], count[known]], axis=1).astype(np.int64)
                rows.append(np.insert(row, 0, k, axis=1))
        return best_overlaps(np.concatenate(rows), len(items))


def measured_again(
    stores: IdStores, layer: str, found: Sequence[Found]
) -> dict[str, Sequence[Any] | NDArray[Any]]:
    """Columns that cells and organelles share, of some objects of a layer.

    `nearest_neighbour_nm` is among these objects alone, and so means nothing.
    """
    measurement = stores.measurement
    layers = layers_of(measurement.classes, measurement.objects)
    items = [one.item for one in found]
    sums = stores.sums(items)
    boxed = [
        item._replace(box=_box(low, high))
        for item, low, high in zip(items, sums.low, sums.high, strict=True)
    ]
    surfaces = areas_of(stores, boxed, measurement.spacing)
    nothing = np.full(len(items), np.nan)
    shapes = ShapeMeasures(**surfaces._asdict(), membrane_nm=nothing)
    known = {each.name: each for each in layers}
    objects = _objects(found, sums, known[layer])
    m = TableInput(
        measurement,
        layers,
        {layer: objects},
        {layer: shapes},
        np.zeros(0, np.int64),
        np.zeros((0, 0), np.int64),
        {},
    )
    return object_columns(m, layer)


def membrane_nm(
    stores: IdStores, cells: Mapping[int, Box], items: Sequence[tuple[Item, int]]
) -> NDArray[np.float64]:
    """Distance of objects to the membrane of their cells, (N,) in nm.

    Parameters
    ----------
    cells
        Box of each cell.
    items
        Objects, and the cell of each; 0 for none, which gives not a number.
    """
    least = np.full(len(items), np.nan)
    numbers = np.array([cell for _, cell in items], np.int64)
    for cell in np.unique(numbers[numbers > 0]).tolist():
        here = np.flatnonzero(numbers == cell)
        least[here] = membrane_distances_nm(
            stores,
            Item(CELLS, cell, cells[cell]),
            [items[k][0] for k in here.tolist()],
            shape=stores.measurement.shape,
            spacing_nm=stores.measurement.spacing,
        )
    return least


def _box(low: NDArray[np.int64], high: NDArray[np.int64]) -> Box:
    return Box(per_axis(int, low.tolist()), per_axis(int, high.tolist()))


def _objects(found: Sequence[Found], sums: Sums, layer: ObjectLayer) -> Objects:
    """Objects of a layer with what a table says of their voxels."""
    class_ids = [group.class_id for group in layer.groups]
    count, none = len(found), np.zeros(len(layer.groups), np.int64)
    return Objects(
        group=np.array([class_ids.index(f.class_id) + 1 for f in found], np.uint8),
        class_id=np.array([f.class_id for f in found], np.int64),
        class_share=np.full(count, np.nan),
        second=np.zeros(count, np.uint8),
        sums=sums,
        host=np.zeros(count, np.int64),
        final=np.zeros(0, np.uint64),
        dropped=Dropped(none, none, none),
        filled_voxels=0,
    )
