"""Rows of the objects that a correction touched, measured anew from their voxels.

::

    organelle changed  -> its row; its cell; its distance to the membrane
    cell changed       -> its row; the cell and the distance of what lies in it
"""

from collections.abc import Iterable, Mapping

from densecell.edits.correction import Correction, TableRow
from densecell.geometry import Box
from densecell.objects.again import (
    Found,
    IdStores,
    measured_again,
    membrane_nm,
)
from densecell.objects.blocks.object_runs import Item
from densecell.result import CELLS, ORGANELLES, PARTS, box_of
from densecell.result.tables import field_text

NOTHING: Mapping[str, str] = {}


def renew_rows(
    correction: Correction,
    layer: str,
    changed: Mapping[int, int],
    *,
    boxes: Mapping[int, Box],
    votes: Mapping[int, Mapping[str, str]],
) -> None:
    """Measure changed objects, and let what lies in them follow.

    Parameters
    ----------
    changed
        Class id by id, of the objects that have other voxels or another class now.
    boxes
        A box that holds each of them.
    votes
        Fields `class_share` and `second_class` of each, as far as they are known.
    """
    stores = _stores(correction)
    rows = correction.rows[layer]
    numbers = sorted(changed)
    if numbers:
        found = [Found(Item(layer, n, boxes[n]), changed[n]) for n in numbers]
        columns = measured_again(stores, layer, found)
        for k, number in enumerate(numbers):
            fields = {name: field_text(column[k]) for name, column in columns.items()}
            times = int(rows.get(number, NOTHING).get("edits") or 0) + 1
            new = {"edits": str(times)}
            rows[number] = _row(correction, layer, number, fields | new, votes)
    _place(correction, stores, layer, numbers)


def follow_hosts(correction: Correction, layer: str, hosts: Iterable[int]) -> None:
    """Find anew in what the objects lie whose host was changed or has gone."""
    stores, gone = _stores(correction), set(hosts)
    inner = {CELLS: (ORGANELLES, PARTS), ORGANELLES: (PARTS,), PARTS: ()}[layer]
    column = "cell_id" if layer == CELLS else "inside_organelle_id"
    for name in inner:
        rows = correction.rows.get(name, {})
        inside = [n for n, row in rows.items() if int(row[column] or 0) in gone]
        _place(correction, stores, name, inside)


def _stores(correction: Correction) -> IdStores:
    volume = correction.confidence
    return IdStores(
        lambda layer, box: correction.store(layer).read(box),
        correction.measurement,
        None if volume is None else volume.read,
    )


def _row(
    correction: Correction,
    layer: str,
    number: int,
    fields: Mapping[str, str],
    votes: Mapping[int, Mapping[str, str]],
) -> TableRow:
    """Row of an object in the order of the columns that are there."""
    rows = correction.rows[layer]
    like = rows.get(number) or next(iter(rows.values()))
    known = dict(fields)
    if layer == CELLS:
        known["cell_id"] = str(number)
    else:
        known |= {"layer": layer, "organelle_id": str(number)}
        known |= votes.get(number, {"class_share": "", "second_class": ""})
    old = {name: "" for name in like} | dict(rows.get(number, NOTHING))
    return {name: known.get(name, old.get(name, "")) for name in {**old, **known}}


def _place(
    correction: Correction, stores: IdStores, layer: str, numbers: Iterable[int]
) -> None:
    """Find in what objects of a layer lie, and how far from the membrane."""
    asked = sorted(numbers)
    if layer == CELLS or not asked:
        return
    rows = correction.rows[layer]
    items = [Item(layer, n, box_of(rows[n])) for n in asked]
    if layer == PARTS and ORGANELLES in correction.rows:
        for n, host in zip(
            asked, stores.hosts(items, ORGANELLES).tolist(), strict=True
        ):
            rows[n]["inside_organelle_id"] = str(host)
            if host:
                rows[n]["cell_id"] = correction.rows[ORGANELLES][host]["cell_id"]
    if CELLS not in correction.rows:
        return
    if layer == ORGANELLES or ORGANELLES not in correction.rows:
        for n, cell in zip(asked, stores.hosts(items, CELLS).tolist(), strict=True):
            rows[n]["cell_id"] = str(cell)
    cells = {n: box_of(row) for n, row in correction.rows[CELLS].items()}
    pairs = [(item, int(rows[item.number]["cell_id"])) for item in items]
    for n, nm in zip(asked, membrane_nm(stores, cells, pairs).tolist(), strict=True):
        rows[n]["membrane_distance_nm"] = field_text(nm)
