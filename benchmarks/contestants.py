"""Who is compared in `accuracy.py`, and the slices of fly nerve cord it is done on.

All learn from the same slices, normalised alike, and are trained step by step through
the same two functions, so that they can be timed in turn.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from peer_training import CONTEXT, load_peer, score_peer, train_peer
from peers import PEERS

from densecell.config import EnsembleConfig, NetworkConfig, ProjectConfig
from densecell.ensemble import load_ensemble, rank_members
from densecell.evaluation import Scores
from densecell.networks import build_network
from densecell.patches import load_labelled
from densecell.training import (
    WEIGHTS,
    Validator,
    load_data,
    load_eval,
    load_member_settings,
    load_weights,
    member_folder,
    read_outcome,
    train_members,
)

LEARN, CHOOSE, REPORT = (0, 10), (10, 12), (12, 16)  # slices
SPACING_NM = (50, 4.6, 4.6)
SEEDS = {"ours": 3, "paper": 1, "dynunet": 2, "basic": 2}


class Contestant(ABC):
    """A network with its recipe."""

    def __init__(self, project: ProjectConfig) -> None:
        self.project = project  # `training.steps` is set by the caller

    @abstractmethod
    def train(self, seed: int, folder: Path) -> Iterator[bool]:
        """Take the steps; say after each whether it was scored as well."""

    @abstractmethod
    def report(self, seed: int, folder: Path) -> tuple[float, Scores]:
        """Scores: on the slices for validation, and on those to report."""


class Ours(Contestant):
    """The library's training, scored on the slices `report`."""

    def __init__(
        self, project: ProjectConfig, *, report: tuple[int, int] = REPORT
    ) -> None:
        super().__init__(project)
        self._slices = report

    def train(self, seed: int, folder: Path) -> Iterator[bool]:
        members = EnsembleConfig(members=seed + 1, seed=0)
        project = self.project.model_copy(update={"ensemble": members})
        for progress in train_members(project, load_data(project, Path()), folder):
            if progress.record is not None:
                yield progress.record.miou_all is not None

    def report(self, seed: int, folder: Path) -> tuple[float, Scores]:
        member = member_folder(folder, seed)
        settings = load_member_settings(member)
        network = build_network(settings.network, classes=len(settings.classes))
        load_weights(network, member / WEIGHTS)
        return read_outcome(member).miou_all or 0.0, self._validator.score(network)

    def report_ensemble(self, folder: Path, members: int) -> Scores:
        """Score the mean of the members' probabilities."""
        rank_members(folder, best=members)
        mean: Any = 0
        for network in load_ensemble(folder).networks:
            (probabilities,) = self._validator.probabilities(network)
            mean = mean + probabilities
        return self._validator.compare([np.argmax(mean, axis=0)])

    @cached_property
    def _validator(self) -> Validator:
        project = on_report(self.project, self._slices)
        return Validator(load_eval(project, Path()), project.classes)


class Peer(Contestant):
    """One of MONAI's."""

    def __init__(self, project: ProjectConfig, name: str) -> None:
        super().__init__(project)
        self.peer = PEERS[name]

    def train(self, seed: int, folder: Path) -> Iterator[bool]:
        (learn,) = load_labelled(self.project, Path(), role="train")
        scored = train_peer(
            self.peer,
            learn,
            self._eval(self.project),
            seed_folder(folder, seed),
            scheme=self.project.classes,
            seed=seed,
            steps=self.project.training.steps or 1,
            validations=self.project.training.validations,
        )
        return (miou is not None for miou in scored)

    def report(self, seed: int, folder: Path) -> tuple[float, Scores]:
        scheme = self.project.classes
        network, chosen_by = load_peer(
            self.peer, seed_folder(folder, seed), len(scheme)
        )
        volume = self._eval(on_report(self.project))
        return chosen_by, score_peer(self.peer, network, volume, scheme)

    @staticmethod
    def _eval(project: ProjectConfig) -> Any:
        (volume,) = load_labelled(project, Path(), role="eval", context=CONTEXT)
        return volume


def contestant(
    name: str,
    data: Path,
    *,
    ours: NetworkConfig,
    side: int | None,
    changes: dict[str, int],
) -> Contestant:
    """Make one by its name.

    `side` cuts all slices to their corner, `changes` are to the default training.
    """
    network = NetworkConfig(name="2d3d", width=16) if name == "paper" else ours
    project = fly_project(data, network, side)
    training = project.training.model_copy(update={"minutes": None, **changes})
    project = project.model_copy(update={"training": training})
    return Peer(project, name) if name in PEERS else Ours(project)


def fly_project(data: Path, network: NetworkConfig, side: int | None) -> ProjectConfig:
    """Default settings with this network, on these slices."""
    span = (0, side) if side else None
    files = {
        "image": data.resolve() / "image.tif",
        "labels": data.resolve() / "labels.tif",
        "spacing_nm": SPACING_NM,
        "y": span,
        "x": span,
    }
    return ProjectConfig(
        classes="drosophila-vnc",
        volumes=(
            {**files, "role": "train", "z": LEARN},
            {**files, "role": "eval", "z": CHOOSE},
        ),
        network=network,
    )


def on_report(
    project: ProjectConfig, slices: tuple[int, int] = REPORT
) -> ProjectConfig:
    """Let the slices to report stand where those to choose on do."""
    learn, choose = project.volumes
    report = choose.model_copy(update={"z": slices})
    return project.model_copy(update={"volumes": (learn, report)})


def seed_folder(folder: Path, seed: int) -> Path:
    return folder / f"seed_{seed:02d}"
