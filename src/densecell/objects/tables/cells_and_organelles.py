"""Tables of cells and of organelles: one row for each object."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.objects.blocks.merge_rules import cell_of, touches_border
from densecell.objects.shape.moments import centroids_nm, elongations, nearest_nm
from densecell.objects.tables.table_input import (
    TableInput,
    counts_in_cells,
    fractions_in_cells,
)
from densecell.result import CELLS, ORGANELLES, columns_of

TableColumns = dict[str, Sequence[Any] | NDArray[Any]]


def cells_table(m: TableInput) -> TableColumns:
    """Columns of `cells.csv`: one row for each cell."""
    scheme = m.measurement.classes
    cells = m.found[CELLS]
    table: TableColumns = {
        "cell_id": np.arange(1, len(cells) + 1),
        **object_columns(m, CELLS),
    }
    columns = columns_of(scheme)
    for group in m.organelle_groups:
        name = columns[scheme.classes[group.class_id].name]
        table[f"{name}_count"] = counts_in_cells(m, group.class_id)
        table |= m.range_columns("cell_count", group.class_id, f"{name}_count")
        table[f"{name}_volume_fraction"] = fractions_in_cells(m, group.class_id)
        table |= m.range_columns(
            "cell_fraction", group.class_id, f"{name}_volume_fraction"
        )
    return table


def organelles_table(m: TableInput) -> TableColumns:
    """Columns of `organelles.csv`: a row for each organelle, then for each part."""
    tables = []
    for layer in m.found:
        if layer == CELLS:
            continue
        count = len(m.found[layer])
        host = np.zeros(count, int) if layer == ORGANELLES else m.found[layer].host
        tables.append(
            {
                "layer": [layer] * count,
                "organelle_id": np.arange(1, count + 1),
                "cell_id": cell_of(m.found, layer) if CELLS in m.found else [0] * count,
                "inside_organelle_id": host,
                **object_columns(m, layer),
                "membrane_distance_nm": m.shapes[layer].membrane_nm,
                "class_share": m.found[layer].class_share,
                "second_class": _second_classes(m, layer),
            }
        )
    return {key: [v for t in tables for v in t[key]] for key in tables[0]}


def _second_classes(m: TableInput, layer: str) -> list[str | None]:
    """Name of the class with the second most votes, by object."""
    groups = {x.name: x.groups for x in m.layers}[layer]
    classes = m.measurement.classes.classes
    names = [None, *(classes[g.class_id].name for g in groups)]
    return [names[number] for number in m.found[layer].second]


def object_columns(m: TableInput, layer: str) -> TableColumns:
    """Columns that cells and organelles share, for the objects of a layer."""
    objects, shapes = m.found[layer], m.shapes[layer]
    spacing = m.measurement.spacing
    sums = objects.sums
    groups = {x.name: x.groups for x in m.layers}[layer]
    names = [m.measurement.classes.classes[g.class_id].name for g in groups]
    volume = sums.voxels * spacing.voxel_um3
    centre = centroids_nm(sums, spacing)
    table: TableColumns = {
        "class": [names[g - 1] for g in objects.group],
        "voxels": sums.voxels,
        "volume_um3": volume,
        "surface_um2": shapes.area_um2,
        "surface_reliable": shapes.reliable,
        "sphericity": shapes.sphericity,
        "feret_nm": shapes.feret_nm,
        "elongation": elongations(sums, spacing),
    }
    for k, axis in enumerate("zyx"):
        table[f"centroid_{axis}_nm"] = centre[:, k]
    for k, axis in enumerate("zyx"):
        table[f"box_{axis}_start_voxels"] = sums.low[:, k]
        table[f"box_{axis}_stop_voxels"] = sums.high[:, k]
    table["nearest_neighbour_nm"] = nearest_nm(centre, objects.group)
    table["touches_border"] = touches_border(sums, m.measurement.shape)
    sure = m.measurement.confidence is not None
    table["confidence"] = (
        sums.confidence / sums.voxels / 255 if sure else [None] * len(volume)
    )
    return table
