"""Load a model folder: its networks, ready to run."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.classes import ClassScheme
from densecell.ensemble.rank import EnsembleFile, read_ensemble
from densecell.errors import CheckpointError, ConfigError
from densecell.geometry import Shape, Spacing
from densecell.networks import Network, build_network
from densecell.training import (
    WEIGHTS,
    MemberSettings,
    load_member_settings,
    load_weights,
)
from densecell.volume import Appearance


class Ensemble(NamedTuple):
    """Networks that vote by the mean of their probabilities."""

    path: Path
    names: tuple[str, ...]  # folders of the members, best first
    networks: tuple[Network, ...]
    fingerprints: tuple[str, ...]  # SHA-256 of each member's weights file
    scheme: ClassScheme
    spacing_nm: Spacing  # of the voxels that it was trained on
    appearance: Appearance | None  # of the training volumes; none: not known
    affinities: tuple[Shape, ...] = ()  # offsets of the pairs that it has learned


def load_ensemble(
    folder: Path, *, best: int | None = None, only: tuple[str, ...] | None = None
) -> Ensemble:
    """Load a model: the members in use, or the `best` of them, or `only` these.

    Raises
    ------
    CheckpointError
        If the folder is no model, or a member is missing, damaged or of other classes.
    ConfigError
        If `best` is more than the members that finished.
    """
    file = read_ensemble(folder)
    names = only or _chosen(file, folder, best)
    settings = [load_member_settings(folder / name) for name in names]
    affinities = _common_affinities(settings, folder)
    networks = tuple(_load_member(folder / name, file) for name in names)
    return Ensemble(
        path=folder,
        names=names,
        networks=networks,
        fingerprints=tuple(member_fingerprint(folder / name) for name in names),
        scheme=file.classes,
        spacing_nm=Spacing.checked(file.spacing_nm),
        appearance=settings[0].appearance,
        affinities=affinities,
    )


def _chosen(file: EnsembleFile, folder: Path, best: int | None) -> tuple[str, ...]:
    if best is None:
        return tuple(m.folder for m in file.members if m.used)
    usable = [m.folder for m in file.members if m.outcome.state == "finished"]
    if not 1 <= best <= len(usable):
        raise ConfigError(
            f"{folder}: {best} members requested, but 1 to {len(usable)} can be used"
        )
    return tuple(usable[:best])


def _common_affinities(
    members: Sequence[MemberSettings], folder: Path
) -> tuple[Shape, ...]:
    found = list(dict.fromkeys(member.network.affinities for member in members))
    if len(found) > 1:
        raise CheckpointError(
            f"{folder}: its members learned different affinities ({found[0]} and "
            f"{found[1]}) and cannot vote on them; drop some by `densecell ensemble`"
        )
    return found[0]


def _load_member(member: Path, file: EnsembleFile) -> Network:
    settings = load_member_settings(member)
    if settings.classes != file.classes:
        raise CheckpointError(
            f"{member}: trained for classes {list(settings.classes.names)}, but the "
            f"ensemble is for {list(file.classes.names)}; re-rank with its own members"
        )
    network = build_network(settings.network, classes=len(settings.classes))
    load_weights(network, member / WEIGHTS)
    network.eval()
    return network


def member_fingerprint(member: Path) -> str:
    """SHA-256 of a member's weights file."""
    return hashlib.sha256((member / WEIGHTS).read_bytes()).hexdigest()
