"""A tiny measured result: two cells, one with two organelles, and a lost organelle."""

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.volume import build_pyramid, create_ome_zarr

SHAPE = (11, 40, 300)  # wide enough for a coarser level
DEEP = (40.0, 10.0, 10.0)


def ball(centre, radius_nm):
    """Draw a ball around a voxel."""
    at = [
        ((np.arange(n) - c) * s) ** 2
        for n, c, s in zip(SHAPE, centre, DEEP, strict=True)
    ]
    return at[0][:, None, None] + at[1][:, None] + at[2] < radius_nm**2


def _write_store(result, name, array, scheme=None, *, spacing_nm=DEEP):
    path = result / "segmentation.zarr" / "labels" / name
    volume = create_ome_zarr(
        path,
        shape=array.shape,
        dtype=array.dtype,
        spacing_nm=spacing_nm,
        kind="label",
        scheme=scheme,
        overwrite=True,
    )
    volume.write(Box.whole(array.shape), array)
    build_pyramid(path, kind="label")


@pytest.fixture
def write_store():
    """Function that writes a label image into a result: result, name, array."""
    return _write_store


@pytest.fixture
def measured(tmp_path):
    """Folder of a result with cells 1, 2 and organelles 1 (mito), 4 (granule), 9."""
    classes, cells, organelles = np.zeros((3, *SHAPE), np.uint32)
    for number, x in ((1, 20), (2, 60)):
        body = ball((5, 20, x), 170)
        cells[body], classes[body] = number, 1
    for number, class_id, place in (
        (1, 2, (5, 15, 14)),
        (4, 3, (5, 26, 25)),
        (9, 5, (5, 20, 250)),
    ):
        body = ball(place, 55)
        organelles[body], classes[body] = number, class_id
    scheme = ClassScheme.platelet()
    _write_store(tmp_path / "result", "classes", classes.astype(np.uint8), scheme)
    _write_store(tmp_path / "result", "cells", cells)
    _write_store(tmp_path / "result", "organelles", organelles)
    return tmp_path / "result"
