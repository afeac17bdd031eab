"""Which objects are looked at together: a few cells with all that they hold.

Objects outside every cell come last, a few dozen at a time.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Spacing
from densecell.objects.layers import CELLS, ORGANELLES, PARTS
from densecell.objects.resolve import Objects
from densecell.objects.shapes import Area, Inside, areas_of, solid_of, view_of
from densecell.surfaces import Solid
from densecell.volume import Volume

CELLS_EACH = 4
OTHERS_EACH = 64
TOGETHER = 1_000_000  # voxels of objects whose surfaces are drawn together


class Item(NamedTuple):
    """An object to be looked at."""

    layer: str
    number: int  # its id
    cell: int  # id of its cell, 0 for none; of a cell its own


class Seen(NamedTuple):
    """What was seen of the items of a unit, in their order."""

    area_um2: NDArray[np.float64]
    reliable: NDArray[np.bool_]
    membrane_nm: NDArray[np.float64]  # not a number where there is no cell


def cell_of(found: dict[str, Objects], layer: str) -> NDArray[np.int64]:
    """Give the cell of each object of a layer, 0 for none."""
    objects = found[layer]
    if layer == CELLS:
        return np.arange(1, len(objects) + 1)
    if layer == ORGANELLES or ORGANELLES not in found:
        return objects.host
    above = np.append(0, found[ORGANELLES].host)
    return above[objects.host]


def units_of(found: dict[str, Objects]) -> list[list[Item]]:
    """Share all objects out."""
    by_cell: dict[int, list[Item]] = {}
    for layer in (CELLS, ORGANELLES, PARTS):
        if layer in found:
            for number, cell in enumerate(cell_of(found, layer).tolist(), 1):
                by_cell.setdefault(cell, []).append(Item(layer, number, cell))
    others = by_cell.pop(0, [])
    cells = list(by_cell.values())
    units = [
        [item for cell in cells[n : n + CELLS_EACH] for item in cell]
        for n in range(0, len(cells), CELLS_EACH)
    ]
    return units + [
        others[n : n + OTHERS_EACH] for n in range(0, len(others), OTHERS_EACH)
    ]


def look_at(
    unit: list[Item],
    found: dict[str, Objects],
    volumes: dict[str, Volume],
    spacing_nm: Spacing,
) -> Seen:
    """Measure the surface of each item and its distance to the cell's membrane."""
    areas: list[Area] = []
    solids: list[Solid] = []
    distances = []
    inside: tuple[int, Inside | None] = (0, None)
    for item in unit:
        box = box_of(found[item.layer], item.number)
        view = view_of(volumes[item.layer], box)
        solids.append(solid_of(view, item.number, spacing_nm))
        if sum(solid.mask.size for solid in solids) > TOGETHER:
            areas += areas_of(solids)
            solids.clear()
        if item.layer == CELLS or not item.cell:
            distances.append(np.nan)
            continue
        if inside[0] != item.cell or inside[1] is None:
            whole = box_of(found[CELLS], item.cell)
            inside = item.cell, Inside(volumes[CELLS], item.cell, whole, spacing_nm)
        distance = inside[1]
        assert distance is not None
        distances.append(distance.least_nm(view, item.number))
    areas += areas_of(solids)
    return Seen(
        np.array([a.um2 for a in areas], np.float64),
        np.array([a.reliable for a in areas], np.bool_),
        np.array(distances, np.float64),
    )


def box_of(objects: Objects, number: int) -> Box:
    """Give the bounding box of an object."""
    z0, y0, x0 = objects.sums.low[number - 1].tolist()
    z1, y1, x1 = objects.sums.high[number - 1].tolist()
    return Box((z0, y0, x0), (z1, y1, x1))
