"""What a segmentation is frozen to at its first start: `run.yaml`.

A resume reads it and never measures or chooses again, so that the bytes do not depend
on when or where a run was interrupted.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.config import (
    AddressSetting,
    InferenceConfig,
    SchemeSetting,
    load_settings,
    save_settings,
)
from densecell.ensemble.resolution import Ratios, thawed_grid
from densecell.geometry import Box, Shape, Spacing, tile
from densecell.inference import EngineChoice
from densecell.volume import (
    AdaptedVolume,
    Change,
    Grid,
    ResampledVolume,
    Statistics,
    Volume,
)

RUN = "run.yaml"


class FrozenVolume(BaseModel, frozen=True, extra="forbid"):
    """The volume that is segmented."""

    path: AddressSetting
    shape: Shape
    dtype: str
    spacing_nm: tuple[float, float, float]
    statistics: tuple[float, float, float, float] = Field(
        description="mean, standard deviation, lowest, highest grey value"
    )
    fingerprint: str | None = Field(
        None, description="SHA-256 of samples of its voxels"
    )


class FrozenModel(BaseModel, frozen=True, extra="forbid"):
    """The members that segment it."""

    path: Path
    members: dict[str, str] = Field(description="SHA-256 of each member's weights")
    spacing_nm: tuple[float, float, float]


class FrozenChange(BaseModel, frozen=True, extra="forbid"):
    """How grey values are changed; see `volume.adapted`."""

    sigma_px: float
    source: tuple[float, ...]
    target: tuple[float, ...]


class FrozenInference(BaseModel, frozen=True, extra="forbid"):
    """How tiles are cut and computed."""

    tile: Shape
    margin: Shape
    block: Shape
    engine: Literal["torch", "openvino"]
    precision: Literal["float32", "bfloat16"]
    threads: int
    exact: bool = False
    tta: bool = False
    skip_flat: float | None = None
    change: FrozenChange | None = None
    resample: bool = True
    ratio: Ratios | None = Field(
        None,
        description="as many voxels of the volume are as long as so many of the grid "
        "that the model sees, by axis; none: it sees the volume's own",
    )


class Run(BaseModel, frozen=True, extra="forbid"):
    """`run.yaml` of a result."""

    format: Literal[1] = 1
    command: str
    volume: FrozenVolume
    model: FrozenModel
    classes: SchemeSetting
    box: tuple[Shape, Shape] | None = Field(description="none: the whole volume")
    inference: FrozenInference
    keep_members: bool = False
    probabilities: bool = False
    affinities: tuple[Shape, ...] = Field(
        (), description="offsets of the pairs of voxels that are told to be of one cell"
    )
    versions: dict[str, str]

    @property
    def extent(self) -> Box:
        """What is segmented, in voxels of the volume."""
        return Box.whole(self.volume.shape) if self.box is None else Box(*self.box)

    @property
    def spacing_nm(self) -> Spacing:
        """Voxel size of volume and result."""
        return Spacing.checked(self.volume.spacing_nm)

    @property
    def statistics(self) -> Statistics:
        """By which grey values are normalised."""
        return Statistics(*self.volume.statistics)

    @property
    def grid(self) -> Grid | None:
        """The grid that the model sees; none: the volume's own voxels."""
        return thawed_grid(self.volume.shape, self.inference.ratio)

    @property
    def seen_shape(self) -> Shape:
        """Voxels of what the model sees."""
        return self.volume.shape if self.grid is None else self.grid.shape

    @property
    def choice(self) -> EngineChoice:
        """The engine that every resume uses."""
        i = self.inference
        return EngineChoice(i.engine, i.precision, i.threads)

    def tiles(self) -> InferenceConfig:
        """Give the frozen tiles in the form of settings."""
        return InferenceConfig(tile=self.inference.tile, margin=self.inference.margin)

    def seen(self, volume: Volume) -> Volume:
        """Show the volume as the model sees it."""
        seen = volume if self.grid is None else ResampledVolume(volume, self.grid)
        if (change := self.inference.change) is None:
            return seen
        changed = Change(change.sigma_px, change.source, change.target)
        return AdaptedVolume(seen, self.statistics, changed)

    def blocks(self) -> list[Box]:
        """Give all blocks, in raster order, in voxels of the result."""
        return list(tile(self.extent.shape, self.inference.block))


class Wish(BaseModel, frozen=True):
    """What the user asked for; what is left open is settled by `freeze`."""

    inference: InferenceConfig = InferenceConfig()
    box: tuple[Shape, Shape] | None = None
    keep_members: bool = False
    probabilities: bool = False
    affinities: bool = True  # where the model tells of some
    command: str = ""
    max_memory: int | None = None  # bytes of all processes on this machine
    processes: int = 1  # that share them
    cores: int | None = None  # of each, where it is not this machine that computes


def read_run(out: Path) -> Run:
    """Read `run.yaml` of a result."""
    return load_settings(out / RUN, Run)


def save_run(run: Run, out: Path) -> None:
    """Write `run.yaml` of a result."""
    save_settings(run, out / RUN)
