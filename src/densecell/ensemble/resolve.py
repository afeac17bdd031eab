"""Resolve a request: choose engine, tiles and statistics once, for `run.yaml`."""

from pydantic import BaseModel

from densecell.compute import usable_memory, versions
from densecell.config import InferenceConfig
from densecell.ensemble.load import Ensemble
from densecell.ensemble.memory import Fit, fit_memory
from densecell.ensemble.resolution import grid_of
from densecell.errors import CheckpointError, ConfigError, OutputError
from densecell.geometry import Box, Shape
from densecell.inference import (
    EngineChoice,
    choose_engine,
    fastest_engine,
    plan_tiling,
)
from densecell.result import (
    FrozenChange,
    FrozenInference,
    FrozenModel,
    FrozenVolume,
    Run,
    ratio_of,
)
from densecell.volume import (
    Grid,
    ResampledVolume,
    Statistics,
    Volume,
    change_to,
    fingerprint,
    intensity_statistics,
    require_spacing,
)

WORTH_MEASURING = 4_000_000  # voxels times members; below, no engine is measured
USUAL_TILE_BYTES = 400.0  # per voxel, where no engine is measured
SHARE_OF_FREE = 2 / 3  # of the free memory, if the request has no budget


class SegmentRequest(BaseModel, frozen=True):
    """Options of one segmentation; `resolve_run` settles what they leave open."""

    inference: InferenceConfig = InferenceConfig()
    box: tuple[Shape, Shape] | None = None
    keep_members: bool = False
    probabilities: bool = False
    affinities: bool = True  # where the model has learned some
    command: str = ""
    max_memory: int | None = None  # bytes, for all processes on this machine
    processes: int = 1  # that share this memory
    cores: int | None = None  # per process, where another machine computes


def resolve_run(volume: Volume, ensemble: Ensemble, request: SegmentRequest) -> Run:
    """Settle everything that the bytes of a result depend on.

    Raises
    ------
    SpacingError
        If the volume's voxel size is unknown.
    VolumeError
        If the volume is constant or not finite.
    OutputError
        If the box is empty or not inside the volume.
    """
    return resolve_with_memory(volume, ensemble, request)[0]


def resolve_with_memory(
    volume: Volume, ensemble: Ensemble, request: SegmentRequest
) -> tuple[Run, int]:
    """Resolve a run; also return the bytes that one process will need."""
    spacing = require_spacing(volume)
    _check_box(volume, request.box)
    _check_background(ensemble, request.inference)
    grid = grid_of(volume, ensemble, request.inference)
    seen = volume if grid is None else ResampledVolume(volume, grid)
    statistics = intensity_statistics(seen)
    change = _change(seen, statistics, ensemble, request)
    engine, fit = _fitted(volume, ensemble, request, grid)
    run = Run(
        command=request.command,
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
        box=request.box,
        inference=_inference(fit, engine, request.inference, change),
        keep_members=request.keep_members,
        probabilities=request.probabilities,
        affinities=requested_offsets(ensemble, request, grid),
        versions=versions("torch", "openvino", "numpy", "zarr"),
    )
    return run, fit.bytes


def requested_offsets(
    ensemble: Ensemble, request: SegmentRequest, grid: Grid | None
) -> tuple[Shape, ...]:
    """Offsets of the affinities to write; none on another grid, where they differ."""
    return ensemble.affinities if request.affinities and grid is None else ()


def _fitted(
    volume: Volume, ensemble: Ensemble, request: SegmentRequest, grid: Grid | None
) -> tuple[EngineChoice, Fit]:
    """Choose the engine, and tiles and blocks that fit into memory with it."""
    extent = volume.shape if request.box is None else Box(*request.box).shape
    seen = volume.shape if grid is None else grid.shape
    engine, tile_bytes = _engine(seen, extent, ensemble, request)
    budget = request.max_memory or int(SHARE_OF_FREE * usable_memory())
    fit = fit_memory(
        volume,
        ensemble,
        request.inference,
        grid=grid,
        extent=extent,
        tile_bytes=tile_bytes,
        budget=budget // request.processes,
        processes=request.processes,
        pairs=bool(requested_offsets(ensemble, request, grid)),
    )
    return engine, fit


def _engine(
    seen: Shape, extent: Shape, ensemble: Ensemble, request: SegmentRequest
) -> tuple[EngineChoice, float]:
    """Choose the engine, and how many bytes per voxel a tile takes with it.

    Both are measured if there is enough work to be worth it.
    """
    network, config = ensemble.networks[0], request.inference
    if config.threads is None:
        config = config.model_copy(update={"threads": request.cores})
    usual = plan_tiling(network, seen, config)
    if Box.whole(extent).voxels * len(ensemble.networks) < WORTH_MEASURING:
        return choose_engine(config), USUAL_TILE_BYTES
    fastest, *_ = fastest_engine(network, config, depth=usual.tile[0])
    return fastest.choice, fastest.bytes_per_voxel


def _inference(
    fit: Fit, engine: EngineChoice, config: InferenceConfig, change: FrozenChange | None
) -> FrozenInference:
    return FrozenInference(
        tile=fit.tiling.tile,
        margin=fit.tiling.margin,
        block=fit.block,
        engine=engine.name,
        precision=engine.precision,
        threads=engine.threads,
        exact=config.exact,
        tta=config.tta,
        skip_flat=config.skip_flat,
        resample=config.resample,
        ratio=ratio_of(fit.grid),
        change=change,
    )


def _change(
    seen: Volume, statistics: Statistics, ensemble: Ensemble, request: SegmentRequest
) -> FrozenChange | None:
    """Change that makes the volume look like the training volumes, if requested."""
    if not request.inference.adapt:
        return None
    if ensemble.appearance is None:
        raise CheckpointError(
            f"{ensemble.path}: was trained before models kept the appearance of their "
            "training volumes, which --adapt needs; train it again, or leave --adapt "
            "out"
        )
    return FrozenChange(**change_to(ensemble.appearance, seen, statistics)._asdict())


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
