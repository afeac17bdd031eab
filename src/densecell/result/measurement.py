"""How labels are measured, settled at the first start: `objects.yaml`.

And how the objects become meshes: `meshes/settings.yaml`.
"""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.config import (
    ObjectsConfig,
    SchemeSetting,
    load_settings,
    save_settings,
)
from densecell.geometry import Box, Shape, Spacing, per_axis, tile
from densecell.result.layout import MESH_SETTINGS, OBJECTS


class Measurement(BaseModel, frozen=True, extra="forbid"):
    """`objects.yaml` beside the objects."""

    format: Literal[1] = 1
    labels: str = Field(description="class ids, as a path from the result")
    fingerprint: str = Field(description="SHA-256 of samples of the labels")
    shape: Shape
    spacing_nm: tuple[float, float, float]
    classes: SchemeSetting
    confidence: str | None = Field(description="as a path from the result")
    members: dict[str, str] = Field(description="labels of each member that were kept")
    affinities: tuple[Shape, ...] = Field(
        (), description="offsets of the pairs that cells are cut by; none: by distances"
    )
    objects: ObjectsConfig = Field(description="all settings, resolved")
    block: Shape = Field(description="voxels computed at once")
    versions: dict[str, str]

    @property
    def spacing(self) -> Spacing:
        """Voxel size."""
        return Spacing.checked(self.spacing_nm)

    @property
    def blocks(self) -> tuple[Box, ...]:
        """All blocks, in raster order."""
        return _blocks(self.shape, self.block)

    @property
    def grid(self) -> Shape:
        """Number of blocks along (z, y, x)."""
        return per_axis(lambda size, block: -(-size // block), self.shape, self.block)


class MeshSettings(BaseModel, frozen=True, extra="forbid"):
    """`meshes/settings.yaml` of a result."""

    format: Literal[1] = 1
    max_error_nm: float
    max_voxels: int
    formats: tuple[Literal["glb", "precomputed", "ply", "obj", "stl"], ...]
    objects: str = Field(description="digest of the files of the objects")


def read_measurement(result: Path) -> Measurement:
    """Read `objects.yaml` of a result."""
    return load_settings(result / OBJECTS, Measurement)


def save_measurement(measurement: Measurement, result: Path) -> None:
    """Write `objects.yaml` of a result."""
    save_settings(measurement, result / OBJECTS)


def read_mesh_settings(result: Path) -> MeshSettings:
    """Read `meshes/settings.yaml` of a result."""
    return load_settings(result / MESH_SETTINGS, MeshSettings)


@lru_cache(maxsize=4)  # asked for once per block, of which there may be thousands
def _blocks(shape: Shape, block: Shape) -> tuple[Box, ...]:
    return tuple(tile(shape, block))
