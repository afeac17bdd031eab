"""Resolve the settings of members before any of them is trained.

Minutes become steps once; every member and every resume uses the same steps.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.compute import check_same
from densecell.config import ProjectConfig, TrainingConfig, save_settings
from densecell.errors import CheckpointError, ConfigError, OutputError
from densecell.geometry import round_up
from densecell.networks import Network, best_device
from densecell.patches import LabelledVolume
from densecell.training.budget import PROBED, settle_steps
from densecell.training.data import Data
from densecell.training.loop import in_bfloat16
from densecell.training.member import (
    SETTINGS,
    MemberSettings,
    ended,
    load_member_settings,
    make_batches,
    member_folder,
    new_network,
)
from densecell.training.origin import Origin, take_origin
from densecell.training.precision import settle_precision
from densecell.training.starter import STARTER, fitting_starter, take_starter
from densecell.training.touching import check_pairs
from densecell.training.validation import Validator
from densecell.volume import Appearance, appearance_of


class Extension(NamedTuple):
    """How much longer to train finished members: minutes on this machine, or steps."""

    minutes: float | None = None
    steps: int | None = None


def resolve_members(
    project: ProjectConfig, data: Data, folder: Path, *, origin: Origin | None = None
) -> None:
    """Write the settings of every member that has none yet.

    A probe for the first member turns minutes into steps, which all members share.

    Raises
    ------
    OutputError
        If the folder holds members of other settings.
    ConfigError
        If the members there started from a model, and more are to join without it.
    """
    _check_same(project, data, folder, origin)
    training: TrainingConfig | None = None
    appearance: Appearance | None = None
    first = member_folder(folder, 0)
    if (first / SETTINGS).exists():
        training = load_member_settings(first).training
    starter = _starter(project, first)
    for number in range(project.ensemble.members):
        member = member_folder(folder, number)
        if (member / SETTINGS).exists():
            continue
        settings = _settings(project, data, number)
        if origin is None and number and load_member_settings(first).origin:
            raise ConfigError(
                f"{folder}: its members started from another model; name it by --from "
                "to add more members"
            )
        if training is None:
            training = _in_steps(settings, data)
        appearance = appearance or appearance_of(
            v.intensities[v.labelled.slices] for v in data.train
        )
        settings = settings.model_copy(
            update={"training": training, **appearance._asdict()}
        )
        if origin is not None:
            sha256 = take_origin(origin, number, member)
            settings = settings.model_copy(update={"origin": sha256})
        elif starter is not None:
            sha256 = take_starter(starter, member)
            settings = settings.model_copy(update={"starter": sha256})
        save_settings(settings, member / SETTINGS)


def extend_members(data: Data, folder: Path, extension: Extension) -> None:
    """Add steps after the last one of all members, with a schedule of their own.

    An extension that has begun and not ended is continued: running the same command
    again does not add to it.

    Raises
    ------
    OutputError
        If there is no member to extend.
    """
    members = {m: load_member_settings(m) for m in begun_members(folder)}
    longest = max(s.extensions for s in members.values())
    done = all(s.extensions == longest and ended(m, s) for m, s in members.items())
    if done or not longest:
        first = next(iter(members.values()))
        more = extension.steps or _more_steps(first, data, extension.minutes)
        longest = (*longest, first.phases[-1].end + more)
    for member, settings in members.items():
        extended = settings.model_copy(update={"extensions": longest})
        save_settings(extended, member / SETTINGS)


def begun_members(folder: Path) -> list[Path]:
    """Folders of the members that have settings, by number.

    Raises
    ------
    OutputError
        If there is none.
    """
    found: list[Path] = []
    while (member := member_folder(folder, len(found))).joinpath(SETTINGS).exists():
        found.append(member)
    if found:
        return found
    beside = sorted(f.parts[-3] for f in folder.parent.glob(f"*/*_00/{SETTINGS}"))
    advice = "train first"
    if beside:
        advice = (
            f"there is {', '.join(beside)}: name it (--name), or use the options that "
            "it was trained with"
        )
    raise OutputError(f"{folder}: holds no trained member to extend; {advice}")


def fitted(
    config: TrainingConfig, network: Network, volumes: Sequence[LabelledVolume]
) -> TrainingConfig:
    """Fit windows to network and data, with about the same voxels per step.

    The precision is settled too.

    In plane a window is rounded up to a size that the network accepts. It is not deeper
    than the volumes, unless the network needs more slices. For a network that sees one
    slice, a deep window becomes as many single slices from other places: neighbouring
    slices differ little. In float32 a batch has at least two windows, because torch's
    3D convolution is ten times slower with one.
    """
    depth = min(config.window[0], max(volume.shape[0] for volume in volumes))
    depth = max(depth, network.least_depth)
    y, x = (
        round_up(max(1, w - network.residue), network.step) + network.residue
        for w in config.window[1:]
    )
    batch = config.batch
    if network.flat:
        depth, batch = 1, batch * config.window[0]
    precision = settle_precision(config.precision, next(network.parameters()).device)
    if precision == "float32":
        batch = max(2, batch)
    return config.model_copy(
        update={"window": (depth, y, x), "batch": batch, "precision": precision}
    )


def _starter(project: ProjectConfig, first: Path) -> Path | None:
    """File of the starter that new members begin with: that of the first, if any.

    A starter that cannot be read is named in a warning; members begin without it.
    """
    if not project.training.starter:
        return None
    if (first / SETTINGS).exists():
        begun = load_member_settings(first).starter
        return None if begun is None else first / STARTER
    try:
        return fitting_starter(project.network)
    except CheckpointError as error:
        warnings.warn(f"{error}. Training begins with random weights", stacklevel=2)
        return None


def _settings(project: ProjectConfig, data: Data, number: int) -> MemberSettings:
    """Settings of a member, with fitted windows, and minutes where given."""
    settings = MemberSettings(
        classes=project.classes,
        network=project.network,
        training=project.training,
        seed=project.ensemble.seed + number,
        data=data.digest,
        spacing_nm=data.train[0].spacing_nm,
        mean=sum(v.statistics.mean for v in data.train) / len(data.train),
        std=sum(v.statistics.std for v in data.train) / len(data.train),
    )
    training = fitted(project.training, new_network(settings), data.train)
    check_pairs(project.network, training)
    return settings.model_copy(update={"training": training})


def _in_steps(settings: MemberSettings, data: Data) -> TrainingConfig:
    """Training settings with steps in place of minutes."""
    network = new_network(settings)
    probed = settings.training.model_copy(update={"steps": PROBED.end})
    batches = make_batches(
        settings.model_copy(update={"training": probed}), data.train, network
    )
    return settle_steps(
        network,
        batches,
        Validator(data.validation, settings.classes),
        settings.training,
    )


def _more_steps(settings: MemberSettings, data: Data, minutes: float | None) -> int:
    training = settings.training.model_copy(update={"minutes": minutes, "steps": None})
    settings = settings.model_copy(update={"training": training})
    return _in_steps(settings, data).steps or 0


def _check_same(
    project: ProjectConfig, data: Data, folder: Path, origin: Origin | None
) -> None:
    """Refuse to mix members of different settings in one folder."""
    first = member_folder(folder, 0)
    if not (first / SETTINGS).exists():
        return
    frozen = load_member_settings(first)
    ignored = {"training.minutes"}
    if project.training.precision == "auto":  # it was settled once, as the steps were
        ignored.add("training.precision")
        project = _with_precision_of(frozen, project)
    asked = _settings(project, data, 0)
    if asked.training.steps is None:  # given as minutes, which were settled once
        steps = {"steps": frozen.training.steps}
        training = asked.training.model_copy(update=steps)
        asked = asked.model_copy(update={"training": training})
    if None not in (asked.data, frozen.data) and asked.data != frozen.data:
        raise OutputError(
            f"{folder}: its members were begun with other volumes than the project "
            "has now: images, labels or boxes have changed. Put them back, choose "
            "another --name (with --from, to continue from these weights), or "
            "--overwrite to train anew"
        )
    started_from = frozen.origin if origin is None else origin.sha256(0)
    asked = asked.model_copy(update={"origin": started_from})
    check_same(
        _by_name(frozen),
        _by_name(asked),
        place=folder,
        remedy=f"see {first.name}/{SETTINGS}; choose another --name, or --overwrite to "
        "train anew",
        ignore=ignored,
    )


def _with_precision_of(frozen: MemberSettings, project: ProjectConfig) -> ProjectConfig:
    """The project with the precision that its members compute in."""
    low = in_bfloat16(frozen.training, best_device())
    precision = {"precision": "bfloat16" if low else "float32"}
    training = project.training.model_copy(update=precision)
    return project.model_copy(update={"training": training})


def _by_name(settings: MemberSettings) -> dict[str, object]:
    """Settings that all members share, by their names in project.yaml."""
    return {
        "network": settings.network,
        "training": settings.training,
        "ensemble": {"seed": settings.seed},
        "classes": settings.classes.as_settings(),
        "origin": settings.origin,
        "spacing_nm": settings.spacing_nm,
    }
