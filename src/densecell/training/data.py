"""What members are trained on and chosen by."""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.classes import ClassScheme
from densecell.config import ProjectConfig
from densecell.errors import ConfigError
from densecell.geometry import Shape
from densecell.patches import LabelledVolume, class_counts, load_labelled
from densecell.volume import fingerprint, open_volume

CONTEXT: Shape = (1, 32, 32)  # of image around the labelled eval boxes


class Data(NamedTuple):
    """The labelled volumes of a project."""

    train: list[LabelledVolume]
    validation: list[LabelledVolume]
    digest: str | None = None  # by which a resume knows it again


def load_data(project: ProjectConfig, root: Path) -> Data:
    """Read the project's volumes; warn of classes that one side lacks.

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
    data = Data(
        load_labelled(project, root, role="train"),
        load_eval(project, root),
        _digest(project, root),
    )
    _warn_of_missing(data.train, project.classes, "train", "they cannot be learned")
    _warn_of_missing(data.validation, project.classes, "eval", "no score counts them")
    return data


def load_eval(project: ProjectConfig, root: Path) -> list[LabelledVolume]:
    """Read the volumes to choose on, with some image around them."""
    return load_labelled(project, root, role="eval", context=CONTEXT)


def _digest(project: ProjectConfig, root: Path) -> str:
    """Hash what each volume is for, and samples of its voxels; not where it lies."""
    digest = hashlib.sha256()
    for entry in project.volumes:
        role = entry.model_dump_json(exclude={"image", "labels", "objects"})
        digest.update(role.encode())
        objects = [] if entry.objects is None else [entry.objects]
        for path in (entry.image, entry.labels, *objects):
            volume = open_volume(root / path, spacing_nm=entry.spacing_nm)
            digest.update(fingerprint(volume).encode())
    return digest.hexdigest()


def _warn_of_missing(
    volumes: Sequence[LabelledVolume], scheme: ClassScheme, role: str, effect: str
) -> None:
    counts = class_counts(volumes, len(scheme))
    missing = [n for n, count in zip(scheme.names, counts, strict=True) if not count]
    if missing:
        warnings.warn(
            f"no voxel of role {role} is labelled {', '.join(missing)}: {effect}",
            stacklevel=3,
        )
