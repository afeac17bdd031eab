"""Small drawn tissue, and measurements of it without the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from tissue import run, tissue

from densecell.classes import ClassScheme
from densecell.config import ObjectsConfig
from densecell.geometry import Box, Spacing
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.stage_3_merge import merge_blocks, save_final
from densecell.objects.resolve import resolve_measurement
from densecell.objects.source import Source
from densecell.objects.work import BLOCK_STAGES
from densecell.result import save_measurement
from densecell.volume import ArrayVolume, create_ome_zarr

SPACING = Spacing(40, 10, 20)
PLAIN = {"split": False, "min_volume_um3": 0}


@pytest.fixture(scope="session")
def platelet():
    return ClassScheme.platelet()


@pytest.fixture(scope="session")
def source_of():
    """Function that makes a source of an array of class ids."""

    def make(labels, out, *, scheme=None, spacing=SPACING, confidence=None):
        np.save(out / "labels.npy", labels)
        if confidence is not None:
            np.save(out / "confidence.npy", confidence)
        volume = ArrayVolume(labels, spacing_nm=spacing, path=out / "labels.npy")
        return Source(
            volume,
            scheme or ClassScheme.platelet(),
            Spacing(*spacing),
            out,
            None if confidence is None else "confidence.npy",
            {},
        )

    return make


@pytest.fixture(scope="session")
def plain():
    """Function that makes settings without cuts and least volumes."""

    def make(**changes):
        return ObjectsConfig(**{"cells": PLAIN, "organelles": PLAIN} | changes)

    return make


@pytest.fixture(scope="session")
def measured(tmp_path_factory, source_of, plain):
    """Folder of the measured tissue: do not touch."""
    out = tmp_path_factory.mktemp("measured")
    run(source_of(tissue(), out), plain())
    return out


@pytest.fixture(scope="session")
def resolved(source_of):
    """Function that numbers and merges an array, in blocks, without tables.

    Returns the objects by layer, and their final ids as arrays.
    """

    def run(labels, config, out: Path, **more):
        out.mkdir(parents=True, exist_ok=True)
        measurement = resolve_measurement(source_of(labels, out, **more), config)
        save_measurement(measurement, out)
        job = Job(out, measurement)
        for stage in ("number", "join"):
            for n in range(len(measurement.blocks)):
                BLOCK_STAGES[stage](job, n)
        found = merge_blocks(job)
        save_final(job, found)
        arrays = {name: np.zeros(measurement.shape, np.uint64) for name in found}
        for n, box in enumerate(measurement.blocks):
            block = job.ids(n)
            for name, array in arrays.items():
                final = job.final_table(name, n)[block.of(name)]
                array[box.slices] = block.spread(final, box)
        return found, arrays

    return run


@pytest.fixture(scope="session")
def wall_of_cells():
    """Cells that touch everywhere, with wavy borders: 24 in (12, 96, 128) voxels."""
    z, y, x = np.indices((12, 96, 128))
    row = (y + np.rint(2 * np.sin(x / 5))).clip(0, 95) // 24
    column = (x + np.rint(2 * np.cos(y / 4 + z))).clip(0, 127) // 22
    return (1 + row * 6 + column).astype(np.uint32)


@pytest.fixture(scope="session")
def write_affinities():
    """Function that writes affinities of cells, as of a network that is unsure."""

    def write(out, cells, *, offsets, spacing=(40, 20, 20), seed=0):
        rng = np.random.default_rng(seed)
        store = out / "segmentation.zarr"
        for number, offset in enumerate(offsets):
            there = np.roll(cells, [-o for o in offset], (0, 1, 2))
            sure = np.where(there == cells, 0.9, 0.1) + rng.normal(0, 0.1, cells.shape)
            volume = create_ome_zarr(
                store / f"affinity_{number}",
                shape=cells.shape,
                dtype=np.uint8,
                spacing_nm=spacing,
                kind="image",
            )
            sure_bytes = (255 * sure.clip(0, 1)).astype(np.uint8)
            volume.write(Box.whole(cells.shape), sure_bytes)
        pairs = {"format": 1, "offsets": offsets, "attractive": 3}
        (store / "affinities.json").write_text(json.dumps(pairs))

    return write
