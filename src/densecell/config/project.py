"""Settings of a project: its classes and volumes, and what is to become of them."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from densecell.address import Url, to_address
from densecell.classes import BUILT_IN, ClassScheme
from densecell.config.frozen import Frozen
from densecell.config.network import NetworkConfig
from densecell.config.training import EnsembleConfig, TrainingConfig
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape, Spacing

FORMAT: Literal[1] = 1


class AnnotatedBox(Frozen):
    """A part of a volume that was annotated, perhaps for some classes only."""

    box: tuple[Shape, Shape] = Field(description="start and stop, voxels (z, y, x)")
    classes: tuple[str, ...] | None = Field(
        None,
        description="those annotated there; of the rest it is known that it is "
        "none of them. None: all classes",
    )

    @model_validator(mode="after")
    def _holds_voxels(self) -> Self:
        if min(Box(*self.box).shape) < 1 or min(self.box[0]) < 0:
            raise ValueError(f"box must be [start, stop) with voxels, got {self.box}")
        return self


def _address(value: object) -> object:
    return to_address(value) if isinstance(value, str) else value


def _written(address: PurePath | Url) -> str:
    """Write paths with slashes: those of Windows are read everywhere then."""
    return address.as_posix() if isinstance(address, PurePath) else str(address)


AddressSetting = Annotated[
    Path | Url, BeforeValidator(_address), PlainSerializer(_written, when_used="json")
]


class VolumeEntry(Frozen):
    """An image with labels, and what it is for."""

    image: AddressSetting = Field(
        description="intensities, relative to the project file, or at https://, s3://; "
        "#channel=1 or #time=3 at the end chooses a part of it"
    )
    labels: AddressSetting = Field(description="class ids, of the same shape")
    objects: AddressSetting | None = Field(
        None, description="an id per cell and voxel, 0 for none; to learn affinities"
    )
    spacing_nm: tuple[float, float, float] = Field(description="voxel size z, y, x")
    role: Literal["train", "eval"] = Field("train", description="train, or choose on")
    z: tuple[int, int] | None = Field(None, description="slices from, to (half-open)")
    y: tuple[int, int] | None = Field(None, description="rows from, to (half-open)")
    x: tuple[int, int] | None = Field(None, description="columns from, to (half-open)")
    boxes: tuple[AnnotatedBox, ...] = Field(
        (), description="parts that were annotated, the rest being unknown; empty: all"
    )

    @model_validator(mode="after")
    def _ranges_and_spacing_are_sane(self) -> Self:
        Spacing.checked(self.spacing_nm)
        for axis in "zyx":
            span = getattr(self, axis)
            if span is not None and not 0 <= span[0] < span[1]:
                raise ValueError(
                    f"{axis} must be [from, to) with from < to, got {span}"
                )
        return self

    def box(self, shape: Shape) -> Box:
        """Give the part of a volume of `shape` that this entry stands for."""
        spans = [
            s or (0, n) for s, n in zip((self.z, self.y, self.x), shape, strict=True)
        ]
        if any(b > n for (_, b), n in zip(spans, shape, strict=True)):
            raise ConfigError(
                f"{self.image}: the project asks for z, y, x {spans}, but the volume "
                f"has {shape} voxels; correct the ranges in project.yaml"
            )
        (z0, z1), (y0, y1), (x0, x1) = spans
        return Box((z0, y0, x0), (z1, y1, x1))


def _scheme(value: object) -> object:
    if isinstance(value, str):
        if value not in BUILT_IN:
            raise ValueError(
                f"no class scheme {value!r}; built in: {', '.join(BUILT_IN)}"
            )
        return ClassScheme.named(value)
    if isinstance(value, Mapping) and "classes" not in value:
        return {"classes": value}
    return value


SchemeSetting = Annotated[
    ClassScheme,
    BeforeValidator(_scheme),
    PlainSerializer(ClassScheme.as_settings),
]


class ProjectConfig(Frozen):
    """`project.yaml`: the classes, the volumes, and what differs from the defaults."""

    format: Literal[1] = FORMAT
    classes: SchemeSetting = Field(description="a built-in scheme's name, or classes")
    volumes: tuple[VolumeEntry, ...] = Field(
        min_length=1, description="images with labels, to learn from and to choose on"
    )
    spacing_nm: tuple[float, float, float] | None = Field(
        None,
        description="voxel size z, y, x that networks learn from; volumes of another "
        "are resampled. None: that of the first volume with role train",
    )
    network: NetworkConfig = Field(NetworkConfig(), description="what is trained")
    training: TrainingConfig = Field(TrainingConfig(), description="how")
    ensemble: EnsembleConfig = Field(EnsembleConfig(), description="how many of them")

    @model_validator(mode="after")
    def _spacing_is_sane(self) -> Self:
        if self.spacing_nm is not None:
            Spacing.checked(self.spacing_nm)
        return self

    @property
    def grid_nm(self) -> Spacing:
        """Voxel size of the grid that networks learn from."""
        stated = [v.spacing_nm for v in self.volumes if v.role == "train"]
        stated += [v.spacing_nm for v in self.volumes]  # for projects without one
        return Spacing.checked(self.spacing_nm or stated[0])
