"""Settings of a project: its classes, its volumes, and how networks are trained."""

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
    """A part of a volume that was annotated, for all classes or some of them."""

    box: tuple[Shape, Shape] = Field(
        description="Start and stop of the box, in voxels (z, y, x)."
    )
    classes: tuple[str, ...] | None = Field(
        None,
        description="Classes that were annotated in the box; all other voxels of the "
        "box are known to be none of them. Default: all classes.",
    )

    @model_validator(mode="after")
    def _holds_voxels(self) -> Self:
        if min(Box(*self.box).shape) < 1 or min(self.box[0]) < 0:
            raise ValueError(f"box must be [start, stop) with voxels, got {self.box}")
        return self


def _address(value: object) -> object:
    return to_address(value) if isinstance(value, str) else value


def _written(address: PurePath | Url) -> str:
    """Write paths with slashes, so that those of Windows are read everywhere."""
    return address.as_posix() if isinstance(address, PurePath) else str(address)


AddressSetting = Annotated[
    Path | Url, BeforeValidator(_address), PlainSerializer(_written, when_used="json")
]


def _pairs(value: object) -> object:
    return tuple(value.items()) if isinstance(value, Mapping) else value


Value = Annotated[int, Field(ge=0, le=255)]
IdChanges = Annotated[
    tuple[tuple[Value, Value], ...], BeforeValidator(_pairs), PlainSerializer(dict)
]


class VolumeEntry(Frozen):
    """An image with labels, used to train or to validate."""

    image: AddressSetting = Field(
        description="Image to read: a path relative to the project file, or an address "
        "at https:// or s3://. Add #channel=1 or #time=3 to choose a part."
    )
    labels: AddressSetting = Field(
        description="Labels to read: class ids, of the same shape as the image."
    )
    objects: AddressSetting | None = Field(
        None,
        description="Cell ids to read, one per voxel, 0 where there is no cell. Needed "
        "to learn affinities.",
    )
    ids: IdChanges = Field(
        (),
        description="Read these values of the labels as other class ids, for example "
        "255: 1. Id 255 means not annotated.",
    )
    labels_z: tuple[int, ...] = Field(
        (),
        description="Slices of the image that the slices of the labels belong to, in "
        "their order. Empty: all slices are labelled.",
    )
    spacing_nm: tuple[float, float, float] = Field(
        description="Voxel size (z, y, x), in nm."
    )
    role: Literal["train", "eval"] = Field(
        "train",
        description="Use the volume to train, or to validate and rank networks (eval).",
    )
    z: tuple[int, int] | None = Field(
        None, description="Use slices from, to (the end is not included)."
    )
    y: tuple[int, int] | None = Field(
        None, description="Use rows from, to (the end is not included)."
    )
    x: tuple[int, int] | None = Field(
        None, description="Use columns from, to (the end is not included)."
    )
    boxes: tuple[AnnotatedBox, ...] = Field(
        (),
        description="Parts that were annotated; the rest is ignored. Empty: the whole "
        "volume was annotated.",
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
        """The part of a volume of this shape that the entry uses."""
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
    """`project.yaml`: classes, volumes, and settings that differ from the defaults."""

    format: Literal[1] = Field(
        FORMAT, description="Version of the layout of this file."
    )
    classes: SchemeSetting = Field(
        description="Class list: the name of a built-in one, or classes by id."
    )
    volumes: tuple[VolumeEntry, ...] = Field(
        min_length=1, description="Images with labels, to train and to validate on."
    )
    spacing_nm: tuple[float, float, float] | None = Field(
        None,
        description="Voxel size (z, y, x), in nm, that networks are trained at. Other "
        "volumes are resampled to it. Default: that of the first volume to train on.",
    )
    network: NetworkConfig = Field(
        NetworkConfig(), description="Which network to train, and how large."
    )
    training: TrainingConfig = Field(
        TrainingConfig(), description="How each network of the ensemble is trained."
    )
    ensemble: EnsembleConfig = Field(
        EnsembleConfig(), description="How many networks are trained and used."
    )

    @model_validator(mode="after")
    def _spacing_is_sane(self) -> Self:
        if self.spacing_nm is not None:
            Spacing.checked(self.spacing_nm)
        return self

    @property
    def grid_nm(self) -> Spacing:
        """Voxel size that networks are trained at."""
        stated = [v.spacing_nm for v in self.volumes if v.role == "train"]
        stated += [v.spacing_nm for v in self.volumes]  # for projects without one
        return Spacing.checked(self.spacing_nm or stated[0])
