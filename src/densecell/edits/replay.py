"""Corrections of an earlier measurement, made again where they still fit.

Objects get new ids when they are measured anew. So each correction is given to the
objects that lie now where those of then began.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from densecell.edits.apply import delete, grow_into, merge, reclassify, split
from densecell.edits.correction import Voxel
from densecell.edits.journal import Edit, read_lines, standing
from densecell.errors import DensecellError, OutputError
from densecell.geometry import Box
from densecell.result import Result


class Replayed(NamedTuple):
    """A correction of then, and what became of it."""

    then: Edit
    now: Edit | None
    why_not: str = ""


def replay(result: Path, journal: Path) -> Iterator[Replayed]:
    """Make the corrections of a journal that stand, one by one.

    Parameters
    ----------
    result
        Folder of a measured result.
    journal
        A journal, such as the `edits-1.jsonl` that `measure --overwrite` left.

    Raises
    ------
    VolumeError
        If the journal is damaged.
    """
    Result(result).require_measured()
    for then in standing(read_lines(journal)):
        try:
            yield Replayed(then, _again(result, then))
        except DensecellError as error:
            yield Replayed(then, None, str(error))


def _again(result: Path, then: Edit) -> Edit:
    ids = _ids_at(result, then.layer, then.seeds or then.points)
    why = then.why or f"correction {then.number} again"
    if then.kind == "split":
        if len(set(ids)) > 1:
            raise OutputError(f"{result}: its seeds lie in several objects now")
        call = partial(split, result, then.layer, ids[0], then.seeds)
    elif then.kind == "merge":
        if len(set(ids)) < len(ids):
            raise OutputError(f"{result}: its objects are one object already")
        call = partial(merge, result, then.layer, ids)
    elif then.kind == "reclassify":
        call = partial(reclassify, result, then.layer, ids, then.class_name or "")
    elif then.kind == "delete":
        call = partial(delete, result, then.layer, ids)
    else:
        call = partial(
            grow_into,
            result,
            then.layer,
            ids[0],
            then.distance_nm or 0.0,
            within=then.within,
        )
    return call(why=why)


def _ids_at(result: Path, layer: str, points: Sequence[Voxel]) -> list[int]:
    """Ids of the objects at some voxels.

    Raises
    ------
    OutputError
        If there is none at one of them.
    """
    objects = Result(result).objects
    if layer not in objects:
        raise OutputError(f"{result}: has no layer {layer!r} any more")
    volume, ids = objects[layer], []
    for point in points:
        box = Box.at(point, (1, 1, 1))
        there = Box.whole(volume.shape).contains(box)
        ids.append(int(volume.read(box)[0, 0, 0]) if there else 0)
        if not ids[-1]:
            raise OutputError(f"{result}: no object of {layer} is at {point} any more")
    return ids
