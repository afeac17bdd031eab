"""Labelled volumes to train on and to validate on."""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.classes import ClassScheme
from densecell.config import ProjectConfig
from densecell.errors import ConfigError
from densecell.geometry import Shape
from densecell.patches import LabelledVolume, class_counts, load_labelled

CONTEXT: Shape = (1, 32, 32)  # voxels of image around the labelled eval boxes


SEEN_IN_VOXELS = {"image", "labels", "objects", "ids", "labels_z"}  # of an entry


class Data(NamedTuple):
    """The labelled volumes of a project."""

    train: list[LabelledVolume]
    validation: list[LabelledVolume]
    digest: str | None = None  # tells a resume whether the data has changed


def load_data(project: ProjectConfig, root: Path) -> Data:
    """Read the project's volumes; warn of classes without labels.

    Raises
    ------
    ConfigError
        If the project has no volume of role train, or none of role eval.
    VolumeError
        If a volume is not what the project says.
    """
    roles = [entry.role for entry in project.volumes]
    for role in ("train", "eval"):
        if role not in roles:
            raise ConfigError(
                f"{root / 'project.yaml'}: no volume has role {role}; training needs "
                "one to learn from (train) and one to validate on (eval)"
            )
    train = load_labelled(project, root, role="train")
    validation = load_eval(project, root)
    data = Data(train, validation, _digest(project, train, validation))
    _warn_of_missing(data.train, project.classes, "train", "they cannot be learned")
    _warn_of_missing(data.validation, project.classes, "eval", "no score counts them")
    return data


def load_eval(project: ProjectConfig, root: Path) -> list[LabelledVolume]:
    """Read the volumes to validate on, with some image around them."""
    return load_labelled(project, root, role="eval", context=CONTEXT)


def _digest(
    project: ProjectConfig,
    train: Sequence[LabelledVolume],
    validation: Sequence[LabelledVolume],
) -> str:
    """Hash of labels, roles of volumes and samples of images, without their paths."""
    digest = hashlib.sha256()
    volumes = {"train": iter(train), "eval": iter(validation)}
    for entry in project.volumes:
        volume = next(volumes[entry.role])
        role = entry.model_dump_json(exclude=SEEN_IN_VOXELS)
        digest.update(role.encode())
        digest.update(volume.fingerprint.encode())
        digest.update(np.ascontiguousarray(volume.channels).data)
        if volume.objects is not None:
            digest.update(np.ascontiguousarray(volume.objects).data)
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
