"""Batches of objects whose shapes are measured together, of about equal work.

One kind holds a few objects from one part of the volume, whose surfaces are measured.
The other holds all objects of one cell, whose distances to its membrane are measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.merge_rules import LayerObjects, cell_of
from densecell.objects.blocks.object_runs import Item, NumberedBlocks
from densecell.objects.shape.measures import MOST_DRAWN, areas_of, membrane_distances_nm
from densecell.result import CELLS, LAYERS

TOGETHER = 1_000_000  # voxels of the objects of a batch
AT_MOST = 200  # objects of a batch


class ShapeBatch(NamedTuple):
    """Objects that are measured together."""

    layers: NDArray[np.uint8]  # (N,) index into LAYERS
    numbers: NDArray[np.int64]  # (N,) ids
    cell: int  # from whose membrane distances are measured; 0: surfaces are measured


class ShapeMeasures(NamedTuple):
    """Shapes of the objects of a layer, in the order of ids."""

    area_um2: NDArray[np.float64]
    reliable: NDArray[np.bool_]
    sphericity: NDArray[np.float64]
    feret_nm: NDArray[np.float64]
    membrane_nm: NDArray[np.float64]  # not a number where there is no cell


class ShapeBatches:
    """Measures shapes of the objects of a measurement, from any thread.

    Parameters
    ----------
    job
        Blocks that are merged, with their final ids saved.
    found
        Its objects.
    """

    def __init__(self, job: Job, found: LayerObjects) -> None:
        self._measurement, self._found = job.measurement, found
        self._blocks = NumberedBlocks(job)

    @cached_property
    def batches(self) -> list[ShapeBatch]:
        """All objects in batches, the same ones in every process."""
        return [
            *_by_cell(self._found),
            *_by_place(self._found, self._measurement.block),
        ]

    def measure(self, number: int) -> dict[str, NDArray[Any]]:
        """Fields of `ShapeMeasures` of the objects of a batch, in its order."""
        batch, spacing = self.batches[number], self._measurement.spacing
        items = [
            self._item(LAYERS[layer], number)
            for layer, number in zip(
                batch.layers.tolist(), batch.numbers.tolist(), strict=True
            )
        ]
        if not batch.cell:
            return areas_of(self._blocks, items, spacing)._asdict()
        nm = membrane_distances_nm(
            self._blocks,
            self._item(CELLS, batch.cell),
            items,
            shape=self._measurement.shape,
            spacing_nm=spacing,
        )
        return {"membrane_nm": nm}

    def _item(self, layer: str, number: int) -> Item:
        sums = self._found[layer].sums
        z0, y0, x0 = sums.low[number - 1].tolist()
        z1, y1, x1 = sums.high[number - 1].tolist()
        return Item(layer, number, Box((z0, y0, x0), (z1, y1, x1)))


def gather_measures(
    batches: Sequence[ShapeBatch],
    files: Iterable[Mapping[str, NDArray[Any]]],
    found: LayerObjects,
) -> dict[str, ShapeMeasures]:
    """Put what was measured of all batches into the order of ids.

    Parameters
    ----------
    batches, files
        All batches, and fields of `ShapeMeasures` for each.
    found
        The objects.
    """
    gathered = {
        name: ShapeMeasures(
            np.full(len(objects), np.nan),
            np.zeros(len(objects), bool),
            np.full(len(objects), np.nan),
            np.full(len(objects), np.nan),
            np.full(len(objects), np.nan),
        )
        for name, objects in found.items()
    }
    for batch, fields in zip(batches, files, strict=True):
        for k, layer in enumerate(LAYERS):
            here = batch.layers == k
            if here.any():
                into = gathered[layer]._asdict()
                for field, values in fields.items():
                    into[field][batch.numbers[here] - 1] = values[here]
    return gathered


def _by_cell(found: LayerObjects) -> list[ShapeBatch]:
    """A batch of the objects of each cell."""
    if CELLS not in found:
        return []
    layers, numbers = _all(found, leave_out=CELLS)
    inner = [cell_of(found, name) for name in LAYERS if name in found and name != CELLS]
    cells = np.concatenate([np.zeros(0, np.int64), *inner])
    order = np.argsort(cells, kind="stable")
    order = order[cells[order] > 0]
    each = np.split(order, np.flatnonzero(np.diff(cells[order])) + 1)
    return [
        ShapeBatch(layers[here], numbers[here], int(cells[here[0]]))
        for here in each
        if len(here)
    ]


def _by_place(found: LayerObjects, block: tuple[int, int, int]) -> list[ShapeBatch]:
    """Batches of objects that begin in one block, or in blocks in a row."""
    layers, numbers = _all(found)
    if not len(numbers):
        return []
    names = [name for name in LAYERS if name in found]
    low = np.concatenate([found[name].sums.low for name in names])
    high = np.concatenate([found[name].sums.high for name in names])
    z, y, x = (low // block).T
    order = np.lexsort((numbers, layers, x, y, z))
    sizes = np.minimum((high - low).prod(axis=1), MOST_DRAWN)[order]
    filled = np.cumsum(np.maximum(sizes, TOGETHER // AT_MOST)) // TOGETHER
    each = np.split(order, np.flatnonzero(np.diff(filled)) + 1)
    return [ShapeBatch(layers[here], numbers[here], 0) for here in each]


def _all(
    found: LayerObjects, *, leave_out: str = ""
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Index of the layer, and id, of all objects."""
    counts = [
        len(found[name]) if name in found and name != leave_out else 0
        for name in LAYERS
    ]
    layers = np.repeat(np.arange(len(LAYERS), dtype=np.uint8), counts)
    return layers, np.concatenate([np.arange(1, n + 1) for n in counts])
