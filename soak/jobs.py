"""The commands that are killed: their input, one run, what it makes, how far it is."""

import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from densecell.classes import ClassScheme
from densecell.cli.main import main
from densecell.config import write_text
from densecell.errors import DensecellError
from densecell.geometry import Box, Spacing
from densecell.objects.work import SHAPES
from densecell.phantom import make_phantom, write_phantom
from densecell.training import read_history
from densecell.volume import create_ome_zarr

SPACING_NM = Spacing(40, 10, 10)
COARSE_NM = Spacing(120, 30, 30)  # so that few voxels hold many cells
TISSUE = (6, 96, 112)  # to learn from, and to segment
LABELLED = (16, 96, 112)  # to measure and to mesh
PROJECT = """\
format: 1
classes: platelet
volumes:
- image: {0}/train.zarr
  labels: {0}/train.zarr/labels/classes
  spacing_nm: [40, 10, 10]
  role: train
- image: {0}/eval.zarr
  labels: {0}/eval.zarr/labels/classes
  spacing_nm: [40, 10, 10]
  role: eval
network: {{name: 2d3d-light, width: 2}}
training: {{window: [3, 32, 32], steps: 24, validations: 6, abandon_below: 0.0}}
ensemble: {{members: 2}}
"""


class Place(NamedTuple):
    """How far a run is."""

    stage: str
    done: int  # pieces of that stage


class Job(ABC):
    """A command that may be killed at any moment.

    Parameters
    ----------
    inputs
        Folder for what all runs read.
    """

    made: tuple[str, ...] = ()  # must have the same bytes in every run
    more: tuple[str, ...] = ()  # words that are added to the command

    def __init__(self, inputs: Path) -> None:
        self.inputs = inputs

    @abstractmethod
    def prepare(self) -> None:
        """Write what all runs read."""

    def begin(self, out: Path) -> None:
        """Put down what a run begins from."""
        out.mkdir(parents=True)

    @abstractmethod
    def run(self, out: Path) -> None:
        """Do the work of the command, in a process of its own."""

    @abstractmethod
    def place(self, out: Path) -> Place | None:
        """How far a run is; None before it starts to work."""


class Train(Job):
    """Two members of a small network."""

    made = ("models/soak",)

    def prepare(self) -> None:
        write_phantom(self.inputs / "train.zarr", shape=TISSUE, seed=1)
        write_phantom(self.inputs / "eval.zarr", shape=TISSUE, seed=2)

    def begin(self, out: Path) -> None:
        write_text(out / "project.yaml", PROJECT.format(self.inputs))

    def run(self, out: Path) -> None:
        densecell("train", out, "--name", "soak", *self.more)

    def place(self, out: Path) -> Place | None:
        members = sorted(out.glob("models/soak/member_*"))
        begun = [m for m in members if (m / "last.safetensors").exists()]
        if not begun:
            return Place("settings", len(members)) if members else None
        if all((m / "outcome.json").exists() for m in members):
            return Place("ranking", 0)
        history = read_history(begun[-1])
        return Place(begun[-1].name, history[-1]["step"] if history else 0)


class Segment(Job):
    """Two members over many blocks."""

    made = ("segmentation.zarr", "agreement.json")

    def prepare(self) -> None:
        training = Train(self.inputs)
        training.prepare()
        training.begin(self.inputs / "project")
        training.run(self.inputs / "project")
        write_phantom(self.inputs / "image.zarr", shape=TISSUE, seed=3)

    def run(self, out: Path) -> None:
        model = self.inputs / "project" / "models" / "soak"
        with patch("densecell.ensemble.memory.BLOCK_VOXELS", 1):
            densecell(
                *("segment", self.inputs / "image.zarr", "-m", model, "-o", out),
                *("--tile", 4, 64, 64, "--margin", 1, 16, 16, *self.more),
            )

    def place(self, out: Path) -> Place | None:
        if not (out / "run.yaml").exists():
            return None
        stage = out / "blocks" / "segment"
        if not (stage / "ready").exists():
            return Place("making stores", 0)
        blocks = len(list(stage.glob("0*.json")))
        whole = (out / "segmentation.zarr" / "confidence" / "1").exists()
        return Place("finishing" if whole else "blocks", blocks)


class Measure(Job):
    """True classes to cells, organelles and tables."""

    made = ("segmentation.zarr", "tables", "objects.yaml")

    def prepare(self) -> None:
        write_classes(self.inputs / "result")

    def begin(self, out: Path) -> None:
        shutil.copytree(self.inputs / "result", out)

    def run(self, out: Path) -> None:
        words = ("measure", out / LABELS, "--out", out, "--block", 8, 32, 32)
        densecell(*words, *self.more)

    def place(self, out: Path) -> Place | None:
        for stage in (SHAPES, "write", "join", "number"):
            files = list((out / "blocks" / "measure" / "ensemble" / stage).glob("0*"))
            if files:
                return Place(stage, len(files))
        return Place("number", 0) if (out / "objects.yaml").exists() else None


class Mesh(Job):
    """Measured objects to surfaces."""

    made = ("meshes",)

    def prepare(self) -> None:
        write_classes(self.inputs / "result")
        Measure(self.inputs).run(self.inputs / "result")

    def begin(self, out: Path) -> None:
        shutil.copytree(self.inputs / "result", out)

    def run(self, out: Path) -> None:
        words = ("mesh", out, "--format", "glb", "--format", "precomputed")
        densecell(*words, *self.more)

    def place(self, out: Path) -> Place | None:
        if not (out / "meshes" / "settings.yaml").exists():
            return None
        pieces = len(list((out / "blocks" / "mesh").glob("0*.json")))
        table = (out / "meshes" / "meshes.csv").exists()
        return Place("finishing" if table else "pieces", pieces)


LABELS = "segmentation.zarr/labels/classes"


def write_classes(out: Path) -> None:
    """Write true classes to where a result keeps its labels."""
    made = make_phantom(LABELLED, seed=1, spacing_nm=COARSE_NM)
    volume = create_ome_zarr(
        out / LABELS,
        shape=LABELLED,
        dtype=np.uint8,
        spacing_nm=COARSE_NM,
        kind="label",
        scheme=ClassScheme.platelet(),
    )
    volume.write(Box.whole(LABELLED), made.classes)


@contextmanager
def worded() -> Iterator[None]:
    """End as the command line does."""
    try:
        yield
    except DensecellError as error:
        print(f"densecell: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def densecell(*words: object) -> None:
    """Run the command line in this process, in one thread: the machine may be busy."""
    with (
        patch.object(sys, "argv", ["densecell", *map(str, words)]),
        patch("densecell.training.members.usable_cores", lambda: 1),
        patch("densecell.inference.engines.usable_cores", lambda: 1),
        patch("densecell.compute.cluster.usable_cores", lambda: 1),
    ):
        try:
            main()
        except SystemExit as end:
            if end.code:
                raise
