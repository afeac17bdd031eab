"""A tiny measured result: two cells, one with two organelles, and a lost organelle."""

import numpy as np
import pytest
from results import write_measurement, write_objects, write_run

from densecell.classes import ClassScheme

SHAPE = (11, 40, 300)  # wide enough for a coarser level
DEEP = (40.0, 10.0, 10.0)


def ball(centre, radius_nm):
    """Draw a ball around a voxel."""
    at = [
        ((np.arange(n) - c) * s) ** 2
        for n, c, s in zip(SHAPE, centre, DEEP, strict=True)
    ]
    return at[0][:, None, None] + at[1][:, None] + at[2] < radius_nm**2


@pytest.fixture
def measured(tmp_path):
    """Folder of a result with cells 1, 2 and organelles 1 (mito), 4 (granule), 9."""
    result, scheme = tmp_path / "result", ClassScheme.platelet()
    cells, organelles = np.zeros((2, *SHAPE), np.uint32)
    for number, x in ((1, 20), (2, 60)):
        cells[ball((5, 20, x), 170)] = number
    for number, place in ((1, (5, 15, 14)), (4, (5, 26, 25)), (9, (5, 20, 250))):
        organelles[ball(place, 55)] = number
    classes = {1: "mitochondrion", 4: "alpha granule", 9: "dense granule"}
    write_run(result, scheme, SHAPE, DEEP)
    write_measurement(result, scheme, SHAPE, DEEP)
    write_objects(result, "cells", cells, DEEP, "cell")
    write_objects(result, "organelles", organelles, DEEP, classes, cells=cells)
    return result
