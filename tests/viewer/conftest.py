"""A small result, segmented, measured and meshed for real: two cells, organelles."""

import shutil

import numpy as np
import pytest
import yaml
from results import write_layer, write_run

from densecell.classes import ClassScheme
from densecell.config import MeshConfig, ObjectsConfig
from densecell.geometry import Box
from densecell.objects import measure_objects, open_source
from densecell.surfaces import mesh_result
from densecell.volume import build_pyramid, create_ome_zarr

SHAPE = (15, 60, 300)  # wide enough for a coarser level
START = (2, 10, 0)  # of what is segmented
BOX = Box(START, (15, 60, 300))
DEEP = (40.0, 10.0, 10.0)


def ball(centre, radius_nm):
    """Draw a ball around a voxel of the box."""
    at = [
        ((np.arange(n) - c) * s) ** 2
        for n, c, s in zip(BOX.shape, centre, DEEP, strict=True)
    ]
    return at[0][:, None, None] + at[1][:, None] + at[2] < radius_nm**2


def _drawn():
    """Draw a whole cell, with a granule and its core, and a cell at the border."""
    classes = np.zeros(BOX.shape, np.uint8)
    for centre, radius_nm, class_id in (
        ((6, 25, 60), 210, 1),
        ((6, 25, 52), 90, 5),
        ((6, 25, 52), 50, 6),
        ((6, 25, 70), 60, 2),
        ((6, 25, 290), 210, 1),
    ):
        classes[ball(centre, radius_nm)] = class_id
    return classes


def _write_segmented(folder):
    """Write the image and what `densecell segment --box` leaves."""
    rng, scheme, classes = np.random.default_rng(0), ClassScheme.platelet(), _drawn()
    image = rng.integers(90, 160, SHAPE).astype(np.uint8)
    image[BOX.slices] -= 12 * classes
    path, result = folder / "image.zarr", folder / "result"
    volume = create_ome_zarr(
        path, shape=SHAPE, dtype="u1", spacing_nm=DEEP, kind="image"
    )
    volume.write(Box.whole(SHAPE), image)
    build_pyramid(path, kind="image")
    write_layer(result, "labels/classes", classes, DEEP, scheme=scheme)
    for name in ("confidence", "disagreement"):
        shares = rng.integers(100, 255, BOX.shape).astype(np.uint8)
        write_layer(result, name, shares, DEEP)
    grey = (120.0, 20.0, 0.0, 160.0)
    write_run(result, scheme, SHAPE, DEEP, box=BOX, path=path, statistics=grey)
    (result / "agreement.json").write_text("{}", encoding="utf-8")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Folder with `image.zarr` and `result`, complete: do not touch."""
    folder = tmp_path_factory.mktemp("finished")
    _write_segmented(folder)
    source = open_source(folder / "result", out=None)
    for _ in measure_objects(source, ObjectsConfig()):
        pass
    for _ in mesh_result(folder / "result", MeshConfig()):
        pass
    return folder


@pytest.fixture
def copied(finished, tmp_path):
    """Copy of `finished`, to be changed; its run.yaml still names the old image."""
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def change_run():
    """Function that changes the volume in a result's run.yaml."""

    def change(result, **values):
        run = yaml.safe_load((result / "run.yaml").read_text(encoding="utf-8"))
        run["volume"] |= values
        (result / "run.yaml").write_text(yaml.safe_dump(run), encoding="utf-8")

    return change
