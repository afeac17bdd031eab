"""What a model folder tells of its model, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from densecell.classes import ClassScheme
from densecell.ensemble import EnsembleFile, Member, read_ensemble
from densecell.networks import NetworkFacts, network_facts
from densecell.training import (
    DataRecord,
    MemberSettings,
    load_member_settings,
    read_data,
)


@dataclass(frozen=True)
class ModelFacts:
    """A model, and how it came to be.

    Parameters
    ----------
    path
        Its folder.
    file
        Members and classes.
    settings
        How each member that votes was made, best first.
    data
        What it learned from; none: not recorded.
    """

    path: Path
    file: EnsembleFile
    settings: tuple[MemberSettings, ...]
    data: DataRecord | None

    @property
    def scheme(self) -> ClassScheme:
        """Its classes."""
        return self.file.classes

    @property
    def voting(self) -> list[Member]:
        """The members that vote, best first."""
        return [member for member in self.file.members if member.used]

    @property
    def network(self) -> NetworkFacts:
        """What one member costs and sees."""
        return network_facts(self.settings[0].network, classes=len(self.scheme))

    def iou(self, name: str) -> float | None:
        """Mean IoU of a class over the members that vote, where it has any."""
        return mean_known([m.outcome.iou.get(name) for m in self.voting])

    def scores(self) -> Sequence[float]:
        """MIoU(all) of each member that votes."""
        found = [m.outcome.miou_all for m in self.voting]
        return [score for score in found if score is not None]


def mean_known(scores: Sequence[float | None]) -> float | None:
    """Mean of the scores that are known; none if none is."""
    known = [score for score in scores if score is not None]
    return fmean(known) if known else None


def read_facts(model: Path, *, only: str | None = None) -> ModelFacts:
    """Read a model folder, without its weights; of `only` this member, if one is named.

    Raises
    ------
    CheckpointError
        If it is no model, or damaged.
    """
    file = read_ensemble(model)
    if only is not None:
        alone = (m.model_copy(update={"used": m.folder == only}) for m in file.members)
        file = file.model_copy(update={"members": tuple(alone)})
    voting = [member.folder for member in file.members if member.used]
    return ModelFacts(
        model,
        file,
        tuple(load_member_settings(model / name) for name in voting),
        read_data(model),
    )
