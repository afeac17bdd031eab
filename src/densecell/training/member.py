"""One member: its settings, its training, its outcome."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from densecell.config import (
    NetworkConfig,
    SchemeSetting,
    TrainingConfig,
    load_settings,
    write_text,
)
from densecell.errors import CheckpointError, HopelessError, TrainingError
from densecell.networks import Network, best_device, build_network
from densecell.patches import (
    BatchMaker,
    LabelledVolume,
    WindowSampler,
    class_counts,
)
from densecell.training.checkpoint import WEIGHTS, load_json, load_weights
from densecell.training.data import Data
from densecell.training.data_record import record_data
from densecell.training.loop import TrainingRecord, read_history, train_member
from densecell.training.schedule import (
    Phase,
    class_weight_schedule,
    window_schedule,
)
from densecell.training.starter import STARTER, load_starter
from densecell.training.validation import (
    Example,
    Validator,
    commonest_class_score,
)
from densecell.volume import Appearance

SETTINGS = "settings.yaml"
OUTCOME = "outcome.json"
ORIGIN = "origin.safetensors"
BETTER_THAN_CHANCE = 0.02


class MemberSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings that a member was trained with, enough to build its network again."""

    format: Literal[1] = 1
    classes: SchemeSetting
    network: NetworkConfig
    training: TrainingConfig
    extensions: tuple[int, ...] = Field(
        (), description="last step of each extension, counted from the very first"
    )
    seed: int = Field(ge=0)
    origin: str | None = Field(
        None, description="SHA-256 of the weights it started from; none: random ones"
    )
    starter: str | None = Field(
        None, description="SHA-256 of the starter that it began with; none: nothing"
    )
    data: str | None = Field(
        None, description="SHA-256 of labels and samples of images of the project"
    )
    spacing_nm: tuple[float, float, float]
    mean: float = Field(description="mean of the training volumes' intensities")
    std: float = Field(
        description="standard deviation of the training volumes' intensities"
    )
    landmarks: tuple[float, ...] = Field(
        (),
        description="percentiles of normalised training intensities",
    )
    noise: float = Field(0.0, description="noise of normalised training intensities")

    @property
    def appearance(self) -> Appearance | None:
        """Appearance of the training volumes; none if it is not known."""
        return Appearance(self.landmarks, self.noise) if self.landmarks else None

    @property
    def phases(self) -> list[Phase]:
        """The training, then each extension."""
        ends = [0, self.training.steps or 0, *self.extensions]
        return [Phase(start, end) for start, end in itertools.pairwise(ends)]


class MemberOutcome(BaseModel, frozen=True, extra="forbid"):
    """How a member's training ended."""

    state: Literal["finished", "abandoned", "failed"]
    reason: str = ""
    seed: int
    steps: int | None = None
    best_step: int | None = None
    miou_all: float | None = None
    miou_org: float | None = None
    iou: dict[str, float | None] = {}


class MemberProgress(NamedTuple):
    """Progress of one member: a record after each step, an outcome at the end."""

    member: int
    record: TrainingRecord | None
    outcome: MemberOutcome | None


Watch = Callable[[Path, MemberSettings, Example], None]


def train_one(
    data: Data, folder: Path, number: int, *, watch: Watch | None = None
) -> Iterator[MemberProgress]:
    """Train member `number` of the model in `folder`, by the settings saved there.

    If it has ended already, only its outcome is yielded.
    """
    member = member_folder(folder, number)
    settings = load_member_settings(member)
    outcome = ended(member, settings)
    if outcome is None:
        record_data(folder, data, settings.classes)
        network = new_network(settings)
        validator = Validator(data.validation, settings.classes)
        if settings.origin is not None:
            load_weights(network, member / ORIGIN)
        elif settings.starter is not None:
            load_starter(network, member / STARTER)
        try:
            for record in train_member(
                network,
                make_batches(settings, data.train, network),
                validator,
                member,
                settings.training,
                phases=settings.phases,
                hopeless_below=_hopeless_below(settings, data),
            ):
                if watch is not None and record.miou_all is not None:
                    watch(member, settings, validator.example)
                yield MemberProgress(number, record, None)
            outcome = _end(member, settings, "finished")
        except HopelessError as error:
            outcome = _end(member, settings, "abandoned", reason=str(error))
        except TrainingError as error:
            outcome = _end(member, settings, "failed", reason=str(error))
    yield MemberProgress(number, None, outcome)


def member_folder(folder: Path, number: int) -> Path:
    """Folder of a member."""
    return folder / f"member_{number:02d}"


def load_member_settings(member: Path) -> MemberSettings:
    """Read the settings of a member."""
    return load_settings(member / SETTINGS, MemberSettings)


def read_outcome(member: Path) -> MemberOutcome:
    """Read how a member's training ended.

    Raises
    ------
    CheckpointError, ConfigError
        If it has not ended, or the file is damaged.
    """
    try:
        return load_json(member / OUTCOME, MemberOutcome)
    except FileNotFoundError:
        raise CheckpointError(
            f"{member}: has no {OUTCOME}, so its training has not ended"
        ) from None


def ended(member: Path, settings: MemberSettings) -> MemberOutcome | None:
    """Outcome of a member; none if it still has steps to train."""
    if not (member / OUTCOME).exists():
        return None
    outcome = read_outcome(member)
    if outcome.state == "finished" and outcome.steps != settings.phases[-1].end:
        return None
    return outcome


def new_network(settings: MemberSettings) -> Network:
    """Network of a member with its initial weights, on the device that trains."""
    network = build_network(
        settings.network, classes=len(settings.classes), seed=settings.seed
    )
    return network.to(best_device())


def make_batches(
    settings: MemberSettings, volumes: Sequence[LabelledVolume], network: Network
) -> BatchMaker:
    """Maker of the batches of a member's steps."""
    config, seed = settings.training, settings.seed
    class_weights = None
    if config.loss.weighting == "balanced":
        counts = class_counts(volumes, len(settings.classes))
        class_weights = class_weight_schedule(config.loss, counts, settings.phases[0])
    return BatchMaker(
        volumes,
        WindowSampler(
            volumes,
            rare_share=config.rare_share,
            contact_share=config.contact_share,
            seed=seed,
        ),
        config.augmentation,
        schedule=window_schedule(config, network, settings.phases[0], seed),
        margin=network.margin,
        seed=seed,
        class_weights=class_weights,
        affinities=settings.network.affinities,
    )


def _hopeless_below(settings: MemberSettings, data: Data) -> float:
    if settings.training.abandon_below is not None:
        return settings.training.abandon_below
    chance = commonest_class_score(data.validation, len(settings.classes))
    return chance + BETTER_THAN_CHANCE


def _end(
    member: Path,
    settings: MemberSettings,
    state: Literal["finished", "abandoned", "failed"],
    *,
    reason: str = "",
) -> MemberOutcome:
    """Write `outcome.json`, with the scores of the member's best weights."""
    history = read_history(member) if (member / WEIGHTS).exists() else []
    best = max(history, key=lambda line: line["miou_all"], default={})
    outcome = MemberOutcome(
        state=state,
        reason=reason,
        seed=settings.seed,
        steps=settings.phases[-1].end,
        best_step=best.get("step"),
        miou_all=best.get("miou_all"),
        miou_org=best.get("miou_org"),
        iou=best.get("iou", {}),
    )
    write_text(member / OUTCOME, outcome.model_dump_json(indent=2) + "\n")
    return outcome
