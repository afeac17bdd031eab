"""What a person does in one window: open a project, look, paint, sketch, train.

Knows nothing of browsers: the page of `densecell studio` and a napari widget are
clients. Every method is safe from several threads.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import IGNORE
from densecell.datasets.project import read_project
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import Spacing
from densecell.session.events import Events
from densecell.session.files import Roots
from densecell.session.opened import OpenProject
from densecell.session.paint import Painted
from densecell.session.painting import PaintChange, change_of, paint, row_runs
from densecell.session.plane import SlicePlane
from densecell.session.project import make_project, scheme_of_classes
from densecell.session.requests import (
    ClassesRequest,
    PaintRequest,
    ProjectRequest,
    TrainRequest,
    ViewRequest,
)
from densecell.session.tiles import label_tile
from densecell.session.underneath import underneath_tile
from densecell.session.volumes import OpenVolume
from densecell.volume import open_volume, require_spacing

EVERY_LAYER = ("image", "paint", "cells", "organelles", "sketch", "prediction")


class ShownTile(NamedTuple):
    """Voxels of a tile; None where it holds nothing."""

    voxels: NDArray[Any] | None
    version: int


class Session:
    """One person at work.

    Parameters
    ----------
    roots
        Folders whose files may be opened.
    addresses
        Volumes on the web that may be opened besides.
    """

    def __init__(self, roots: Sequence[Path], addresses: Sequence[str] = ()) -> None:
        self.roots = Roots(roots, addresses)
        self.events = Events()
        self._project: OpenProject | None = None
        self._lock = threading.RLock()

    @property
    def project(self) -> OpenProject:
        """The project that is open.

        Raises
        ------
        ConfigError
            If none is open.
        """
        if self._project is None:
            raise ConfigError("no project is open; open or make one first")
        return self._project

    def state(self) -> dict[str, Any]:
        """Everything a client shows at first."""
        from densecell import __version__

        project = self._project
        return {
            "version": __version__,
            "roots": [str(root) for root in self.roots.folders],
            "project": None if project is None else project.shown(),
        }

    def files(self, path: str) -> dict[str, Any]:
        """What is in a folder below the roots."""
        folder, parent, entries = self.roots.listing(path)
        return {
            "path": str(folder),
            "parent": None if parent is None else str(parent),
            "entries": [entry._asdict() for entry in entries],
        }

    def look(self, path: str) -> dict[str, Any]:
        """What is known of a stack before a project is made."""
        address = self.roots.address(path)
        volume = open_volume(address)
        spacing = volume.spacing_nm
        folder = next(
            (p for p in Path(str(address)).parents if (p / "project.yaml").is_file()),
            None,
        )
        note = "from the file" if spacing else "the file does not say; please give it"
        return {
            "path": str(address),
            "shape": volume.shape,
            "spacing_nm": None if spacing is None else tuple(spacing),
            "spacing_note": note,
            "dtype": str(volume.dtype),
            "notes": list(volume.notes),
            "project": None if folder is None else str(folder),
        }

    def make(self, request: ProjectRequest) -> dict[str, Any]:
        """Make a project and open it."""
        folder = self.roots.inside(request.folder)
        address = self.roots.address(request.path)
        scheme = scheme_of_classes(request.classes)
        volume = open_volume(address, spacing_nm=request.spacing_nm)
        make_project(folder, volume, Spacing(*require_spacing(volume)), scheme)
        return self.open(str(folder))

    def open(self, path: str) -> dict[str, Any]:
        """Open the project of a folder; the one before is closed."""
        folder = self.roots.inside(path)
        project = read_project(folder)
        with self._lock:
            if self._project is not None and self._project.folder == folder:
                return self._project.shown()
            opened = OpenProject(folder, project, self.events, self.roots)
            before, self._project = self._project, opened
            if before is not None:
                before.close()
        self.events.tell("state")
        return opened.shown()

    def close(self) -> None:
        """Close the project; jobs go on."""
        with self._lock:
            if self._project is not None:
                self._project.close()
            self._project = None

    def set_classes(self, request: ClassesRequest) -> dict[str, Any]:
        """Replace the class list; paint of deleted classes is taken away, undoably."""
        project = self.project
        project.set_classes(scheme_of_classes(request.classes))
        self.events.tell("state")
        return project.shown()

    def tile(
        self, volume: str, layer: str, plane: SlicePlane, at: tuple[int, int, int]
    ) -> ShownTile:
        """One tile: `at` is level, row and column."""
        opened = self.project.volume(volume)
        plane.check(opened.picture.volume.shape)
        level, row, column = at
        if layer == "image":
            return ShownTile(opened.picture.tile(plane, level, row, column), 0)
        if layer not in EVERY_LAYER:
            raise ConfigError(
                f"there is no layer {layer!r}; there are {', '.join(EVERY_LAYER)}"
            )
        levels = opened.picture.levels
        if not 0 <= level < len(levels):
            raise VolumeError(
                f"level {level} does not exist; use 0 to {len(levels) - 1}"
            )
        labels = opened.layer(layer)
        wanted = levels[level]
        level_of = (wanted.shape, wanted.factors)
        found = label_tile(labels, plane, level_of, row, column)
        if layer == "paint":
            under = underneath_tile(opened.underneath, plane, level_of, row, column)
            if found is None or under is None:
                found = under if found is None else found
            else:
                found = np.where(found == IGNORE, under, found)
        return ShownTile(found, opened.paint.version)

    def paint(self, request: PaintRequest) -> dict[str, Any]:
        """Use a tool; saved on disk when it returns."""
        opened = self.project.volume(request.volume)
        if request.tool == "accept_sketch":
            raise ConfigError("a sketch cannot be accepted yet; paint what is right")
        return self._answer(opened, paint(request, opened.paint, opened.image))

    def preview(self, request: PaintRequest) -> dict[str, Any]:
        """What a tool would paint in its slice."""
        opened = self.project.volume(request.volume)
        flat = request.model_copy(update={"slices": 1})
        change: PaintChange = change_of(flat, opened.paint, opened.image, 0)
        plane = SlicePlane(request.axis, request.index)
        return {
            "box": [change.box.start, change.box.stop],
            "rows": row_runs(plane.flat(change.mask)),
        }

    def undo(self, volume: str) -> dict[str, Any]:
        """Take back the last step of a volume."""
        opened = self.project.volume(volume)
        return self._answer(opened, self.project.moved(opened, "undo"))

    def redo(self, volume: str) -> dict[str, Any]:
        """Do again what was undone last."""
        opened = self.project.volume(volume)
        return self._answer(opened, self.project.moved(opened, "redo"))

    def pick(
        self, volume: str, plane: SlicePlane, row: int, column: int
    ) -> dict[str, Any]:
        """What lies at a voxel of a slice."""
        opened = self.project.volume(volume)
        plane.check(opened.image.shape)
        rows, columns = plane.size(opened.image.shape)
        if not (0 <= row < rows and 0 <= column < columns):
            raise ConfigError(
                f"row {row}, column {column} lie outside the {rows} x {columns} slice"
            )
        box = plane.box((row, column, row + 1, column + 1))
        value = opened.image.read(box).item()
        found = {
            name: _label_at(opened.layer(name).read(box))
            for name in ("paint", "sketch", "prediction")
        }
        spacing = opened.spacing_nm
        nm = [float(v * s) for v, s in zip(box.start, spacing, strict=True)]
        return {"intensity": value, **found, "voxel": box.start, "position_nm": nm}

    def sketch(self, request: ViewRequest) -> dict[str, Any]:
        """Ask for a sketch of what is on screen; an event follows."""
        self.project.volume(request.volume)
        return self.project.learning.ask_sketch(request)

    def focus(self, request: ViewRequest) -> dict[str, Any]:
        """Say what is on screen: it is predicted anew while a training runs."""
        self.project.volume(request.volume)
        return self.project.learning.focus(request)

    def train(self, request: TrainRequest) -> dict[str, Any]:
        """Start the training of the project as a job."""
        return self.project.learning.train(request)

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs of the project, the newest first."""
        return self.project.learning.shown_jobs()

    def cancel(self, job: str) -> list[dict[str, Any]]:
        """Ask a job to stop."""
        self.project.learning.jobs.cancel(job)
        return self.jobs()

    def resume(self, job: str) -> list[dict[str, Any]]:
        """Let a job go on where it stopped."""
        self.project.learning.jobs.resume(job)
        return self.jobs()

    def _answer(self, opened: OpenVolume, done: Painted | None) -> dict[str, Any]:
        store = opened.paint
        shown = {
            "step": 0 if done is None else done.step,
            "box": None if done is None else [done.box.start, done.box.stop],
            "version": store.version,
            **opened.painted(),
            "can_undo": store.can_undo,
            "can_redo": store.can_redo,
        }
        if done is not None and done.box.voxels:
            self.events.tell(
                "paint",
                volume=opened.name,
                version=store.version,
                box=[done.box.start, done.box.stop],
            )
        return shown


def _label_at(voxel: NDArray[Any]) -> int | None:
    value = int(voxel.item())
    return None if value == IGNORE else value
