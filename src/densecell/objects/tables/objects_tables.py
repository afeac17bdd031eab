"""Tables of cells, organelles, classes and contacts; docs/tables.md explains columns.

Every number follows from sums over whole objects, so that blocks do not matter.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.objects.blocks.merge_rules import Objects, touches_border
from densecell.objects.layers import CELLS, ORGANELLES, Layer
from densecell.objects.record import Record
from densecell.objects.runs.sums import MOMENTS, Sums
from densecell.objects.shape.batches import Seen, cell_of
from densecell.objects.shape.contacts import unit_um2
from densecell.result.columns import columns_of

Table = dict[str, Sequence[Any] | NDArray[Any]]
Floats = NDArray[np.float64]


class Range(NamedTuple):
    """Least and most over the members, if their labels were kept."""

    low: Floats
    high: Floats


class Measured(NamedTuple):
    """Everything that tables are made of."""

    record: Record
    found: dict[str, Objects]
    seen: dict[str, Seen]  # of each layer, in the order of ids
    voxels: NDArray[np.int64]  # (K,) by class
    contacts: NDArray[np.int64]  # (K, K) areas, in units of `contacts.unit_um2`
    ranges: Mapping[tuple[str, int], Range]  # by what, and class id


def cells_table(m: Measured) -> Table:
    """Make `cells.csv`: one row for each cell."""
    scheme = m.record.classes
    cells = m.found[CELLS]
    table: Table = {"cell_id": np.arange(1, len(cells) + 1), **_shared(m, CELLS)}
    columns = columns_of(scheme)
    for group in _organelle_groups(m):
        name = columns[scheme.classes[group.class_id].name]
        table[f"{name}_count"] = counts_in_cells(
            m.found, m.record.layers, group.class_id
        )
        table |= _ranged(m, "cell_count", group.class_id, f"{name}_count")
        table[f"{name}_volume_fraction"] = fractions_in_cells(
            cells.sums.classes, cells.sums.voxels, scheme, group.class_id
        )
        table |= _ranged(m, "cell_fraction", group.class_id, f"{name}_volume_fraction")
    return table


def organelles_table(m: Measured) -> Table:
    """Make `organelles.csv`: one row for each organelle, then for each part of one."""
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
                **_shared(m, layer),
                "membrane_distance_nm": m.seen[layer].membrane_nm,
            }
        )
    return {key: [v for t in tables for v in t[key]] for key in tables[0]}


def contacts_table(m: Measured) -> Table:
    """Make `contacts.csv`: one row for every two classes that meet."""
    scheme = m.record.classes
    areas = m.contacts * unit_um2(m.record.spacing)
    pairs = [(a, b) for a, b in zip(*np.triu_indices(len(scheme), 1), strict=True)]
    pairs = [(a, b) for a, b in pairs if areas[a, b] > 0]
    return {
        "class_a": [scheme.names[a] for a, _ in pairs],
        "class_b": [scheme.names[b] for _, b in pairs],
        "area_um2": [areas[a, b] for a, b in pairs],
    }


def counts_in_cells(
    found: dict[str, Objects], layers: Sequence[Layer], class_id: int
) -> NDArray[np.int64]:
    """Count the objects of a class in each cell."""
    for layer in layers:
        for number, group in enumerate(layer.groups, 1):
            if group.class_id == class_id and layer.name != CELLS:
                cells = cell_of(found, layer.name)
                here = cells[found[layer.name].group == number]
                return np.bincount(here, minlength=len(found[CELLS]) + 1)[1:]
    raise KeyError(class_id)


def fractions_in_cells(
    by_class: NDArray[np.int64],
    voxels: NDArray[np.int64],
    scheme: ClassScheme,
    class_id: int,
) -> Floats:
    """Give the share of each cell's voxels that are of a class or lie in it."""
    channels = [scheme.ids.index(i) for i in scheme.family(class_id)]
    return by_class[:, channels].sum(axis=1) / voxels


def _organelle_groups(m: Measured) -> list[Any]:
    return [g for x in m.record.layers if x.name != CELLS for g in x.groups]


def _ranged(m: Measured, what: str, class_id: int, column: str) -> Table:
    """Give the two columns of a range, if there is one."""
    found = m.ranges.get((what, class_id))
    if found is None:
        return {}
    return {f"{column}_min": found.low, f"{column}_max": found.high}


def _shared(m: Measured, layer: str) -> Table:
    """Give the columns that cells and organelles share."""
    objects, seen, spacing = m.found[layer], m.seen[layer], m.record.spacing
    sums = objects.sums
    groups = {x.name: x.groups for x in m.record.layers}[layer]
    names = [m.record.classes.classes[g.class_id].name for g in groups]
    volume = sums.voxels * spacing.voxel_um3
    centre = centroids_nm(sums, spacing)
    table: Table = {
        "class": [names[g - 1] for g in objects.group],
        "voxels": sums.voxels,
        "volume_um3": volume,
        "surface_um2": seen.area_um2,
        "surface_reliable": seen.reliable,
        "sphericity": seen.sphericity,
        "elongation": elongations(sums, spacing),
    }
    for k, axis in enumerate("zyx"):
        table[f"centroid_{axis}_nm"] = centre[:, k]
    for k, axis in enumerate("zyx"):
        table[f"box_{axis}_start_voxels"] = sums.low[:, k]
        table[f"box_{axis}_stop_voxels"] = sums.high[:, k]
    table["nearest_neighbour_nm"] = nearest_nm(centre, objects.group)
    table["touches_border"] = touches_border(sums, m.record.shape)
    sure = m.record.confidence is not None
    table["confidence"] = (
        sums.confidence / sums.voxels / 255 if sure else [None] * len(volume)
    )
    return table


def centroids_nm(sums: Sums, spacing_nm: Spacing) -> Floats:
    """Give the middle of each object, (N, 3) in nm from the volume's corner."""
    return (sums.position / sums.voxels[:, None] + 0.5) * np.array(spacing_nm)


def elongations(sums: Sums, spacing_nm: Spacing) -> Floats:
    """Give the longest over the shortest axis of the ellipsoid of equal moments."""
    n = len(sums.voxels)
    covariance = np.zeros((n, 3, 3))
    voxels, position = sums.voxels.astype(object), sums.position.astype(object)
    for k, (i, j) in enumerate(MOMENTS):  # in whole numbers: nothing cancels
        exact = voxels * sums.square[:, k] - position[:, i] * position[:, j]
        shared = (exact / voxels**2).astype(np.float64) if n else np.zeros(0)
        scaled = shared * spacing_nm[i] * spacing_nm[j]
        covariance[:, i, j] = covariance[:, j, i] = scaled
    covariance += np.diag(np.square(spacing_nm)) / 12  # a voxel is no point
    values = np.linalg.eigvalsh(covariance)
    return np.sqrt(values[:, 2] / values[:, 0])


def nearest_nm(centre_nm: Floats, group: NDArray[np.integer]) -> Floats:
    """Give the distance between centroids to the nearest object of the same group."""
    nearest = np.full(len(group), np.nan)
    for number in np.unique(group):
        here = np.flatnonzero(group == number)
        if len(here) > 1:
            found, _ = cKDTree(centre_nm[here]).query(centre_nm[here], k=2)
            nearest[here] = np.asarray(found)[:, 1]
    return nearest
