"""How a volume is segmented, settled at the first start: `run.yaml`.

A resume reads it and never measures or chooses again, so that the bytes do not depend
on when or where a run was interrupted.
"""

from fractions import Fraction
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
from densecell.geometry import Box, Shape, Spacing, per_axis, tile
from densecell.result.layout import RUN
from densecell.volume import (
    AdaptedVolume,
    GreyChange,
    Grid,
    ResampledVolume,
    Statistics,
    Volume,
)

Fractions = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


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
    ratio: Fractions | None = Field(
        None,
        description="voxels of the volume per voxel of the grid that the model sees, "
        "as numerator and denominator for each axis; none: it sees the volume itself",
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
        (), description="offsets of the pairs of voxels that affinities are written of"
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
        """Statistics by which grey values are normalised."""
        return Statistics(*self.volume.statistics)

    @property
    def grid(self) -> Grid | None:
        """The grid that the model sees; none: the volume's own voxels."""
        if (ratio := self.inference.ratio) is None:
            return None
        return Grid(self.volume.shape, per_axis(lambda parts: Fraction(*parts), ratio))

    @property
    def seen_shape(self) -> Shape:
        """Voxels of what the model sees."""
        return self.volume.shape if self.grid is None else self.grid.shape

    @property
    def tiling(self) -> InferenceConfig:
        """The frozen tile and margin, in the form of settings."""
        return InferenceConfig(tile=self.inference.tile, margin=self.inference.margin)

    @property
    def blocks(self) -> tuple[Box, ...]:
        """All blocks in raster order, in voxels of the result."""
        return tuple(tile(self.extent.shape, self.inference.block))

    def seen(self, volume: Volume) -> Volume:
        """View of the volume as the model sees it: resampled, grey values changed."""
        seen = volume if self.grid is None else ResampledVolume(volume, self.grid)
        if (change := self.inference.change) is None:
            return seen
        changed = GreyChange(change.sigma_px, change.source, change.target)
        return AdaptedVolume(seen, self.statistics, changed)


def ratio_of(grid: Grid | None) -> Fractions | None:
    """Ratio of a grid as plain numbers, as `FrozenInference.ratio` keeps it."""
    if grid is None:
        return None
    return per_axis(lambda ratio: (ratio.numerator, ratio.denominator), grid.ratio)


def read_run(result: Path) -> Run:
    """Read `run.yaml` of a result."""
    return load_settings(result / RUN, Run)


def save_run(run: Run, result: Path) -> None:
    """Write `run.yaml` of a result."""
    save_settings(run, result / RUN)
