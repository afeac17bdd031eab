"""What a measurement is frozen to at its first start: `objects.yaml`."""

import importlib.metadata
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from densecell import __version__
from densecell.config import (
    ObjectsConfig,
    SchemeSetting,
    load_settings,
    save_settings,
)
from densecell.errors import ConfigError, OutputError
from densecell.geometry import Box, Shape, Spacing, round_up, tile
from densecell.objects.cut.coarse import factors_of
from densecell.objects.layers import Layer, layers_of
from densecell.objects.source import Source
from densecell.volume import fingerprint

RECORD = "objects.yaml"
BLOCK: Shape = (64, 512, 512)
CUT_BLOCK: Shape = (64, 256, 256)  # where cells are cut by affinities


class Record(BaseModel, frozen=True, extra="forbid"):
    """`objects.yaml` beside the objects."""

    format: Literal[1] = 1
    labels: str = Field(description="class ids, from the folder of the result")
    fingerprint: str = Field(description="SHA-256 of samples of the labels")
    shape: Shape
    spacing_nm: tuple[float, float, float]
    classes: SchemeSetting
    confidence: str | None = Field(description="from the folder of the result")
    members: dict[str, str] = Field(description="labels of each member that was kept")
    affinities: tuple[Shape, ...] = Field(
        (), description="offsets of those that cells are cut by; none: by distances"
    )
    objects: ObjectsConfig = Field(description="all settings, resolved")
    block: Shape = Field(description="voxels computed at once")
    versions: dict[str, str]

    @property
    def spacing(self) -> Spacing:
        """Voxel size."""
        return Spacing.checked(self.spacing_nm)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What is sought."""
        return layers_of(self.classes, self.objects)

    @property
    def blocks(self) -> tuple[Box, ...]:
        """All blocks, in raster order."""
        return _blocks(self.shape, self.block)

    @property
    def grid(self) -> Shape:
        """How many blocks there are along (z, y, x)."""
        z, y, x = (-(-n // b) for n, b in zip(self.shape, self.block, strict=True))
        return (z, y, x)


@lru_cache(maxsize=4)  # asked for once per block, of which there may be thousands
def _blocks(shape: Shape, block: Shape) -> tuple[Box, ...]:
    return tuple(tile(shape, block))


def freeze(source: Source, config: ObjectsConfig) -> Record:
    """Settle everything that objects and tables depend on.

    Raises
    ------
    ConfigError
        If the classes hold nothing to measure, or the block is no block.
    """
    layers_of(source.scheme, config)  # refuses what cannot be measured
    affinities = affinities_of(source, config)
    return Record(
        labels=source.named(source.labels.path),
        fingerprint=fingerprint(source.labels),
        shape=source.labels.shape,
        spacing_nm=source.spacing_nm,
        classes=source.scheme,
        confidence=source.confidence,
        members=source.members,
        affinities=affinities,
        objects=config,
        block=_block(source, config, CUT_BLOCK if affinities else BLOCK),
        versions=_versions(),
    )


def check_same(record: Record, now: Record, out: Path) -> None:
    """Refuse to go on with objects that were begun with other settings.

    Raises
    ------
    OutputError
        Naming the first thing that differs, with both values.
    """
    skipped = {"versions", "block", "objects"} if _same_block(record, now) else set()
    for name in Record.model_fields:
        if name in skipped | {"versions"}:
            continue
        then, asked = getattr(record, name), getattr(now, name)
        if then != asked:
            where, then, asked = _first_difference(name, then, asked)
            raise OutputError(
                f"{out}: was measured with {where} {_short(then)}, now asked for "
                f"{_short(asked)}; pass --overwrite to measure anew"
            )


def read_record(out: Path) -> Record:
    """Read `objects.yaml` of a result."""
    return load_settings(out / RECORD, Record)


def save_record(record: Record, out: Path) -> None:
    """Write `objects.yaml` of a result."""
    save_settings(record, out / RECORD)


def affinities_of(source: Source, config: ObjectsConfig) -> tuple[Shape, ...]:
    """Give the offsets of the affinities that cells are cut by, if they are."""
    if config.cells_by == "affinities" and not source.affinities:
        raise ConfigError(
            f"{source.labels.path}: has no affinities to cut cells by; segment with a "
            "model that was trained with --cells, or use --cells-by distances"
        )
    if config.cells_by == "distances" or not config.cells.split:
        return ()
    return source.affinities


def _block(source: Source, config: ObjectsConfig, usual: Shape) -> Shape:
    """Fit the block to the volume and to the coarse voxels of all splits."""
    wanted = config.block or usual
    if min(wanted) < 1:
        raise ConfigError(f"block must be positive (z y x), got {wanted}")
    sizes = [s.voxel_nm for s in (config.cells, config.organelles, config.affinities)]
    steps = np.max([factors_of(source.spacing_nm, s) for s in sizes], axis=0).tolist()
    z, y, x = (
        round_up(min(w, n), f)
        for w, n, f in zip(wanted, source.labels.shape, steps, strict=True)
    )
    return (z, y, x)


def _same_block(record: Record, now: Record) -> bool:
    """Tell whether settings agree but for a block that nobody asked for."""
    unset = {"block": None}
    return now.objects.block in (None, record.objects.block) and (
        record.objects.model_copy(update=unset) == now.objects.model_copy(update=unset)
    )


def _first_difference(
    name: str, then: object, asked: object
) -> tuple[str, object, object]:
    """Go down into settings that differ, to the first that is a value."""
    if isinstance(then, BaseModel) and type(then) is type(asked):
        for field, value in then:
            other = getattr(asked, field)
            if value != other:
                return _first_difference(f"{name}.{field}", value, other)
    if (
        isinstance(then, dict)
        and isinstance(asked, dict)
        and then.keys() == asked.keys()
    ):
        key = next(k for k, value in then.items() if value != asked[k])
        return _first_difference(f"{name}.{key}", then[key], asked[key])
    return name, then, asked


def _short(value: object) -> str:
    return " ".join(str(value).split())


def _versions() -> dict[str, str]:
    packages = ("numpy", "connected-components-3d", "bioimage-cpp")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"densecell": __version__, **found}
