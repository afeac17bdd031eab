"""A small result with everything in it: of discs on dark ground, two members."""

import shutil

import numpy as np
import pytest
from commands import run

from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.result import read_run, save_run
from densecell.volume import ArrayVolume, create_ome_zarr, write_tiff

QUICK = ("--engine", "torch", "--precision", "float32", "--threads", 1)


@pytest.fixture(scope="session")
def made(tmp_path_factory, trained, discs):
    """Folder with image, truth, model, and a result of all steps: do not touch."""
    folder = tmp_path_factory.mktemp("made")
    intensities, labels = (ArrayVolume(d, spacing_nm=(40, 10, 10)) for d in discs)
    write_tiff(folder / "image.tif", intensities)
    write_tiff(folder / "truth.tif", labels)
    shutil.copytree(trained / "models" / "tiny", folder / "model")
    result = folder / "result"
    image, model = folder / "image.tif", folder / "model"
    run("segment", image, "-m", model, "-o", result, "--keep-members", *QUICK)
    run("measure", result)
    run("mesh", result, "--format", "glb")
    return folder


@pytest.fixture
def result(made, tmp_path):
    """A copy of the result that may be touched; image and model stay."""
    shutil.copytree(made / "result", tmp_path / "result")
    return tmp_path / "result"


@pytest.fixture
def change_run():
    """A function that changes `run.yaml` of a result."""

    def change(result, **changes):
        save_run(read_run(result).model_copy(update=changes), result)

    return change


@pytest.fixture(scope="session")
def platelets(tmp_path_factory):
    """Folder of measured and meshed labels: two cells, with organelles in the first."""
    folder = tmp_path_factory.mktemp("platelets")
    labels = np.zeros((9, 60, 90), np.uint8)
    for class_id, centre, radius_nm in (
        (1, (4, 30, 25), 230),
        (1, (4, 30, 70), 170),
        (2, (4, 22, 22), 75),
        (3, (4, 38, 30), 75),
    ):
        z, y, x = np.ogrid[:9, :60, :90]
        away = [(z - centre[0]) * 40, (y - centre[1]) * 10, (x - centre[2]) * 10]
        labels[sum(d**2 for d in away) < radius_nm**2] = class_id
    out = folder / "result"
    path = out / "segmentation.zarr" / "labels" / "classes"
    store = create_ome_zarr(
        path,
        shape=labels.shape,
        dtype=labels.dtype,
        spacing_nm=(40.0, 10.0, 10.0),
        kind="label",
        scheme=ClassScheme.platelet(),
        overwrite=True,
    )
    store.write(Box.whole(labels.shape), labels)
    run("measure", path, "-o", out, "--classes", "platelet")
    run("mesh", out, "--format", "glb")
    return out
