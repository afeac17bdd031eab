"""Small drawn tissue, and measurements of it without the command line."""

from pathlib import Path

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import ObjectsConfig
from densecell.geometry import Spacing
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.provisional import Told
from densecell.objects.blocks.stage_3_merge import resolve, save_final
from densecell.objects.blocks.stages import STAGES
from densecell.objects.record import freeze, save_record
from densecell.objects.source import Source
from densecell.volume import ArrayVolume

SPACING = Spacing(40, 10, 20)
PLAIN = {"split": False, "min_volume_um3": 0}


@pytest.fixture(scope="session")
def platelet():
    return ClassScheme.platelet()


@pytest.fixture(scope="session")
def source_of():
    """Give a function that makes a source of an array of class ids."""

    def make(labels, out, *, scheme=None, spacing=SPACING):
        np.save(out / "labels.npy", labels)
        volume = ArrayVolume(labels, spacing_nm=spacing, path=out / "labels.npy")
        return Source(
            volume, scheme or ClassScheme.platelet(), Spacing(*spacing), out, None, {}
        )

    return make


@pytest.fixture(scope="session")
def plain():
    """Give a function that makes settings without splits and least volumes."""

    def make(**changes):
        return ObjectsConfig(**{"cells": PLAIN, "organelles": PLAIN} | changes)

    return make


@pytest.fixture(scope="session")
def resolved(source_of):
    """Give a function that numbers and resolves an array, in blocks, without tables.

    Returns the objects by layer, and their final ids as arrays.
    """

    def run(labels, config, out: Path, **more):
        out.mkdir(parents=True, exist_ok=True)
        record = freeze(source_of(labels, out, **more), config)
        save_record(record, out)
        job = Job(out, record)
        for stage in (STAGES["number"], STAGES["join"]):
            for n in range(len(record.blocks)):
                stage(job, n)
        found = resolve(job)
        save_final(job, found)
        arrays = {name: np.zeros(record.shape, np.uint64) for name in found}
        for n, box in enumerate(record.blocks):
            for name, array in arrays.items():
                told = Told(job, n)
                final = job.final_table(name, n)[told.ids(name)]
                array[box.slices] = told.read(final, box)
        return found, arrays

    return run
