"""Everything that the tables are made of, and what several of them count."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.objects.blocks.merge_rules import LayerObjects, cell_of
from densecell.objects.layers import Group, Layer
from densecell.objects.shape.batches import ShapeMeasures
from densecell.result import CELLS, Measurement

Floats = NDArray[np.float64]


class Range(NamedTuple):
    """Least and most over the members, if their labels were kept."""

    low: Floats
    high: Floats


class TableInput(NamedTuple):
    """Everything that tables are made of."""

    measurement: Measurement
    layers: tuple[Layer, ...]
    found: LayerObjects
    shapes: dict[str, ShapeMeasures]  # of each layer
    voxels: NDArray[np.int64]  # (K,) by class
    contacts: NDArray[np.int64]  # (K, K) areas, in units of `contacts.unit_um2`
    ranges: Mapping[tuple[str, int], Range]  # by count or fraction, and class id

    @property
    def organelle_groups(self) -> list[Group]:
        """Groups of all layers but the cells."""
        return [g for x in self.layers if x.name != CELLS for g in x.groups]

    def range_columns(self, what: str, class_id: int, column: str) -> dict[str, Floats]:
        """The two columns of a range, if there is one."""
        found = self.ranges.get((what, class_id))
        if found is None:
            return {}
        return {f"{column}_min": found.low, f"{column}_max": found.high}


def counts_in_cells(m: TableInput, class_id: int) -> NDArray[np.int64]:
    """Number of objects of a class of organelles in each cell."""
    for layer in m.layers:
        for number, group in enumerate(layer.groups, 1):
            if group.class_id == class_id and layer.name != CELLS:
                cells = cell_of(m.found, layer.name)
                here = cells[m.found[layer.name].group == number]
                return np.bincount(here, minlength=len(m.found[CELLS]) + 1)[1:]
    raise KeyError(class_id)


def fractions_in_cells(
    by_class: NDArray[np.int64],
    voxels: NDArray[np.int64],
    scheme: ClassScheme,
    class_id: int,
) -> Floats:
    """Share of each cell's voxels that are of a class or lie in it.

    Parameters
    ----------
    by_class
        (N, K) voxels of each cell by class.
    voxels
        (N,) size of each cell.
    """
    channels = [scheme.ids.index(i) for i in scheme.family(class_id)]
    return by_class[:, channels].sum(axis=1) / voxels
