"""Rank members by their scores on the eval volumes; the best vote together."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.config import SchemeSetting, write_text
from densecell.errors import CheckpointError, ConfigError, TrainingError
from densecell.training import (
    MemberOutcome,
    load_json,
    load_member_settings,
    member_folder,
    read_outcome,
)

ENSEMBLE = "ensemble.json"


class Member(BaseModel, frozen=True, extra="forbid"):
    """One trained network of an ensemble."""

    folder: str
    used: bool
    outcome: MemberOutcome


class EnsembleFile(BaseModel, frozen=True, extra="forbid"):
    """Content of `ensemble.json`: members, best first, and what all of them share."""

    format: Literal[1] = 1
    classes: SchemeSetting
    spacing_nm: tuple[float, float, float]
    mean: float = Field(description="mean of the training volumes' intensities")
    std: float = Field(
        description="standard deviation of the training volumes' intensities"
    )
    members: tuple[Member, ...]


def rank_members(folder: Path, *, best: int) -> EnsembleFile:
    """Rank all trained members of a model by MIoU(all); write `ensemble.json`.

    Members that were abandoned or failed are listed but not used. Of equal members, the
    one with the lower number comes first.

    Raises
    ------
    TrainingError
        If no member finished.
    """
    trained = _trained(folder)
    usable = [(name, o) for name, o in trained if o.state == "finished"]
    if not usable:
        reasons = "; ".join(f"{name}: {o.reason}" for name, o in trained)
        raise TrainingError(
            f"{folder}: none of {len(trained)} members is usable ({reasons}); train "
            "with more steps, more labels, or other seeds (ensemble.seed), with "
            "--overwrite or another --name"
        )
    order = sorted(trained, key=lambda item: -_score(item[1]))
    used = {name for name, o in order if o.state == "finished"}
    used &= {name for name, _ in sorted(usable, key=lambda i: -_score(i[1]))[:best]}
    settings = load_member_settings(folder / usable[0][0])
    ensemble = EnsembleFile(
        classes=settings.classes,
        spacing_nm=settings.spacing_nm,
        mean=settings.mean,
        std=settings.std,
        members=tuple(Member(folder=n, used=n in used, outcome=o) for n, o in order),
    )
    write_text(folder / ENSEMBLE, ensemble.model_dump_json(indent=2) + "\n")
    return ensemble


def use_members(folder: Path, names: Collection[str]) -> EnsembleFile:
    """Let only these members vote; write `ensemble.json`.

    Raises
    ------
    ConfigError
        If one does not exist or did not finish, or none is left.
    """
    file = read_ensemble(folder)
    usable = {m.folder for m in file.members if m.outcome.state == "finished"}
    if wrong := sorted(set(names) - usable):
        raise ConfigError(
            f"{folder}: {', '.join(wrong)} cannot vote; finished members are "
            f"{', '.join(sorted(usable))}"
        )
    if not names:
        raise ConfigError(f"{folder}: no member would be left to vote; keep one")
    changed = file.model_copy(
        update={
            "members": tuple(
                m.model_copy(update={"used": m.folder in names}) for m in file.members
            )
        }
    )
    write_text(folder / ENSEMBLE, changed.model_dump_json(indent=2) + "\n")
    return changed


def read_ensemble(folder: Path) -> EnsembleFile:
    """Read `ensemble.json` of a model folder.

    Raises
    ------
    CheckpointError
        If the folder is no model, or the file is damaged.
    """
    try:
        return load_json(folder / ENSEMBLE, EnsembleFile)
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(_no_model(folder)) from None


def _no_model(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder}: no such model folder; train one with `densecell train`"
    inside = sorted(p.parent.name for p in folder.glob(f"*/{ENSEMBLE}"))
    inside += sorted(
        f"models/{p.parent.name}" for p in folder.glob(f"models/*/{ENSEMBLE}")
    )
    hint = f"did you mean {folder / inside[0]}?" if inside else "train one first"
    return f"{folder}: no {ENSEMBLE} in it, so it is not a trained model; {hint}"


def _trained(folder: Path) -> list[tuple[str, MemberOutcome]]:
    found = []
    number = 0
    while (member := member_folder(folder, number)).exists():
        if (member / "outcome.json").exists():
            found.append((member.name, read_outcome(member)))
        number += 1
    return found


def _score(outcome: MemberOutcome) -> float:
    return -1.0 if outcome.miou_all is None else outcome.miou_all
