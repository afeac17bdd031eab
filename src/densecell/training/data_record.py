"""Record of the volumes that a model learned from: `data.json` in its folder.

A model outlives its project, and its users want to know what it has seen.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.classes import ClassScheme
from densecell.config import write_text
from densecell.geometry import Shape
from densecell.patches import LabelledVolume, class_counts
from densecell.training.checkpoint import load_json
from densecell.training.data import Data

DATA = "data.json"


class VolumeRecord(BaseModel, frozen=True, extra="forbid"):
    """A labelled volume, or a box of one, as training saw it."""

    name: str = Field(description="name of the image, without folders")
    role: Literal["train", "eval"]
    shape: Shape = Field(
        description="voxels of the labelled box, on the project's grid"
    )
    spacing_nm: tuple[float, float, float] = Field(description="spacing of that grid")
    statistics: tuple[float, float, float, float] = Field(
        description="mean, standard deviation, lowest, highest grey value of the image"
    )
    fingerprint: str = Field(description="SHA-256 of samples of the image's voxels")
    voxels: dict[str, int] = Field(description="labelled voxels of each class")


class DataRecord(BaseModel, frozen=True, extra="forbid"):
    """Content of `data.json`: all volumes that any training of the model saw."""

    format: Literal[1] = 1
    volumes: tuple[VolumeRecord, ...]

    def of_role(self, role: str) -> list[VolumeRecord]:
        """Volumes of a role."""
        return [volume for volume in self.volumes if volume.role == role]

    def counts(self, role: str) -> dict[str, int]:
        """Labelled voxels of each class, over all volumes of a role."""
        total: dict[str, int] = {}
        for volume in self.of_role(role):
            for name, count in volume.voxels.items():
                total[name] = total.get(name, 0) + count
        return total


def record_data(folder: Path, data: Data, scheme: ClassScheme) -> None:
    """Add volumes to `data.json` of a model, unless they are listed already."""
    before = read_data(folder)
    now = [
        *(_recorded(volume, "train", scheme) for volume in data.train),
        *(_recorded(volume, "eval", scheme) for volume in data.validation),
    ]
    known = [] if before is None else list(before.volumes)
    added = [volume for volume in now if volume not in known]
    if added:
        record = DataRecord(volumes=(*known, *added))
        write_text(folder / DATA, record.model_dump_json(indent=1) + "\n")


def read_data(folder: Path) -> DataRecord | None:
    """Read `data.json` of a model; none if there is no such file.

    Raises
    ------
    CheckpointError, ConfigError
        If the file is damaged.
    """
    try:
        return load_json(folder / DATA, DataRecord)
    except FileNotFoundError:
        return None


def _recorded(
    volume: LabelledVolume, role: Literal["train", "eval"], scheme: ClassScheme
) -> VolumeRecord:
    counts = class_counts([volume], len(scheme)).tolist()
    return VolumeRecord(
        name=volume.name,
        role=role,
        shape=volume.shape,
        spacing_nm=volume.spacing_nm,
        statistics=volume.statistics,
        fingerprint=volume.fingerprint,
        voxels=dict(zip(scheme.names, counts, strict=True)),
    )
