"""Paint of a volume: sparse labels on disk, with undo and redo without end.

::

    PROJECT/
        labels/NAME_studio.zarr       class ids, 255 = not looked at; `train` reads it
        labels/NAME_cells.zarr        cell ids, 0 = none; made with the first cell
        labels/NAME_organelles.zarr   organelle ids
        studio/NAME/journal.bin       each step with the squares before and after

A step is in the journal and in the labels before it is acknowledged. After a kill the
last steps of the journal are put into the labels again.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import IGNORE, ClassScheme
from densecell.disk import writing, written_aside
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.session.journal import Journal
from densecell.session.sparse import SIDE, Key, SparseLabels
from densecell.volume import Layout, OmeZarrVolume, create_ome_zarr, open_ome_zarr

PaintLayer = Literal["paint", "cells", "organelles"]
LAYERS: tuple[PaintLayer, ...] = ("paint", "cells", "organelles")
STORES: dict[PaintLayer, str] = {
    "paint": "studio",
    "cells": "cells",
    "organelles": "organelles",
}
CHECKED = 64  # last steps of the journal that are put into the labels on opening
Place = tuple[PaintLayer, Key]


class Painted(NamedTuple):
    """What a step changed."""

    step: int  # steps that are done and not undone
    box: Box
    version: int
    note: dict[str, Any]  # of the step


class Step(NamedTuple):
    """A step of the journal."""

    place: int  # in the journal
    squares: tuple[Place, ...]
    note: dict[str, Any]


class PaintStore:
    """Paint of one volume.

    Parameters
    ----------
    folder
        Of the project.
    name
        Of the volume; names its files.
    shape, spacing_nm
        Of the volume.
    scheme
        Classes of the project.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        shape: Shape,
        spacing_nm: Spacing,
        scheme: ClassScheme,
    ) -> None:
        self.folder, self.name, self.shape = folder, name, shape
        self._spacing_nm, self.scheme = spacing_nm, scheme
        self.version = 0
        self.lock = threading.RLock()
        self.labels: dict[PaintLayer, SparseLabels] = {
            layer: SparseLabels(shape, np.dtype(np.uint32), 0) for layer in LAYERS
        }
        self.labels["paint"] = SparseLabels(shape, np.dtype(np.uint8), IGNORE)
        self._stores: dict[PaintLayer, OmeZarrVolume] = {}
        self._journal = Journal(folder / "studio" / name / "journal.bin")
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._load()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone and nothing painted since."""
        return bool(self._undone)

    def path(self, layer: PaintLayer) -> Path:
        """Labels of a layer on disk."""
        return self.folder / "labels" / f"{self.name}_{STORES[layer]}.zarr"

    def next_id(self, layer: PaintLayer) -> int:
        """First id of a cell or an organelle that is not taken."""
        return max(self.labels[layer].painted, default=0) + 1

    def paint(
        self,
        layer: PaintLayer,
        box: Box,
        mask: NDArray[np.bool_],
        labels: NDArray[Any] | int,
        *,
        note: Mapping[str, Any],
        locked: tuple[int, ...] = (),
    ) -> Painted:
        """Put labels where a mask is true; saved when it returns.

        Parameters
        ----------
        box, mask
            (Z, Y, X) mask of a box inside the volume.
        labels
            One label, or an array of the shape of the mask.
        note
            What is kept with the step, for example the tool.
        locked
            Labels that are not painted over.

        Raises
        ------
        OutputError
            If the disk is full; then nothing has changed.
        """
        with self.lock:
            store = self.labels[layer]
            if locked:
                mask = mask & ~np.isin(store.read(box), locked)
            full = np.broadcast_to(np.asarray(labels, store.dtype), mask.shape)
            changes = store.changed(box, mask, full)
            after = {(layer, key): packed for key, packed in changes.items()}
            return self.commit(after, note)

    def commit(self, after: Mapping[Place, bytes], note: Mapping[str, Any]) -> Painted:
        """Add a step to the journal and do it."""
        with self.lock:
            if not after and "classes" not in note:
                return self._painted((), dict(note))
            squares = tuple(after)
            before = [self._packed(place) for place in squares]
            header = {"kind": "step", "squares": squares, "note": dict(note)}
            place = self._journal.add(header, [*before, *after.values()])
            try:
                self._put(squares, list(after.values()))
            except BaseException:
                self._journal.drop(place)
                self._put(squares, before, on_disk=False)
                raise
            self._done.append(Step(place, squares, dict(note)))
            self._undone.clear()
            return self._painted(squares, dict(note))

    def undo(self) -> Painted | None:
        """Take back the last step or stroke; None if there is none."""
        return self._move_stroke(self._done, self._undone, "undo")

    def redo(self) -> Painted | None:
        """Do again what was undone last; None if there is nothing."""
        return self._move_stroke(self._undone, self._done, "redo")

    def _move_stroke(
        self, source: list[Step], target: list[Step], kind: str
    ) -> Painted | None:
        """Move a step, and with it all pieces of its stroke."""
        with self.lock:
            moved = self._move(source, target, kind)
            stroke = None if moved is None else moved.note.get("stroke")
            while (
                moved and stroke and source and source[-1].note.get("stroke") == stroke
            ):
                piece = self._move(source, target, kind)
                if piece is not None:
                    moved = piece._replace(box=moved.box.union(piece.box))
            return moved

    def _move(
        self, source: list[Step], target: list[Step], kind: str
    ) -> Painted | None:
        with self.lock:
            if not source:
                return None
            step = source[-1]
            blobs = self._journal.blobs(step.place)
            half = len(step.squares)
            new = blobs[:half] if kind == "undo" else blobs[half:]
            place = self._journal.add({"kind": kind})
            try:
                self._put(step.squares, new)
            except BaseException:
                self._journal.drop(place)
                raise
            target.append(source.pop())
            return self._painted(step.squares, {**step.note, "by": kind})

    def _painted(self, squares: tuple[Place, ...], note: dict[str, Any]) -> Painted:
        self.version += 1 if squares else 0
        boxes = [self.labels[layer].box_of(key) for layer, key in squares]
        box = boxes[0] if boxes else Box((0, 0, 0), (0, 0, 0))
        for other in boxes[1:]:
            box = box.union(other)
        return Painted(len(self._done), box, self.version, note)

    def _packed(self, place: Place) -> bytes:
        layer, key = place
        labels = self.labels[layer]
        return labels.pack(labels.square(key))

    def _put(
        self, squares: tuple[Place, ...], packed: list[bytes], *, on_disk: bool = True
    ) -> None:
        for (layer, key), blob in zip(squares, packed, strict=True):
            if on_disk:
                self._write(layer, key, blob)
            self.labels[layer].put(key, blob)

    def _write(self, layer: PaintLayer, key: Key, blob: bytes) -> None:
        labels, box = self.labels[layer], self.labels[layer].box_of(key)
        _, rows, columns = box.shape
        with writing(self.path(layer)):
            self.store(layer).write(box, labels.unpacked(blob)[None, :rows, :columns])

    def store(self, layer: PaintLayer) -> OmeZarrVolume:
        """Labels of a layer on disk; made if there are none."""
        if layer not in self._stores:
            path = self.path(layer)
            if path.exists():
                found = open_ome_zarr(path, writable=True)
                if found.shape != self.shape:
                    raise VolumeError(
                        f"{path}: has paint of {found.shape} voxels, but the image has "
                        f"{self.shape} now; put the old image back, or move the paint "
                        "away"
                    )
                self._stores[layer] = found
            else:
                self._stores[layer] = self._new_store(layer)
        return self._stores[layer]

    def _new_store(self, layer: PaintLayer) -> OmeZarrVolume:
        """Empty labels on disk, which appear as a whole."""
        with written_aside(self.path(layer)) as aside:
            create_ome_zarr(
                aside,
                shape=self.shape,
                dtype=self.labels[layer].dtype,
                spacing_nm=self._spacing_nm,
                kind="label",
                scheme=self.scheme if layer == "paint" else None,
                name=layer,
                layout=Layout(
                    chunk=(1, SIDE, SIDE), shard=None, fill=self.labels[layer].nothing
                ),
            )
        return open_ome_zarr(self.path(layer), writable=True)

    def _load(self) -> None:
        """Steps from the journal, squares from the labels, last steps once more."""
        every: list[tuple[str, Step | None]] = []
        for place, header in self._journal.records():
            if header["kind"] == "step":
                squares = tuple((la, _key(k)) for la, k in header["squares"])
                step = Step(place, squares, header["note"])
                self._done.append(step)
                self._undone.clear()
            elif header["kind"] == "undo":
                step = self._done.pop()
                self._undone.append(step)
            else:
                step = self._undone.pop()
                self._done.append(step)
            every.append((header["kind"], step))
        recent = self._recent(every[-CHECKED:])
        for layer in LAYERS:
            if self.path(layer).exists():
                self._read_store(layer, {key for la, key in recent if la == layer})
        for (layer, key), blob in recent.items():
            self._write(layer, key, blob)
            self.labels[layer].put(key, blob)

    def _recent(self, steps: list[tuple[str, Step | None]]) -> dict[Place, bytes]:
        """Squares that the last steps changed, as they are now."""
        found: dict[Place, bytes] = {}
        for kind, step in steps:
            if step is None:
                continue
            blobs = self._journal.blobs(step.place)
            half = len(step.squares)
            new = blobs[:half] if kind == "undo" else blobs[half:]
            found |= dict(zip(step.squares, new, strict=True))
        return found

    def _read_store(self, layer: PaintLayer, known: set[Key]) -> None:
        """Read the squares that exist as files."""
        root = self.path(layer) / "0" / "c"
        labels, store = self.labels[layer], self.store(layer)
        for file in root.glob("*/*/*"):
            key = _key(file.relative_to(root).parts)
            if key in known or not file.name.isdecimal():
                continue
            square = np.full((SIDE, SIDE), labels.nothing, labels.dtype)
            box = labels.box_of(key)
            square[: box.shape[1], : box.shape[2]] = store.read(box)[0]
            labels.put(key, labels.pack(square))


def _key(parts: Any) -> Key:
    z, y, x = (int(part) for part in parts)
    return z, y, x
