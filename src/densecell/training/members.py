"""The members of an ensemble: the same settings from several seeds.

The paper's point: the same network ends anywhere between useless and good, by its seed
alone. So several are trained, hopeless ones are given up early, the best are kept.

.. [1] Guay et al. 2021, doi:10.1038/s41598-021-81590-0.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import BaseModel, Field

from densecell.classes import ClassScheme
from densecell.compute import usable_cores
from densecell.config import (
    NetworkConfig,
    ProjectConfig,
    SchemeSetting,
    TrainingConfig,
    load_settings,
    parse_settings,
    save_settings,
    write_text,
)
from densecell.errors import (
    CheckpointError,
    ConfigError,
    HopelessError,
    OutputError,
    TrainingError,
)
from densecell.geometry import Shape, round_up
from densecell.networks import Network, build_network
from densecell.patches import (
    BatchMaker,
    LabelledVolume,
    WindowSampler,
    class_counts,
    load_labelled,
    root_balance,
)
from densecell.training.budget import settle_steps
from densecell.training.checkpoint import WEIGHTS
from densecell.training.loop import (
    Record,
    low_precision,
    read_history,
    train_member,
)
from densecell.training.validation import Validator, commonest_class_score

SETTINGS = "settings.yaml"
OUTCOME = "outcome.json"
CONTEXT: Shape = (1, 32, 32)  # of image around the labelled eval boxes
BETTER_THAN_CHANCE = 0.02


class MemberSettings(BaseModel, frozen=True, extra="forbid"):
    """All that made a member, and all that is needed to build it again."""

    format: Literal[1] = 1
    classes: SchemeSetting
    network: NetworkConfig
    training: TrainingConfig
    seed: int = Field(ge=0)
    spacing_nm: tuple[float, float, float]
    mean: float = Field(description="of the training volumes' intensities")
    std: float = Field(description="of the training volumes' intensities")


class Outcome(BaseModel, frozen=True, extra="forbid"):
    """How a member's training ended."""

    state: Literal["finished", "abandoned", "failed"]
    reason: str = ""
    seed: int
    best_step: int | None = None
    miou_all: float | None = None
    miou_org: float | None = None
    iou: dict[str, float | None] = {}


class Progress(NamedTuple):
    """What `train_members` says while it works: a record or, at the end, an outcome."""

    member: int
    record: Record | None
    outcome: Outcome | None


class Data(NamedTuple):
    """What members are trained on and chosen by."""

    train: list[LabelledVolume]
    validation: list[LabelledVolume]


def load_data(project: ProjectConfig, root: Path) -> Data:
    """Read the project's volumes.

    Raises
    ------
    ConfigError
        If no volume is for training, or none to choose on.
    VolumeError
        If a volume is not what the project says.
    """
    roles = [entry.role for entry in project.volumes]
    for role in ("train", "eval"):
        if role not in roles:
            raise ConfigError(
                f"{root / 'project.yaml'}: no volume has role {role}; training needs "
                "one to learn from (train) and one to choose on (eval)"
            )
    return Data(load_labelled(project, root, role="train"), load_eval(project, root))


def load_eval(project: ProjectConfig, root: Path) -> list[LabelledVolume]:
    """Read the volumes to choose on, with some image around them."""
    return load_labelled(project, root, role="eval", context=CONTEXT)


def train_members(
    project: ProjectConfig, data: Data, folder: Path
) -> Iterator[Progress]:
    """Train the project's members one after another; finished ones are passed over.

    Parameters
    ----------
    project
        Classes, network, training and number of members.
    data
        Of `load_data`.
    folder
        Of the model; each member gets `member_NN` in it.

    Raises
    ------
    OutputError
        If the folder holds members of other settings.
    """
    torch.set_num_threads(usable_cores())
    _check_same(project, data, folder)
    validator = Validator(data.validation, project.classes)
    for number in range(project.ensemble.members):
        seed = project.ensemble.seed + number
        member = member_folder(folder, number)
        if (member / OUTCOME).exists():
            yield Progress(number, None, read_outcome(member))
            continue
        network = _new_network(project, seed)
        batches = _batches(project, data.train, network, seed)
        settings = _settled(project, data, network, batches, validator, member, seed)
        outcome = None
        try:
            for record in train_member(
                network,
                batches,
                validator,
                member,
                settings.training,
                hopeless_below=_hopeless_below(project, data),
            ):
                yield Progress(number, record, None)
        except HopelessError as error:
            outcome = _outcome(member, seed, state="abandoned", reason=str(error))
        except TrainingError as error:
            outcome = _outcome(member, seed, state="failed", reason=str(error))
        yield Progress(number, None, outcome or _outcome(member, seed))


def member_folder(folder: Path, number: int) -> Path:
    """Give the folder of a member."""
    return folder / f"member_{number:02d}"


def load_member_settings(member: Path) -> MemberSettings:
    """Read what made a member."""
    return load_settings(member / SETTINGS, MemberSettings)


def read_outcome(member: Path) -> Outcome:
    """Read how a member's training ended."""
    path = member / OUTCOME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not readable as JSON: {error}") from None
    return parse_settings(values, Outcome, where=str(path))


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


def _batches(
    project: ProjectConfig,
    volumes: list[LabelledVolume],
    network: Network,
    seed: int,
) -> BatchMaker:
    config = fitted(project.training, network, volumes)
    sampler = WindowSampler(
        volumes,
        window=config.window,
        rare_share=config.rare_share,
        seed=seed,
    )
    class_weights = None
    if config.loss.weighting == "balanced":
        class_weights = root_balance(class_counts(volumes, len(project.classes)))
    return BatchMaker(
        volumes,
        sampler,
        config.augmentation,
        batch=config.batch,
        margin=network.margin,
        seed=seed,
        class_weights=class_weights,
    )


def _settled(
    project: ProjectConfig,
    data: Data,
    network: Network,
    batches: BatchMaker,
    validator: Validator,
    member: Path,
    seed: int,
) -> MemberSettings:
    """Read the frozen settings of a started member, or settle and freeze them."""
    first = member_folder(member.parent, 0)
    training = fitted(project.training, network, data.train)
    if (first / SETTINGS).exists():
        training = load_member_settings(first).training
    else:
        training = settle_steps(network, batches, validator, training)
    settings = MemberSettings(
        classes=project.classes,
        network=project.network,
        training=training,
        seed=seed,
        spacing_nm=data.train[0].spacing_nm,
        mean=sum(v.statistics.mean for v in data.train) / len(data.train),
        std=sum(v.statistics.std for v in data.train) / len(data.train),
    )
    save_settings(settings, member / SETTINGS)
    return settings


def _new_network(project: ProjectConfig, seed: int) -> Network:
    network = build_network(project.network, classes=len(project.classes), seed=seed)
    return network.cuda() if torch.cuda.is_available() else network


def _check_same(project: ProjectConfig, data: Data, folder: Path) -> None:
    """Refuse to mix members of different settings in one folder, finished or not."""
    first = member_folder(folder, 0)
    if not (first / SETTINGS).exists():
        return
    frozen = load_member_settings(first)
    network = _new_network(project, frozen.seed)
    training = fitted(project.training, network, data.train)
    if training.steps is None:  # given as minutes, which were settled once
        training = training.model_copy(update={"steps": frozen.training.steps})
    now = _by_name(project, training, project.ensemble.seed)
    then = _by_name(frozen, frozen.training, frozen.seed)
    now["spacing_nm"] = tuple(data.train[0].spacing_nm)
    then["spacing_nm"] = frozen.spacing_nm
    for name in now | then:
        if now.get(name) != then.get(name):
            raise OutputError(
                f"{folder}: holds members trained with other settings: {name} "
                f"{then.get(name)}, now {now.get(name)} (see {first.name}/{SETTINGS}); "
                "choose another --name, or --overwrite to train anew"
            )


def _by_name(
    made: ProjectConfig | MemberSettings, training: TrainingConfig, seed: int
) -> dict[str, object]:
    """Give what all members share, each value by its name in project.yaml."""
    return _flat(
        {
            "network": made.network.model_dump(),
            "training": training.model_dump(exclude={"minutes"}),
            "ensemble": {"seed": seed},
            "classes": made.classes.as_settings(),
        }
    )


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, object]:
    """Give nested settings as one level: `loss: {dice: 1}` becomes `loss.dice: 1`."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}{name}.") if inner else {prefix + name: value}
    return flat


def _hopeless_below(project: ProjectConfig, data: Data) -> float:
    if project.training.abandon_below is not None:
        return project.training.abandon_below
    classes: ClassScheme = project.classes
    chance = commonest_class_score(data.validation, len(classes))
    return chance + BETTER_THAN_CHANCE


def _outcome(
    member: Path,
    seed: int,
    *,
    state: Literal["finished", "abandoned", "failed"] = "finished",
    reason: str = "",
) -> Outcome:
    """Write how a member ended, with the scores of its best weights."""
    history = read_history(member) if (member / WEIGHTS).exists() else []
    best = max(history, key=lambda line: line["miou_all"], default={})
    outcome = Outcome(
        state=state,
        reason=reason,
        seed=seed,
        best_step=best.get("step"),
        miou_all=best.get("miou_all"),
        miou_org=best.get("miou_org"),
        iou=best.get("iou", {}),
    )
    write_text(member / OUTCOME, outcome.model_dump_json(indent=2) + "\n")
    return outcome
