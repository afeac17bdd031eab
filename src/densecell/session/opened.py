"""A project that is open: its volumes, their paint, and what runs for it."""

import shlex
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from densecell.claim import claimed
from densecell.classes import ClassScheme
from densecell.config import ProjectConfig, VolumeEntry
from densecell.errors import ConfigError, DensecellError
from densecell.geometry import Spacing
from densecell.session.events import Events
from densecell.session.files import Roots
from densecell.session.learning import Learning
from densecell.session.paint import Painted
from densecell.session.project import (
    classes_shown,
    finished_models,
    images_of,
    replace_classes,
)
from densecell.session.underneath import labels_underneath
from densecell.session.volumes import OpenVolume
from densecell.volume import open_volume


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
                name: self._opened(name, str(address), entry, project, roots)
                for name, (address, entry) in images_of(folder, project).items()
            }
        except BaseException:
            self._stack.close()
            raise
        self.learning = Learning(folder, self.volumes, events)
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
        return {
            "name": self.folder.name,
            "folder": str(self.folder),
            "classes": classes_shown(self.scheme),
            "volumes": [volume.shown() for volume in self.volumes.values()],
            "by_hand": self.by_hand(),
            "jobs": self.learning.shown_jobs(),
            "models": self._models(),
        }

    def by_hand(self) -> list[str]:
        """Commands that do the same, in order."""
        folder = shlex.quote(str(self.folder))
        done = [order.command for order in self.learning.jobs.orders()]
        model = next((p for p in reversed(self._models()) if p), None)
        lines = [f"# labels are saved in {self.folder / 'labels'}"]
        lines += done or [f"densecell train {folder}"]
        if model:
            volume = shlex.quote(str(next(iter(self.volumes.values())).image.path))
            where = shlex.quote(str(self.folder / "models" / model))
            lines.append(f"densecell segment {volume} -m {where} -o RESULT")
        return lines

    def _models(self) -> list[str]:
        return [model.name for model in finished_models(self.folder)]

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

    def close(self) -> None:
        """Let others open the project; jobs go on."""
        self._ended.set()
        self.learning.close()
        self._builder.join(timeout=30)
        self._stack.close()

    def _use(self, scheme: ClassScheme) -> None:
        self.scheme = scheme
        for volume in self.volumes.values():
            volume.paint.scheme = scheme

    def _opened(
        self,
        name: str,
        address: str,
        entry: VolumeEntry,
        project: ProjectConfig,
        roots: Roots,
    ) -> OpenVolume:
        image = open_volume(roots.address(address), spacing_nm=entry.spacing_nm)
        opened = OpenVolume(
            self.folder,
            name,
            image,
            spacing_nm=Spacing(*entry.spacing_nm),
            scheme=self.scheme,
        )
        opened.underneath = labels_underneath(project, self.folder, image)
        return opened

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
