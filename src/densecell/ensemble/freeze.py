"""A wish and a volume to a frozen run: engine, tiles, statistics are settled once."""

import importlib.metadata

from densecell import __version__
from densecell.compute import usable_memory
from densecell.config import InferenceConfig
from densecell.ensemble.load import Ensemble
from densecell.ensemble.memory import Cut, fit
from densecell.ensemble.resolution import frozen_ratio, grid_of
from densecell.ensemble.run import (
    FrozenChange,
    FrozenInference,
    FrozenModel,
    FrozenVolume,
    Run,
    Wish,
)
from densecell.errors import CheckpointError, ConfigError, OutputError
from densecell.geometry import Box, Shape
from densecell.inference import (
    EngineChoice,
    choose_engine,
    fastest_engine,
    plan_tiling,
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

WORTH_MEASURING = 4_000_000  # voxels times members: for fewer nothing is measured
USUAL_TILE_BYTES = 400.0  # per voxel, where nothing is measured
SHARE_OF_FREE = 2 / 3  # of the memory, when no budget is given


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
    grid = grid_of(volume, ensemble, wish.inference)
    seen = volume if grid is None else ResampledVolume(volume, grid)
    statistics = intensity_statistics(seen)
    change = _change(seen, statistics, ensemble, wish)
    affinities = offsets_asked(ensemble, wish, grid)
    engine, tile_bytes = _engine(seen.shape, extent, ensemble, wish)
    budget = wish.max_memory or int(SHARE_OF_FREE * usable_memory())
    cut = fit(
        volume,
        ensemble,
        wish.inference,
        grid=grid,
        extent=extent,
        tile_bytes=tile_bytes,
        budget=budget // wish.processes,
        processes=wish.processes,
        pairs=bool(affinities),
    )
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
        inference=_inference(cut, engine, wish.inference, change),
        keep_members=wish.keep_members,
        probabilities=wish.probabilities,
        affinities=affinities,
        versions=_versions(),
    )
    return run, cut.bytes


def _engine(
    seen: Shape, extent: Shape, ensemble: Ensemble, wish: Wish
) -> tuple[EngineChoice, float]:
    """Choose the engine, and the bytes per voxel that a tile takes with it.

    They are measured where the work is worth it.
    """
    network, config = ensemble.networks[0], wish.inference
    if config.threads is None:
        config = config.model_copy(update={"threads": wish.cores})
    usual = plan_tiling(network, seen, config)
    if Box.whole(extent).voxels * len(ensemble.networks) < WORTH_MEASURING:
        return choose_engine(config), USUAL_TILE_BYTES
    fastest, *_ = fastest_engine(network, config, depth=usual.tile[0])
    return fastest.choice, fastest.bytes_per_voxel


def _inference(
    cut: Cut, engine: EngineChoice, config: InferenceConfig, change: FrozenChange | None
) -> FrozenInference:
    return FrozenInference(
        tile=cut.tiling.tile,
        margin=cut.tiling.margin,
        block=cut.block,
        engine=engine.name,
        precision=engine.precision,
        threads=engine.threads,
        exact=config.exact,
        tta=config.tta,
        skip_flat=config.skip_flat,
        resample=config.resample,
        ratio=frozen_ratio(cut.grid),
        change=change,
    )


def _change(
    seen: Volume, statistics: Statistics, ensemble: Ensemble, wish: Wish
) -> FrozenChange | None:
    """Find how the volume gets the look that the model learned from, if asked to."""
    if not wish.inference.adapt:
        return None
    if ensemble.appearance is None:
        raise CheckpointError(
            f"{ensemble.path}: does not say what the volumes that it learned from look "
            "like, so that --adapt has no aim; train it anew, or leave --adapt out"
        )
    return FrozenChange(**change_to(ensemble.appearance, seen, statistics)._asdict())


def offsets_asked(
    ensemble: Ensemble, wish: Wish, grid: Grid | None
) -> tuple[Shape, ...]:
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
