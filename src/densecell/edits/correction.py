"""A correction under way: the result it changes, its tables and its stores."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from densecell.checksums import changed_checksums, checksums_path
from densecell.claim import claimed
from densecell.disk import writing
from densecell.edits.journal import (
    Edit,
    highest_id,
    journal_text,
    read_journal,
)
from densecell.edits.stores import EditedStore
from densecell.edits.transaction import Transaction, recover
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.objects import layers_of, named_objects
from densecell.result import (
    LAYERS,
    STORE,
    Measurement,
    Result,
    box_of,
    layer_path,
)
from densecell.result.layout import EDITS, TABLES
from densecell.volume import Volume, name_objects, open_volume

STEP = "measure"  # whose checksums change
TableRow = dict[str, str]
Voxel = tuple[int, int, int]


class Correction:
    """What a correction reads and changes; nothing is changed before `commit`.

    Parameters
    ----------
    path
        Folder of a measured result, claimed by this process.

    Attributes
    ----------
    rows
        Rows of cells, organelles and parts, by layer and id; to be changed in place.
    """

    def __init__(self, path: Path) -> None:
        self.result = Result(path)
        self.result.require_measured()
        assert self.result.measurement is not None  # or it is not measured
        self.measurement: Measurement = self.result.measurement
        self.journal = read_journal(path)
        self.transaction = Transaction(path, len(self.journal) + 1)
        self.rows: dict[str, dict[int, TableRow]] = {
            layer: {n: dict(row) for n, row in self.result.rows(layer).items()}
            for layer in self.result.objects
        }
        self._stores: dict[str, EditedStore] = {}
        layers = layers_of(self.measurement.classes, self.measurement.objects)
        self.layers = {layer.name: layer for layer in layers}

    def store(self, layer: str) -> EditedStore:
        """Ids of a layer, with the changes so far."""
        if layer not in self._stores:
            name = layer_path(Path(), layer).as_posix()
            self._stores[layer] = EditedStore(name, self.transaction)
        return self._stores[layer]

    @cached_property
    def confidence(self) -> Volume | None:
        """Confidence of the ensemble; none where it is not known."""
        path = self.measurement.confidence
        return None if path is None else open_volume(self.result.path / path)

    def require(self, layer: str, ids: Iterable[int], least: int = 1) -> list[int]:
        """The named objects, each once, in order.

        Raises
        ------
        OutputError
            If the layer or one of the objects is not there, or too few are named.
        """
        if layer not in self.rows:
            known = ", ".join(name for name in LAYERS if name in self.rows)
            raise OutputError(
                f"{self.result.path}: has no layer {layer!r}; it has {known}"
            )
        numbers = sorted(set(ids))
        for number in numbers:
            if number not in self.rows[layer]:
                raise OutputError(self._missing(layer, number))
        if len(numbers) < least:
            raise OutputError(
                f"{self.result.path}: {len(numbers)} of the {layer} named; give at "
                f"least {least} different ids"
            )
        return numbers

    def _missing(self, layer: str, number: int) -> str:
        place = f"{self.result.path}: has no object {number} in {layer}"
        for edit in reversed(self.journal):
            if edit.layer == layer and number in edit.ids and edit.kind != "undo":
                return (
                    f"{place}; correction {edit.number} ({edit.kind}) has changed it. "
                    "`densecell edit RESULT list` shows all corrections"
                )
        return f"{place}; tables/ lists those that are there"

    def box(self, layer: str, numbers: Iterable[int]) -> Box:
        """Box around some objects."""
        boxes = [box_of(self.rows[layer][number]) for number in numbers]
        found = boxes[0]
        for box in boxes[1:]:
            found = found.union(box)
        return found

    def point(self, layer: str, number: int) -> Voxel:
        """First voxel of an object in raster order of its box."""
        box = box_of(self.rows[layer][number])
        for z in range(box.start[0], box.stop[0]):
            plane = Box((z, *box.start[1:]), (z + 1, *box.stop[1:]))
            there = np.argwhere(self.store(layer).read(plane) == number)
            if len(there):
                _, y, x = (there[0] + np.array(plane.start)).tolist()
                return (z, y, x)
        raise OutputError(
            f"{self.result.path}: object {number} of {layer} has no voxel; its tables "
            "and its store do not fit. `densecell measure --overwrite` makes both again"
        )

    def class_id(self, name: str) -> int:
        """Id of a class by its name."""
        known = self.measurement.classes.classes
        return next(i for i, kind in known.items() if kind.name == name)

    def class_of(self, layer: str, number: int) -> int:
        """Class id of an object."""
        return self.class_id(self.rows[layer][number]["class"])

    def next_ids(self, layer: str, count: int) -> list[int]:
        """Ids that no object of the layer has or had."""
        first = max([0, *self.rows[layer], highest_id(self.journal, layer)]) + 1
        return list(range(first, first + count))

    def stage_stores(self) -> None:
        """Let levels and names of the changed layers follow."""
        known = self.measurement.classes.classes.values()
        colours = {kind.name: kind.colour for kind in known}
        for layer, store in self._stores.items():
            store.stage()
            name = f"{store.name}/zarr.json"
            target = self.transaction.staged(name)
            shutil.copyfile(self.result.path / name, target)
            name_objects(target.parent, named_objects(self.rows[layer], colours))

    def commit(self, edit: Edit) -> None:
        """Put all changes into place, with their checksums and the journal."""
        path = self.result.path
        text = changed_checksums(
            path,
            STEP,
            written={
                name: file
                for name, file in self.transaction.written().items()
                if name.startswith((STORE, TABLES))
            },
            removed=self.transaction.removed,
        )
        name = checksums_path(Path(), STEP).as_posix()
        self.transaction.staged(name).write_text(text, encoding="utf-8")
        text = journal_text([*self.journal, edit])
        self.transaction.staged(EDITS).write_text(text, encoding="utf-8")
        self.transaction.commit()

    def new_edit(self, **fields: Any) -> Edit:
        """The journal's line for this correction."""
        return Edit(number=len(self.journal) + 1, when=now(), **fields)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def correcting(path: Path) -> Iterator[Correction]:
    """A correction of a result that nobody else may change meanwhile.

    Raises
    ------
    OutputError
        If another process works on it, or it cannot be written.
    VolumeError
        If it is no measured result, or its journal is damaged.
    """
    Result(path).require_measured()
    with claimed(path), writing(path):
        recover(path)
        correction = Correction(path)
        try:
            yield correction
        except BaseException:
            if not (correction.transaction.folder / "plan.json").exists():
                correction.transaction.abandon()
            raise
