"""Settle how labels are measured, at the first start: `objects.yaml`."""

import numpy as np

from densecell.compute import check_same, versions
from densecell.config import ObjectsConfig
from densecell.errors import ConfigError
from densecell.geometry import Shape, per_axis, round_up
from densecell.objects.cut.coarse import factors_of
from densecell.objects.layers import layers_of
from densecell.objects.source import Source
from densecell.result import Measurement
from densecell.volume import fingerprint

BLOCK: Shape = (64, 512, 512)
CUT_BLOCK: Shape = (64, 256, 256)  # where cells are cut by affinities
PACKAGES = ("numpy", "connected-components-3d", "bioimage-cpp")


def resolve_measurement(source: Source, config: ObjectsConfig) -> Measurement:
    """Settle everything that objects and tables depend on.

    Raises
    ------
    ConfigError
        If the classes hold nothing to measure, or the block is no block.
    """
    layers_of(source.scheme, config)  # refuses what cannot be measured
    affinities = affinities_of(source, config)
    return Measurement(
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
        versions=versions(*PACKAGES),
    )


def check_same_measurement(
    then: Measurement, source: Source, config: ObjectsConfig
) -> None:
    """Refuse to continue a measurement of other labels, or with other settings.

    Raises
    ------
    OutputError
        Names the first thing that differs, with both values.
    """
    now = resolve_measurement(source, config)
    same_block = {"block", "objects"} if _same_block(then.objects, config) else set()
    check_same(
        then,
        now,
        place=source.out,
        remedy="pass --overwrite to measure anew",
        ignore={"versions"} | same_block,
    )


def affinities_of(source: Source, config: ObjectsConfig) -> tuple[Shape, ...]:
    """Offsets of the affinities that cells are cut by; none: they are not."""
    if config.cells_by == "affinities" and not source.affinities:
        raise ConfigError(
            f"{source.labels.path}: has no affinities to cut cells by; segment with a "
            "model that was trained with --cells, or use --cells-by distances"
        )
    if config.cells_by == "distances" or not config.cells.split:
        return ()
    return source.affinities


def _block(source: Source, config: ObjectsConfig, usual: Shape) -> Shape:
    """Block that fits the volume and the coarse voxels of all cuts."""
    wanted = config.block or usual
    sizes = [s.voxel_nm for s in (config.cells, config.organelles, config.affinities)]
    steps = np.max([factors_of(source.spacing_nm, s) for s in sizes], axis=0).tolist()
    return per_axis(
        lambda want, size, step: round_up(min(want, size), step),
        wanted,
        source.labels.shape,
        steps,
    )


def _same_block(then: ObjectsConfig, now: ObjectsConfig) -> bool:
    """Whether settings agree, apart from a block that nobody asked for."""
    unset = {"block": None}
    return now.block in (None, then.block) and (
        then.model_copy(update=unset) == now.model_copy(update=unset)
    )
