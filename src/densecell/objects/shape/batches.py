"""Which objects are looked at together: small pieces of work, of about equal size.

One unit holds a few objects whose surfaces are measured, from one part of the volume;
another holds all objects of one cell, whose distances to its membrane are measured.
"""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.merge_rules import Objects
from densecell.objects.blocks.object_runs import Blocks, Item
from densecell.objects.layers import CELLS, LAYERS, ORGANELLES
from densecell.objects.shape.measures import MOST, areas_of, membrane_distances_nm

TOGETHER = 1_000_000  # voxels of objects whose surfaces are measured together
AT_MOST = 200  # of them


class Unit(NamedTuple):
    """Objects to be looked at together."""

    layers: NDArray[np.uint8]  # (N,) index into LAYERS
    numbers: NDArray[np.int64]  # (N,) ids
    cell: int  # whose membrane they are away from; 0: their surfaces are sought


class Seen(NamedTuple):
    """What was seen of the objects of a layer, in the order of ids."""

    area_um2: NDArray[np.float64]
    reliable: NDArray[np.bool_]
    sphericity: NDArray[np.float64]
    membrane_nm: NDArray[np.float64]  # not a number where there is no cell


class Look:
    """Looks at the objects of a measurement, in any of its threads.

    Parameters
    ----------
    job
        Resolved, with its final ids saved.
    found
        Its objects.
    """

    def __init__(self, job: Job, found: dict[str, Objects]) -> None:
        self._record, self._found = job.record, found
        self._blocks = Blocks(job)

    @cached_property
    def units(self) -> list[Unit]:
        """Share all objects out, the same way in every process."""
        return [*_by_cell(self._found), *_by_place(self._found, self._record.block)]

    def at(self, number: int) -> dict[str, NDArray[Any]]:
        """Measure the objects of a unit: fields of `Seen`, in the unit's order."""
        unit, spacing = self.units[number], self._record.spacing
        items = [
            self._item(LAYERS[layer], number)
            for layer, number in zip(
                unit.layers.tolist(), unit.numbers.tolist(), strict=True
            )
        ]
        if not unit.cell:
            return areas_of(self._blocks, items, spacing)._asdict()
        nm = membrane_distances_nm(
            self._blocks,
            self._item(CELLS, unit.cell),
            items,
            shape=self._record.shape,
            spacing_nm=spacing,
        )
        return {"membrane_nm": nm}

    def _item(self, layer: str, number: int) -> Item:
        sums = self._found[layer].sums
        z0, y0, x0 = sums.low[number - 1].tolist()
        z1, y1, x1 = sums.high[number - 1].tolist()
        return Item(layer, number, Box((z0, y0, x0), (z1, y1, x1)))


def cell_of(found: dict[str, Objects], layer: str) -> NDArray[np.int64]:
    """Give the cell of each object of a layer, 0 for none."""
    objects = found[layer]
    if layer == CELLS:
        return np.arange(1, len(objects) + 1)
    if layer == ORGANELLES or ORGANELLES not in found:
        return objects.host
    above = np.append(0, found[ORGANELLES].host)
    return above[objects.host]


def _by_cell(found: dict[str, Objects]) -> list[Unit]:
    """Put the objects of each cell together."""
    if CELLS not in found:
        return []
    layers, numbers = _all(found, leave_out=CELLS)
    inner = [cell_of(found, name) for name in LAYERS if name in found and name != CELLS]
    cells = np.concatenate([np.zeros(0, np.int64), *inner])
    order = np.argsort(cells, kind="stable")
    order = order[cells[order] > 0]
    each = np.split(order, np.flatnonzero(np.diff(cells[order])) + 1)
    return [
        Unit(layers[here], numbers[here], int(cells[here[0]]))
        for here in each
        if len(here)
    ]


def _by_place(found: dict[str, Objects], block: tuple[int, int, int]) -> list[Unit]:
    """Put objects together that begin in one block, or in blocks in a row."""
    layers, numbers = _all(found)
    if not len(numbers):
        return []
    names = [name for name in LAYERS if name in found]
    low = np.concatenate([found[name].sums.low for name in names])
    high = np.concatenate([found[name].sums.high for name in names])
    z, y, x = (low // block).T
    order = np.lexsort((numbers, layers, x, y, z))
    sizes = np.minimum((high - low).prod(axis=1), MOST)[order]
    filled = np.cumsum(np.maximum(sizes, TOGETHER // AT_MOST)) // TOGETHER
    each = np.split(order, np.flatnonzero(np.diff(filled)) + 1)
    return [Unit(layers[here], numbers[here], 0) for here in each]


def _all(
    found: dict[str, Objects], *, leave_out: str = ""
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Give index of the layer, and id, of all objects."""
    counts = [
        len(found[name]) if name in found and name != leave_out else 0
        for name in LAYERS
    ]
    layers = np.repeat(np.arange(len(LAYERS), dtype=np.uint8), counts)
    return layers, np.concatenate([np.arange(1, n + 1) for n in counts])
