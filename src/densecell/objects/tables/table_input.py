"""Everything that the tables are made of, and what several of them count."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.merge_rules import LayerObjects, cell_of
from densecell.objects.layers import ClassGroup, ObjectLayer
from densecell.objects.shape.batches import ShapeMeasures
from densecell.result import CELLS, Measurement


class MemberRange(NamedTuple):
    """Least and most over the members, if their labels were kept."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


class TableInput(NamedTuple):
    """Everything that tables are made of."""

    measurement: Measurement
    layers: tuple[ObjectLayer, ...]
    found: LayerObjects
    shapes: dict[str, ShapeMeasures]  # of each layer
    voxels: NDArray[np.int64]  # (K,) by class
    contacts: NDArray[np.int64]  # (K, K) areas, in units of `contacts.unit_um2`
    ranges: Mapping[tuple[str, int], MemberRange]  # by count or fraction, and class id

    @property
    def organelle_groups(self) -> list[ClassGroup]:
        """Groups of all layers but the cells."""
        return [g for x in self.layers if x.name != CELLS for g in x.groups]

    def range_columns(
        self, what: str, class_id: int, column: str
    ) -> dict[str, NDArray[np.float64]]:
        """The two columns of a range, if there is one."""
        found = self.ranges.get((what, class_id))
        if found is None:
            return {}
        return {f"{column}_min": found.low, f"{column}_max": found.high}


def counts_in_cells(m: TableInput, class_id: int) -> NDArray[np.int64]:
    """Number of objects of a class of organelles in each cell."""
    cells, _ = _in_cells(m, class_id)
    return np.bincount(cells, minlength=len(m.found[CELLS]) + 1)[1:]


def fractions_in_cells(m: TableInput, class_id: int) -> NDArray[np.float64]:
    """Volume of the objects of a class in each cell, as a share of the cell's."""
    cells, voxels = _in_cells(m, class_id)
    size = m.found[CELLS].sums.voxels
    return np.bincount(cells, weights=voxels, minlength=len(size) + 1)[1:] / size


def _in_cells(
    m: TableInput, class_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell and size of each object of a class of organelles."""
    for layer in m.layers:
        if layer.name != CELLS and class_id in (g.class_id for g in layer.groups):
            objects = m.found[layer.name]
            here = objects.class_id == class_id
            return cell_of(m.found, layer.name)[here], objects.sums.voxels[here]
    raise KeyError(class_id)
