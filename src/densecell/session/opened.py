"""A project that is open: its volumes, their paint, and what runs for it."""

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from densecell.claim import claimed
from densecell.classes import IGNORE, ClassScheme
from densecell.config import ProjectConfig, VolumeEntry
from densecell.errors import ConfigError, DensecellError
from densecell.geometry import Spacing
from densecell.session.events import Events
from densecell.session.files import Roots
from densecell.session.paint import LAYERS, Painted, PaintStore
from densecell.session.picture import ImageTiles
from densecell.session.project import classes_shown, images_of, replace_classes
from densecell.session.requests import TrainRequest, ViewRequest
from densecell.session.sparse import SparseLabels
from densecell.volume import Volume, open_volume


class OpenVolume:
    """A volume of a project, with its paint and its pyramid."""

    def __init__(
        self,
        folder: Path,
        name: str,
        image: Volume,
        *,
        spacing_nm: Spacing,
        scheme: ClassScheme,
    ) -> None:
        self.name, self.image, self.spacing_nm = name, image, spacing_nm
        scratch = folder / "studio" / name / "pyramid"
        self.picture = ImageTiles(image, spacing_nm, scratch)
        self.paint = PaintStore(
            folder,
            name,
            shape=image.shape,
            spacing_nm=spacing_nm,
            scheme=scheme,
        )
        self.sketch = SparseLabels(image.shape, np.dtype(np.uint8), IGNORE)
        self.prediction = SparseLabels(image.shape, np.dtype(np.uint8), IGNORE)

    def layer(self, name: str) -> SparseLabels:
        """Labels of a layer by its name."""
        if name == "sketch":
            return self.sketch
        if name == "prediction":
            return self.prediction
        return self.paint.labels[next(layer for layer in LAYERS if layer == name)]

    def painted(self) -> dict[str, Any]:
        """How much is painted, and where."""
        labels = self.paint.labels["paint"]
        return {"painted": labels.painted, "painted_slices": labels.painted_slices}

    def shown(self) -> dict[str, Any]:
        """The volume as a client shows it."""
        levels = [
            {
                "level": n,
                "shape": level.shape,
                "spacing_nm": tuple(level.spacing_nm),
                "ready": level.volume is not None,
            }
            for n, level in enumerate(self.picture.levels)
        ]
        return {
            "name": self.name,
            "path": str(self.image.path),
            "shape": self.image.shape,
            "spacing_nm": tuple(self.spacing_nm),
            "spacing_certain": True,
            "levels": levels,
            "window": self.picture.window,
            "dtype": str(self.image.dtype),
            **self.painted(),
            "can_undo": self.paint.can_undo,
            "can_redo": self.paint.can_redo,
        }


class OpenProject:
    """A project that one session works on; others are refused meanwhile.

    Parameters
    ----------
    folder
        Of the project.
    project
        Its settings.
    events
        Told what happens.
    roots
        Images outside these folders are not opened.

    Raises
    ------
    OutputError
        If another session has it open.
    """

    def __init__(
        self, folder: Path, project: ProjectConfig, events: Events, roots: Roots
    ) -> None:
        self.folder, self.events = folder, events
        self._ended = threading.Event()
        self._stack = ExitStack()
        self._stack.enter_context(claimed(folder / "studio"))
        try:
            self.scheme = project.classes
            self.volumes = {
                name: self._opened(name, str(address), entry, roots)
                for name, (address, entry) in images_of(folder, project).items()
            }
        except BaseException:
            self._stack.close()
            raise
        self._builder = threading.Thread(target=self._build, daemon=True)
        self._builder.start()

    def volume(self, name: str) -> OpenVolume:
        """A volume by its name."""
        if name not in self.volumes:
            known = ", ".join(self.volumes)
            raise ConfigError(f"the project has no volume {name!r}; it has {known}")
        return self.volumes[name]

    def shown(self) -> dict[str, Any]:
        """The project as a client shows it."""
        models = self.folder / "models"
        return {
            "name": self.folder.name,
            "folder": str(self.folder),
            "classes": classes_shown(self.scheme),
            "volumes": [volume.shown() for volume in self.volumes.values()],
            "by_hand": self.by_hand(),
            "jobs": [],
            "models": sorted(p.name for p in models.glob("*") if p.is_dir()),
        }

    def by_hand(self) -> list[str]:
        """Commands that do the same."""
        return [f"densecell train {self.folder}"]

    def set_classes(self, scheme: ClassScheme) -> None:
        """Replace the classes; paint of those that are gone is taken away."""
        before = self.scheme
        gone = set(before.ids) - set(scheme.ids)
        replace_classes(self.folder, scheme)
        self._use(scheme)
        note = {
            "tool": "classes",
            "classes": {
                "before": before.as_settings(),
                "after": scheme.as_settings(),
            },
        }
        if not gone:
            return
        for volume in self.volumes.values():
            labels = volume.paint.labels["paint"]
            after = {}
            for key in labels.keys:
                if gone & labels.counts(key).keys():
                    square = labels.square(key)
                    square[np.isin(square, list(gone))] = labels.nothing
                    after["paint", key] = labels.pack(square)
            if after:
                volume.paint.commit(after, note)  # type: ignore[arg-type]

    def moved(self, volume: OpenVolume, way: str) -> Painted | None:
        """Undo or redo a step; classes that it deleted come back with their paint."""
        done = volume.paint.undo() if way == "undo" else volume.paint.redo()
        if done is not None and "classes" in done.note:
            side = "before" if way == "undo" else "after"
            scheme = ClassScheme.model_validate(done.note["classes"][side])
            replace_classes(self.folder, scheme)
            self._use(scheme)
            self.events.tell("state")
        return done

    def ask_sketch(self, request: ViewRequest) -> dict[str, Any]:
        """Ask for a sketch of a view."""
        self.volume(request.volume)
        return {"accepted": False, "reason": "sketches are not ready yet"}

    def focus(self, request: ViewRequest) -> dict[str, Any]:
        """Remember what is on screen."""
        self.volume(request.volume)
        return {"accepted": True}

    def train(self, request: TrainRequest) -> dict[str, Any]:
        """Start a training."""
        raise ConfigError(f"train {request.minutes} minutes with `densecell train`")

    def close(self) -> None:
        """Let others open the project; jobs go on."""
        self._ended.set()
        self._builder.join(timeout=30)
        self._stack.close()

    def _use(self, scheme: ClassScheme) -> None:
        self.scheme = scheme
        for volume in self.volumes.values():
            volume.paint.scheme = scheme

    def _opened(
        self, name: str, address: str, entry: VolumeEntry, roots: Roots
    ) -> OpenVolume:
        image = open_volume(roots.address(address), spacing_nm=entry.spacing_nm)
        return OpenVolume(
            self.folder,
            name,
            image,
            spacing_nm=Spacing(*entry.spacing_nm),
            scheme=self.scheme,
        )

    def _build(self) -> None:
        """Make the levels that volumes lack, in the background."""
        for volume in self.volumes.values():
            if volume.picture.complete or self._ended.is_set():
                continue

            def report(done: int, total: int, name: str = volume.name) -> None:
                self.events.tell("pyramid", volume=name, done=done, total=total)

            try:
                volume.picture.build(report, self._ended.is_set)
                self.events.tell("state")
            except (DensecellError, OSError) as error:
                self.events.tell("trouble", error=str(error))
