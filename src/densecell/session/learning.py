"""What learns in a session: sketches, trainings as jobs, and what these see so far."""

import multiprocessing
import threading
import time
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.compute import usable_cores
from densecell.datasets.project import read_project, seen_from
from densecell.errors import ConfigError, DensecellError
from densecell.geometry import Box
from densecell.session.curve import model_curve
from densecell.session.events import Events
from densecell.session.foresight import ForesightTask, newest_weights, predict_view
from densecell.session.jobs import JobOrder, Jobs, shown_job
from densecell.session.kept_aside import deal, entries_of
from densecell.session.plane import SlicePlane
from densecell.session.project import (
    finished_models,
    is_own,
    own_entry,
    replace_own_entries,
)
from densecell.session.requests import TrainRequest, ViewRequest
from densecell.session.sketching import SketchTask, shown_part, sketch, strokes_near
from densecell.session.sparse import SparseLabels
from densecell.session.volumes import OpenVolume

POLL_S = 1.0
STILL_S = 3.0  # without a stroke, after which project.yaml follows
ENDED = ("done", "failed", "cancelled")
START_S = 30.0  # that a training takes besides its minutes, about


class Learning:
    """Workers and jobs of one open project.

    Parameters
    ----------
    folder
        Of the project.
    volumes
        Its volumes by name.
    events
        Told what happens.
    """

    def __init__(
        self, folder: Path, volumes: Mapping[str, OpenVolume], events: Events
    ) -> None:
        self._folder, self._volumes, self._events = folder, volumes, events
        self.jobs = Jobs(folder)
        self._wanted: ViewRequest | None = None
        self._focus: ViewRequest | None = None
        self._seen: tuple[Any, ...] = ()
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._written = -1  # version of the paint that project.yaml describes
        self._version, self._still_since = -1, 0.0
        self._ended = False
        self._pools: dict[str, ProcessPoolExecutor] = {}
        self._threads = [
            threading.Thread(target=loop, daemon=True)
            for loop in (self._sketch_on_demand, self._follow_jobs)
        ]
        for thread in self._threads:
            thread.start()

    def ask_sketch(self, request: ViewRequest) -> dict[str, Any]:
        """Ask for a sketch of a view; a later request takes the place of this one."""
        if request.axis != "z":
            return {"accepted": False, "reason": "sketches are made of z slices only"}
        volume = self._volumes[request.volume]
        if len(volume.paint.labels["paint"].painted) < 2:
            reason = "paint with two classes or more; the sketch learns from them"
            return {"accepted": False, "reason": reason}
        with self._wake:
            self._wanted = request
            self._wake.notify_all()
        return {"accepted": True}

    def focus(self, request: ViewRequest) -> dict[str, Any]:
        """Remember what is on screen."""
        if request.axis == "z":
            self._focus = request
        return {"accepted": request.axis == "z"}

    def train(self, request: TrainRequest) -> dict[str, Any]:
        """Keep some paint aside, and start the training of the project as a job."""
        self._write_entries()
        name, before = self._next_model()
        words = ["train", str(self._folder), "--name", name]
        words += ["--minutes", f"{request.minutes:g}"]
        words += ["--members", str(request.networks)]
        if before is not None and self._fits(before):
            words += ["--from", str(before)]
        seconds = START_S + 60 * request.minutes * request.networks
        model = f"models/{name}"
        order = self.jobs.start("train", words, seconds=seconds, model=model)
        return self.shown(order)

    def shown(self, order: JobOrder) -> dict[str, Any]:
        """A job as a client shows it."""
        status, log = self.jobs.status(order.id), self.jobs.log(order.id)
        begun = status.started or order.created
        return shown_job(
            order, status, log, model_curve(self._folder, order.model, begun)
        )

    def shown_jobs(self) -> list[dict[str, Any]]:
        """All jobs, the newest first."""
        return [self.shown(order) for order in reversed(self.jobs.orders())]

    def close(self) -> None:
        """End the workers; jobs go on."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()
        for pool in self._pools.values():
            for process in list(getattr(pool, "_processes", {}).values()):
                process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
        for thread in self._threads:
            thread.join(timeout=5)
        self.keep_project()

    def keep_project(self) -> None:
        """Let `project.yaml` describe the paint, so that `densecell train` uses it.

        Too little paint to train on is left out.
        """
        version = sum(v.paint.version for v in self._volumes.values())
        if version == self._written:
            return
        self._written = version
        if any(v.paint.labels["paint"].painted for v in self._volumes.values()):
            with suppress(ConfigError):
                self._write_entries()

    def _keep_when_still(self) -> None:
        """Describe the paint once nobody has painted for a few seconds."""
        version = sum(v.paint.version for v in self._volumes.values())
        if version != self._version:
            self._version, self._still_since = version, time.monotonic()
        elif time.monotonic() - self._still_since > STILL_S:
            self.keep_project()

    def _write_entries(self) -> None:
        """Put the paint into `project.yaml`, some of it to validate on."""
        with self._writing:
            self._write_own_entries()

    def _write_own_entries(self) -> None:
        project = read_project(self._folder)
        others = any(e.role == "eval" and not is_own(e) for e in project.volumes)
        entries = []
        for volume in self._volumes.values():
            labels = volume.paint.labels["paint"]
            if not labels.painted:
                continue
            dealt = deal(labels)
            cells = None
            if volume.paint.labels["cells"].painted:
                cells = seen_from(self._folder, volume.paint.path("cells"))
            entry = own_entry(
                self._folder, volume.image, volume.name, volume.spacing_nm
            )
            entries += entries_of(
                entry, dealt, labels.shape, all_train=others, objects=cells
            )
        if not entries and not others:
            raise ConfigError("nothing is painted yet; paint two classes or more first")
        replace_own_entries(self._folder, entries)

    def _next_model(self) -> tuple[str, Path | None]:
        """Name of the next model, and the last one that was finished."""
        taken = {Path(order.model).name for order in self.jobs.orders()}
        taken |= {path.name for path in (self._folder / "models").glob("studio-*")}
        number = next(n for n in count(1) if f"studio-{n:02}" not in taken)
        finished = [m for m in finished_models(self._folder) if m.name in taken]
        return f"studio-{number:02}", finished[-1] if finished else None

    def _fits(self, model: Path) -> bool:
        """Whether a training can start from a model: it has the same classes."""
        from densecell.ensemble import read_ensemble

        try:
            return read_ensemble(model).classes == read_project(self._folder).classes
        except DensecellError:
            return False

    def _sketch_on_demand(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._wanted is not None or self._ended)
                if self._ended:
                    return
                request, self._wanted = self._wanted, None
            assert request is not None  # waited for
            try:
                self._sketch(request)
            except (DensecellError, OSError, ValueError) as error:
                self._events.tell("trouble", error=f"no sketch: {error}")
            except BrokenExecutor:
                self._pools.pop("sketch", None)
                if not self._ended:
                    text = "the sketch's process was killed (too little memory?)"
                    self._events.tell("trouble", error=text)

    def _sketch(self, request: ViewRequest) -> None:
        start = time.monotonic()
        volume = self._volumes[request.volume]
        corners = shown_part(request.box, volume.image.shape[1:])
        with volume.paint.lock:
            points, labels = strokes_near(
                volume.paint.labels["paint"], request.index, corners
            )
        task = SketchTask(
            str(volume.image.path),
            volume.spacing_nm,
            request.index,
            corners,
            points,
            labels,
            usable_cores(),
        )
        found = self._pool("sketch").submit(sketch, task).result()
        put_view(volume.sketch, SlicePlane("z", request.index), corners, found)
        self._events.tell(
            "sketch",
            volume=request.volume,
            axis="z",
            index=request.index,
            box=corners,
            seconds=round(time.monotonic() - start, 2),
            note="A sketch from the colours and edges of your strokes; train to see "
            "what a network finds.",
        )

    def _follow_jobs(self) -> None:
        """Tell how jobs are, and what their latest weights say about the view."""
        told: dict[str, Any] = {}
        while not self._ended:
            try:
                for order in self.jobs.orders():
                    ended = self.jobs.status(order.id).state in ENDED
                    if ended and told.get(order.id) in ENDED:
                        continue  # its log and curve stay as they are
                    shown = self.shown(order)
                    active = shown["state"] in ("running", "waiting")
                    if active or told.get(order.id) != shown["state"]:
                        self._events.tell("job", **shown)
                        if told.get(order.id, shown["state"]) != shown["state"]:
                            self._events.tell("state")
                        told[order.id] = shown["state"]
                self._keep_when_still()
                self._foresee()
            except (DensecellError, OSError, ValueError) as error:
                self._events.tell("trouble", error=f"no prediction: {error}")
            except BrokenExecutor:
                self._pools.pop("foresight", None)
            time.sleep(POLL_S)

    def _foresee(self) -> None:
        """Predict the view, if it or the latest weights have changed."""
        view = self._focus
        trained = [order for order in self.jobs.orders() if order.model]
        newest = newest_weights(self._folder / trained[-1].model) if trained else None
        for order in reversed(trained[:-1]):
            newest = newest or newest_weights(self._folder / order.model)
        if view is None or newest is None or (view, newest) == self._seen:
            return
        volume = self._volumes[view.volume]
        corners = shown_part(view.box, volume.image.shape[1:])
        task = ForesightTask(
            newest[0],
            newest[1],
            str(volume.image.path),
            volume.spacing_nm,
            view.index,
            corners,
            max(1, usable_cores() // 2),
        )
        self._seen = (view, newest)
        found = self._pool("foresight").submit(predict_view, task).result()
        put_view(volume.prediction, SlicePlane("z", view.index), corners, found.labels)
        self._events.tell(
            "prediction",
            volume=view.volume,
            axis="z",
            index=view.index,
            box=corners,
            step=found.step,
        )

    def _pool(self, name: str) -> ProcessPoolExecutor:
        if name not in self._pools:
            spawn = multiprocessing.get_context("spawn")
            self._pools[name] = ProcessPoolExecutor(1, mp_context=spawn)
        return self._pools[name]


def put_view(
    labels: SparseLabels,
    plane: SlicePlane,
    corners: tuple[int, int, int, int],
    found: NDArray[np.uint8],
) -> None:
    """Put what was found in a view in place of what was there."""
    box: Box = plane.box(corners)
    every = np.ones(box.shape, bool)
    for key, packed in labels.changed(box, every, plane.deep(found)).items():
        labels.put(key, packed)
