"""Corrections of a measured result: merge, split, reclassify, delete, grow, undo."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from densecell.checksums import checksums_path
from densecell.claim import claimed
from densecell.disk import remove, writing
from densecell.edits import transaction
from densecell.edits.correction import Correction, Voxel, correcting, now
from densecell.edits.derived import derive
from densecell.edits.journal import Edit, journal_text, read_journal, standing
from densecell.edits.touched_rows import follow_hosts, renew_rows
from densecell.edits.voxels import (
    check_seeds,
    grow_object,
    replace_ids,
    split_object,
)
from densecell.errors import OutputError
from densecell.geometry import Box, per_axis
from densecell.objects.layers import of_classes
from densecell.result import (
    CELLS,
    ORGANELLES,
    PARTS,
    Result,
    box_of,
    layout,
    read_mesh_settings,
)
from densecell.settings import write_text
from densecell.surfaces import objects_fingerprint

Votes = dict[str, str]  # fields class_share and second_class of a row


def merge(result: Path, layer: str, ids: Iterable[int], *, why: str = "") -> Edit:
    """Make one object of several; it keeps the lowest id.

    Its class is that of the largest of them.

    Parameters
    ----------
    result
        Folder of a measured result.
    layer
        `cells`, `organelles` or `parts`.
    ids
        At least two objects of the layer.
    why
        A note for the journal.

    Raises
    ------
    OutputError
        If an object is not there, or another process works on the result.
    """
    with correcting(result) as c:
        numbers = c.require(layer, ids, least=2)
        points = [c.point(layer, n) for n in numbers]
        rows = {n: c.rows[layer][n] for n in numbers}
        kept, gone = numbers[0], numbers[1:]
        largest = max(numbers, key=lambda n: (int(rows[n]["voxels"]), -n))
        box = c.box(layer, numbers)
        replace_ids(c, layer, dict.fromkeys(gone, kept))
        class_id = c.class_of(layer, largest)
        for n in gone:
            del c.rows[layer][n]
        votes = {kept: _joint_votes([*rows.values()])}
        renew_rows(c, layer, {kept: class_id}, boxes={kept: box}, votes=votes)
        follow_hosts(c, layer, numbers)
        edit = c.new_edit(
            kind="merge", layer=layer, ids=numbers, points=points, why=why
        )
        classes = {row["class"] for row in rows.values()}
        return _committed(c, edit, classes, {layer: numbers})


def split(
    result: Path, layer: str, number: int, seeds: Sequence[Voxel], *, why: str = ""
) -> Edit:
    """Split an object into one piece for each seed.

    The piece of the first seed keeps the id, the others get new ones.

    Parameters
    ----------
    seeds
        At least two voxels (z, y, x) of the object.

    Raises
    ------
    OutputError
        If there are fewer than two seeds, or one lies outside the object.
    """
    with correcting(result) as c:
        c.require(layer, [number])
        points = list(dict.fromkeys(per_axis(int, seed) for seed in seeds))
        wrong = check_seeds(c, layer, number, points)
        if len(points) < 2:
            wrong.append(f"{len(points)} seeds are given; two or more are needed")
        if wrong:
            raise OutputError(
                f"{result}: object {number} of {layer} cannot be split: "
                f"{'; '.join(wrong)}. Give voxels (z y x) inside the object"
            )
        new = c.next_ids(layer, len(points) - 1)
        row, box = c.rows[layer][number], c.box(layer, [number])
        class_id = c.class_of(layer, number)
        split_object(c, layer, number, points, new)
        pieces = [number, *new]
        renew_rows(
            c,
            layer,
            dict.fromkeys(pieces, class_id),
            boxes=dict.fromkeys(pieces, box),
            votes=dict.fromkeys(pieces, _votes(row)),
        )
        follow_hosts(c, layer, [number])
        edit = c.new_edit(
            kind="split", layer=layer, ids=[number], made=new, seeds=points, why=why
        )
        return _committed(c, edit, {row["class"]}, {layer: pieces})


def reclassify(
    result: Path, layer: str, ids: Iterable[int], class_name: str, *, why: str = ""
) -> Edit:
    """Change the class of objects to another of their layer.

    Raises
    ------
    OutputError
        If the class has no objects in this layer.
    """
    with correcting(result) as c:
        numbers = c.require(layer, ids)
        names = c.measurement.classes.classes
        allowed = [names[g.class_id].name for g in c.layers[layer].groups]
        if class_name not in allowed:
            raise OutputError(
                f"{result}: {class_name!r} is no class of {layer}; choose one of "
                f"{', '.join(allowed)}"
            )
        class_id = c.class_id(class_name)
        rows = {n: c.rows[layer][n] for n in numbers}
        points = [c.point(layer, n) for n in numbers]
        before = {row["class"] for row in rows.values()}
        boxes = {n: box_of(row) for n, row in rows.items()}
        renew_rows(c, layer, dict.fromkeys(numbers, class_id), boxes=boxes, votes={})
        edit = c.new_edit(
            kind="reclassify",
            layer=layer,
            ids=numbers,
            class_name=class_name,
            points=points,
            why=why,
        )
        return _committed(c, edit, before | {class_name}, {layer: numbers})


def delete(result: Path, layer: str, ids: Iterable[int], *, why: str = "") -> Edit:
    """Remove objects, and the parts inside them. What lies in a cell stays."""
    with correcting(result) as c:
        numbers = c.require(layer, ids)
        points = [c.point(layer, n) for n in numbers]
        gone = {layer: numbers}
        if layer == ORGANELLES and PARTS in c.rows:
            gone[PARTS] = [
                n
                for n, row in c.rows[PARTS].items()
                if int(row["inside_organelle_id"] or 0) in numbers
            ]
        classes: set[str] = set()
        for name, these in gone.items():
            replace_ids(c, name, dict.fromkeys(these, 0))
            classes |= {c.rows[name].pop(n)["class"] for n in these}
        follow_hosts(c, layer, numbers)
        edit = c.new_edit(
            kind="delete", layer=layer, ids=numbers, points=points, why=why
        )
        return _committed(c, edit, classes, gone)


def grow_into(
    result: Path,
    layer: str,
    number: int,
    distance_nm: float,
    *,
    within: Sequence[str] = (),
    why: str = "",
) -> Edit:
    """Let an object grow over voxels that no object of its layer has.

    It grows over what is connected to it. Organelles stay in their cell, parts in their
    organelle.

    Parameters
    ----------
    distance_nm
        How far it grows.
    within
        Names of classes: it grows over voxels that the networks gave one of them. None:
        over all.

    Raises
    ------
    OutputError
        If there is nothing to grow over, or a class is not known.
    """
    if not (math.isfinite(distance_nm) and distance_nm >= 0):
        raise OutputError(
            f"{result}: {distance_nm} nm is no distance; give a number of at least 0"
        )
    with correcting(result) as c:
        c.require(layer, [number])
        known = c.measurement.classes.names
        if unknown := [name for name in within if name not in known]:
            raise OutputError(
                f"{result}: has no class {unknown[0]!r}; it has {', '.join(known)}"
            )
        row, point = c.rows[layer][number], c.point(layer, number)
        box = c.box(layer, [number])
        margin = per_axis(lambda nm: int(distance_nm // nm) + 1, c.measurement.spacing)
        taken = grow_object(c, layer, number, distance_nm, _free(c, layer, row, within))
        if not taken:
            raise OutputError(
                f"{result}: object {number} of {layer} finds no free voxel within "
                f"{distance_nm:g} nm. Choose a larger distance or other classes, or "
                "merge it with its neighbour"
            )
        around = box.grown(margin).clipped(c.store(layer).shape)
        renew_rows(
            c,
            layer,
            {number: c.class_of(layer, number)},
            boxes={number: around},
            votes={number: _votes(row)},
        )
        follow_hosts(c, layer, [number])
        edit = c.new_edit(
            kind="grow-into",
            layer=layer,
            ids=[number],
            distance_nm=distance_nm,
            within=within,
            points=[point],
            why=why,
        )
        return _committed(c, edit, {row["class"]}, {layer: [number]})


def undo(result: Path, *, why: str = "") -> Edit:
    """Undo the last correction that stands; all files are as they were before it.

    Raises
    ------
    OutputError
        If there is none.
    """
    with claimed(result), writing(result):
        transaction.recover(result)
        journal = read_journal(result)
        stand = standing(journal)
        if not stand:
            raise OutputError(f"{result}: has no correction to undo")
        last = stand[-1]
        edit = Edit(
            number=len(journal) + 1,
            when=now(),
            kind="undo",
            layer=last.layer,
            undoes=last.number,
            why=why,
        )
        text = journal_text([*journal, edit])
        remove(result / layout.MESHED)
        transaction.undo_files(result, last.number, (layout.EDITS, text))
        _mark_meshes(result)
        return edit


def _committed(
    c: Correction, edit: Edit, classes: Iterable[str], changed: Mapping[str, list[int]]
) -> Edit:
    """Bring tables, levels and checksums up to date, and put all into place."""
    derive(c, classes)
    c.stage_stores()
    objects = [(layer, n) for layer, numbers in changed.items() for n in numbers]
    edit = edit.model_copy(update={"changed": tuple(objects)})
    remove(c.result.path / layout.MESHED)  # meshes are of the objects before
    c.commit(edit)
    return edit


def _mark_meshes(path: Path) -> None:
    """Mark complete meshes as finished if they are of the objects that are there."""
    if not checksums_path(path, "mesh").exists():
        return
    if objects_fingerprint(Result(path)) == read_mesh_settings(path).objects:
        write_text(path / layout.MESHED, "")


def _votes(row: Mapping[str, str]) -> Votes:
    return {name: row.get(name, "") for name in ("class_share", "second_class")}


def _joint_votes(rows: Sequence[Mapping[str, str]]) -> Votes:
    """Votes of several objects of one class, by their voxels; else nobody knows."""
    shares = [row.get("class_share", "") for row in rows]
    if not all(shares) or len({row["class"] for row in rows}) > 1:
        return {"class_share": "", "second_class": ""}
    voxels = np.array([int(row["voxels"]) for row in rows])
    share = float(np.average([float(share) for share in shares], weights=voxels))
    largest = rows[int(voxels.argmax())]
    return {"class_share": f"{share:.9g}", "second_class": largest["second_class"]}


def _free(
    c: Correction, layer: str, row: Mapping[str, str], within: Sequence[str]
) -> Callable[[Box], NDArray[np.bool_]]:
    """Where an object may grow, besides voxels of no object."""
    host = {ORGANELLES: (CELLS, "cell_id"), PARTS: (ORGANELLES, "inside_organelle_id")}
    outer, column = host.get(layer, ("", ""))
    inside = int(row.get(column) or 0) if outer in c.rows else 0
    family = [c.class_id(name) for name in within]

    def allowed(box: Box) -> NDArray[np.bool_]:
        free = np.ones(box.shape, bool)
        if inside:
            free &= c.store(outer).read(box) == inside
        if family:
            free &= of_classes(c.result.classes.read(box), family)
        return free

    return allowed
