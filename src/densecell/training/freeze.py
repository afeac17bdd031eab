"""The settings of members, frozen before any of them is trained.

Minutes become steps once, and every member and every resume shares them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from densecell.config import ProjectConfig, TrainingConfig, save_settings
from densecell.errors import ConfigError, OutputError
from densecell.geometry import round_up
from densecell.networks import Network
from densecell.patches import LabelledVolume
from densecell.training.budget import PROBED, settle_steps
from densecell.training.data import Data
from densecell.training.loop import low_precision
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
from densecell.training.touching import check_pairs
from densecell.training.validation import Validator
from densecell.volume import Appearance, appearance_of


class Extension(NamedTuple):
    """How long finished members go on: minutes on this machine, or steps."""

    minutes: float | None = None
    steps: int | None = None


def freeze_members(
    project: ProjectConfig, data: Data, folder: Path, *, origin: Origin | None = None
) -> None:
    """Write the settings of every member that has none yet.

    Minutes become steps by a probe at the very first; all members share them.

    Raises
    ------
    OutputError
        If the folder holds members of other settings.
    ConfigError
        If more are to join members that began from a model which is not given.
    """
    _check_same(project, data, folder, origin)
    training: TrainingConfig | None = None
    look: Appearance | None = None
    first = member_folder(folder, 0)
    if (first / SETTINGS).exists():
        training = load_member_settings(first).training
    for number in range(project.ensemble.members):
        member = member_folder(folder, number)
        if (member / SETTINGS).exists():
            continue
        settings = _settings(project, data, number)
        if origin is None and number and load_member_settings(first).origin:
            raise ConfigError(
                f"{folder}: its members began from another model; give --from to add "
                "more of them"
            )
        if training is None:
            training = _settled(settings, data)
        look = look or appearance_of(
            v.intensities[v.labelled.slices] for v in data.train
        )
        settings = settings.model_copy(update={"training": training, **look._asdict()})
        if origin is not None:
            sha256 = take_origin(origin, number, member)
            settings = settings.model_copy(update={"origin": sha256})
        save_settings(settings, member / SETTINGS)


def extend_members(data: Data, folder: Path, extension: Extension) -> None:
    """Let all members go on after their last step.

    The schedule begins anew. An extension that was begun and did not end is only gone
    on with: the same command again does not add to it.

    Raises
    ------
    OutputError
        If nothing is there to be extended.
    """
    members = {m: load_member_settings(m) for m in begun_members(folder)}
    longest = max(s.extensions for s in members.values())
    done = all(s.extensions == longest and ended(m, s) for m, s in members.items())
    if done or not longest:
        first = next(iter(members.values()))
        more = extension.steps or _in_steps(first, data, extension.minutes)
        longest = (*longest, first.spells[-1].until + more)
    for member, settings in members.items():
        extended = settings.model_copy(update={"extensions": longest})
        save_settings(extended, member / SETTINGS)


def begun_members(folder: Path) -> list[Path]:
    """List the members that have settings, in the order of their numbers.

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
            f"there is {', '.join(beside)}: name it (--name), or give the options that "
            "it was trained with"
        )
    raise OutputError(f"{folder}: holds no trained member to extend; {advice}")


def fitted(
    config: TrainingConfig, network: Network, volumes: Sequence[LabelledVolume]
) -> TrainingConfig:
    """Fit windows to network and data: the same voxels a step, in shapes that work.

    In plane a window is rounded up to what the network takes. It is not deeper than
    the volumes are, unless the network needs it so. A network that sees one slice gets
    single slices from as many places instead of neighbours, which differ little. In
    float32 a batch is never a single window: torch's 3D convolution is then ten times
    slower.
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
    if not low_precision(next(network.parameters()).device):
        batch = max(2, batch)
    return config.model_copy(update={"window": (depth, y, x), "batch": batch})


def _settings(project: ProjectConfig, data: Data, number: int) -> MemberSettings:
    """Give the settings of a member, with windows that fit and minutes as asked."""
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


def _settled(settings: MemberSettings, data: Data) -> TrainingConfig:
    """Give the training with steps in place of minutes."""
    network = new_network(settings)
    probed = settings.training.model_copy(update={"steps": PROBED.until})
    batches = make_batches(
        settings.model_copy(update={"training": probed}), data.train, network
    )
    return settle_steps(
        network,
        batches,
        Validator(data.validation, settings.classes),
        settings.training,
    )


def _in_steps(settings: MemberSettings, data: Data, minutes: float | None) -> int:
    training = settings.training.model_copy(update={"minutes": minutes, "steps": None})
    settings = settings.model_copy(update={"training": training})
    return _settled(settings, data).steps or 0


def _check_same(
    project: ProjectConfig, data: Data, folder: Path, origin: Origin | None
) -> None:
    """Refuse to mix members of different settings in one folder, finished or not."""
    first = member_folder(folder, 0)
    if not (first / SETTINGS).exists():
        return
    frozen = load_member_settings(first)
    asked = _settings(project, data, 0)
    if asked.training.steps is None:  # given as minutes, which were settled once
        steps = {"steps": frozen.training.steps}
        training = asked.training.model_copy(update=steps)
        asked = asked.model_copy(update={"training": training})
    if None not in (asked.data, frozen.data) and asked.data != frozen.data:
        raise OutputError(
            f"{folder}: its members were begun with other volumes than the project "
            "has now: images, labels or boxes have changed; put them back, "
            "choose another --name (with --from, to go on from these weights), or "
            "--overwrite to train anew"
        )
    begun_from = frozen.origin if origin is None else origin.sha256(0)
    asked = asked.model_copy(update={"origin": begun_from})
    now, then = _by_name(asked), _by_name(frozen)
    for name in now | then:
        if now.get(name) != then.get(name):
            raise OutputError(
                f"{folder}: holds members trained with other settings: {name} "
                f"{then.get(name)}, now {now.get(name)} (see {first.name}/{SETTINGS}); "
                "choose another --name, or --overwrite to train anew"
            )


def _by_name(settings: MemberSettings) -> dict[str, object]:
    """Give what all members share, each value by its name in project.yaml."""
    return _flat(
        {
            "network": settings.network.model_dump(),
            "training": settings.training.model_dump(exclude={"minutes"}),
            "ensemble": {"seed": settings.seed},
            "classes": settings.classes.as_settings(),
            "origin": settings.origin,
            "spacing_nm": settings.spacing_nm,
        }
    )


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, object]:
    """Give nested settings as one level: `loss: {dice: 1}` becomes `loss.dice: 1`."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}{name}.") if inner else {prefix + name: value}
    return flat
