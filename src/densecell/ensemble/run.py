"""What a segmentation is frozen to at its first start: `run.yaml`.

A resume reads it and never measures or chooses again, so that the bytes do not depend
on when or where a run was interrupted.
"""

import importlib.metadata
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell import __version__
from densecell.compute import usable_memory
from densecell.config import (
    AddressSetting,
    InferenceConfig,
    SchemeSetting,
    load_settings,
    save_settings,
)
from densecell.ensemble.load import Ensemble
from densecell.ensemble.memory import fit
from densecell.ensemble.resolution import Ratios, frozen_ratio, grid_of, thawed_grid
from densecell.errors import CheckpointError, ConfigError, OutputError
from densecell.geometry import Box, Shape, Spacing, tile
from densecell.inference import (
    EngineChoice,
    choose_engine,
    fastest_engine,
    plan_tiling,
)
from densecell.volume import (
    AdaptedVolume,
    Change,
    Grid,
    ResampledVolume,
    Statistics,
    Volume,
    change_to,
    fingerprint,
    intensity_statistics,
    require_spacing,
)

RUN = "run.yaml"
WORTH_MEASURING = 4_000_000  # voxels times members: for fewer nothing is measured
USUAL_TILE_BYTES = 400.0  # per voxel, where nothing is measured
SHARE_OF_FREE = 2 / 3  # of the memory, when no budget is given


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


def freeze(volume: Volume, ensemble: Ensemble, wish: Wish) -> Run:
    """Settle everything that the bytes of a result depend on.

    Raises
    ------
    SpacingError
        If the volume's voxel size is unknown.
    VolumeError
        If it is constant, not finite, or the box lies outside.
    """
    return settle(volume, ensemble, wish)[0]


def settle(volume: Volume, ensemble: Ensemble, wish: Wish) -> tuple[Run, int]:
    """Do the work of `freeze`; also give the bytes that one process will take."""
    spacing = require_spacing(volume)
    _check_box(volume, wish.box)
    _check_background(ensemble, wish.inference)
    extent = volume.shape if wish.box is None else Box(*wish.box).shape
    network, config = ensemble.networks[0], wish.inference
    grid = grid_of(volume, ensemble, config)
    seen = volume if grid is None else ResampledVolume(volume, grid)
    statistics = intensity_statistics(seen)
    change = _change(seen, statistics, ensemble) if config.adapt else None
    if config.threads is None:
        config = config.model_copy(update={"threads": wish.cores})
    usual = plan_tiling(network, grid.shape if grid else volume.shape, config)
    choice, tile_bytes = choose_engine(config), USUAL_TILE_BYTES
    if Box.whole(extent).voxels * len(ensemble.networks) >= WORTH_MEASURING:
        fastest, *_ = fastest_engine(network, config, depth=usual.tile[0])
        choice, tile_bytes = fastest.choice, fastest.bytes_per_voxel
    budget = wish.max_memory or int(SHARE_OF_FREE * usable_memory())
    cut = fit(
        volume,
        ensemble,
        config,
        grid=grid,
        extent=extent,
        tile_bytes=tile_bytes,
        budget=budget // wish.processes,
        processes=wish.processes,
    )
    tiling = cut.tiling
    run = Run(
        command=wish.command,
        volume=FrozenVolume(
            path=volume.path.absolute(),
            shape=volume.shape,
            dtype=str(volume.dtype),
            spacing_nm=spacing,
            statistics=statistics,
            fingerprint=fingerprint(volume),
        ),
        model=FrozenModel(
            path=ensemble.path.absolute(),
            members=dict(zip(ensemble.names, ensemble.fingerprints, strict=True)),
            spacing_nm=ensemble.spacing_nm,
        ),
        classes=ensemble.scheme,
        box=wish.box,
        inference=FrozenInference(
            tile=tiling.tile,
            margin=tiling.margin,
            block=cut.block,
            engine=choice.name,
            precision=choice.precision,
            threads=choice.threads,
            exact=config.exact,
            tta=config.tta,
            skip_flat=config.skip_flat,
            resample=config.resample,
            ratio=frozen_ratio(cut.grid),
            change=change,
        ),
        keep_members=wish.keep_members,
        probabilities=wish.probabilities,
        affinities=_affinities(ensemble, wish, grid),
        versions=_versions(),
    )
    return run, cut.bytes


def _change(
    seen: Volume, statistics: Statistics, ensemble: Ensemble
) -> FrozenChange | None:
    """Find how the volume gets the look that the model learned from."""
    if ensemble.look is None:
        raise CheckpointError(
            f"{ensemble.path}: does not say what the volumes that it learned from look "
            "like, so that --adapt has no aim; train it anew, or leave --adapt out"
        )
    return FrozenChange(**change_to(ensemble.look, seen, statistics)._asdict())


def read_run(out: Path) -> Run:
    """Read `run.yaml` of a result."""
    return load_settings(out / RUN, Run)


def save_run(run: Run, out: Path) -> None:
    """Write `run.yaml` of a result."""
    save_settings(run, out / RUN)


def check_same_run(
    run: Run, volume: Volume, ensemble: Ensemble, wish: Wish, out: Path
) -> None:
    """Refuse to go on with a result that was begun with other settings.

    Raises
    ------
    OutputError
        Naming the first thing that differs, with both values.
    """
    asked: dict[str, tuple[object, object]] = {
        "volume": (volume.path.absolute(), run.volume.path),
        "shape of the volume": (volume.shape, run.volume.shape),
        "spacing": (tuple(require_spacing(volume)), run.volume.spacing_nm),
        "members": (
            dict(zip(ensemble.names, ensemble.fingerprints, strict=True)),
            run.model.members,
        ),
        "box": (wish.box or "the whole volume", run.box or "the whole volume"),
        "--keep-members": (wish.keep_members, run.keep_members),
        "--probabilities": (wish.probabilities, run.probabilities),
        "affinities": (_affinities(ensemble, wish, run.grid), run.affinities),
    }
    frozen = run.inference
    asked["--exact"] = (wish.inference.exact, frozen.exact)
    asked["--tta"] = (wish.inference.tta, frozen.tta)
    asked["--adapt"] = (wish.inference.adapt, frozen.change is not None)
    asked["--skip-flat"] = (wish.inference.skip_flat, frozen.skip_flat)
    asked["--no-resample"] = (not wish.inference.resample, not frozen.resample)
    wished = wish.inference
    if wished.tile or wished.margin:  # fitted to the volume, as frozen
        whole = wished.model_copy(update={"tile": wished.tile or frozen.tile})
        tiling = plan_tiling(ensemble.networks[0], run.seen_shape, whole)
        asked["tile"] = (tiling.tile, frozen.tile)
        asked["margin"] = (tiling.margin, frozen.margin)
    for name in ("engine", "precision", "threads"):
        value = getattr(wish.inference, name)
        if value not in (None, "auto"):
            asked[name] = (value, getattr(frozen, name))
    for name, (now, then) in asked.items():
        if now != then:
            raise OutputError(
                f"{out}: was begun with {name} {then}, now asked for {now}; choose "
                "another --out, or --overwrite to start anew"
            )
    check_same_voxels(run, volume, out)


def check_same_voxels(run: Run, volume: Volume, out: Path) -> None:
    """Refuse a volume that has changed, before a result goes on or is finished.

    Raises
    ------
    OutputError
        If samples of its voxels are others.
    """
    if run.volume.fingerprint not in (None, fingerprint(volume)):
        raise OutputError(
            f"{out}: {volume.path} holds other voxels than when it was begun; choose "
            "another --out, or --overwrite to start anew"
        )


def _affinities(ensemble: Ensemble, wish: Wish, grid: Grid | None) -> tuple[Shape, ...]:
    """Give the offsets to write; none on another grid, where they would be others."""
    return ensemble.affinities if wish.affinities and grid is None else ()


def _check_box(volume: Volume, box: tuple[Shape, Shape] | None) -> None:
    if box is None:
        return
    asked = Box(*box)
    if min(asked.shape) < 1 or not Box.whole(volume.shape).contains(asked):
        raise OutputError(
            f"box {asked.start} to {asked.stop} is empty or not inside the volume "
            f"{volume.path} of {volume.shape} voxels (z, y, x); give --box Z0 Y0 X0 "
            "Z1 Y1 X1"
        )


def _check_background(ensemble: Ensemble, config: InferenceConfig) -> None:
    if config.skip_flat is not None and not ensemble.scheme.with_role("background"):
        raise ConfigError(
            f"{ensemble.path}: --skip-flat labels flat tiles as background, but no "
            f"class of {list(ensemble.scheme.names)} has the role background"
        )


def _versions() -> dict[str, str]:
    packages = ("torch", "openvino", "numpy", "zarr")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"densecell": __version__, **found}
