"""What is fuzzed: good files, which of them are damaged, and what is done with them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.checksums import find_changes
from densecell.classes import ClassScheme
from densecell.config import (
    InferenceConfig,
    ObjectsConfig,
    ProjectConfig,
    load_settings,
    save_settings,
    write_text,
)
from densecell.ensemble import (
    SegmentRequest,
    load_ensemble,
    read_ensemble,
    segment_volume,
)
from densecell.geometry import Box
from densecell.objects import measure_objects, open_source
from densecell.result import read_measurement
from densecell.training import load_member_settings, read_history, read_outcome
from densecell.volume import (
    ArrayVolume,
    convert,
    create_ome_zarr,
    open_volume,
    read_scheme,
)

SHAPE = (3, 17, 21)
MOST_READ = 10_000_000  # voxels; more are not read, only opened


class Target(NamedTuple):
    """Good files in a folder, and what reads them."""

    prepare: Callable[[Path], None]
    use: Callable[[Path], object]
    damaged: Callable[[Path], bool] = lambda path: True
    needs_model: bool = False  # in `model` beside the files


def readable(name: str, **options: str) -> Target:
    """Fuzz a format that `convert` writes."""

    def prepare(folder: Path) -> None:
        grey = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
        volume = ArrayVolume(grey, spacing_nm=(40, 10, 10))
        convert(volume, folder / name, **options)  # type: ignore[arg-type]

    return Target(prepare, lambda folder: read_all(folder / name))


def read_all(path: Path) -> None:
    """Open a volume and read it, if it is not larger than any file here can be."""
    volume = open_volume(path, spacing_nm=(40, 10, 10))
    if Box.whole(volume.shape).voxels <= MOST_READ:
        volume.read(Box.whole(volume.shape))


def _labels(folder: Path) -> None:
    create_ome_zarr(
        folder / "a.zarr",
        shape=SHAPE,
        dtype=np.uint8,
        spacing_nm=(40, 10, 10),
        kind="label",
        scheme=ClassScheme.platelet(),
    )


def _use_labels(folder: Path) -> None:
    read_scheme(folder / "a.zarr")
    read_all(folder / "a.zarr")


def _packed_tiff(folder: Path) -> None:
    labels = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(np.uint16)
    volume = ArrayVolume(labels, spacing_nm=(40, 10, 10))
    convert(volume, folder / "a.tif", kind="label")


def _settings(folder: Path) -> None:
    entry = {"image": "a.tif", "labels": "b.tif", "spacing_nm": [40, 10, 10]}
    values = {
        "classes": ClassScheme.platelet().as_settings()["classes"],
        "volumes": [entry, {**entry, "role": "eval", "z": [0, 3]}],
        "network": {"name": "unet2d", "width": 4},
        "training": {"steps": 5, "window": [3, 32, 32], "loss": {"dice": 1.0}},
        "ensemble": {"members": 2},
    }
    write_text(folder / "project.yaml", json.dumps(values))
    save_settings(ObjectsConfig(), folder / "objects.yaml")


def _use_settings(folder: Path) -> None:
    load_settings(folder / "project.yaml", ProjectConfig)
    load_settings(folder / "objects.yaml", ObjectsConfig)


def _use_model(folder: Path) -> None:
    model = folder / "model"
    load_ensemble(model)
    for member in read_ensemble(model).members:
        load_member_settings(model / member.folder)
        read_outcome(model / member.folder)
        read_history(model / member.folder)


def _result(folder: Path) -> None:
    """Label a volume and measure it; only the last step of labelling is left to do."""
    grey = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(np.uint8)
    convert(ArrayVolume(grey, spacing_nm=(40, 10, 10)), folder / "image.zarr")
    list(_steps(folder))
    list(measure_objects(open_source(folder / "out"), ObjectsConfig()))
    (folder / "out" / "agreement.json").unlink()


def _steps(folder: Path) -> Iterator[object]:
    volume = open_volume(folder / "image.zarr")
    inference = InferenceConfig(engine="torch", precision="float32", threads=1)
    ensemble = load_ensemble(folder / "model")
    return segment_volume(
        volume, ensemble, folder / "out", SegmentRequest(inference=inference)
    )


def _use_result(folder: Path) -> None:
    out = folder / "out"
    read_measurement(out)
    list(find_changes(out, "segment", full=True))
    try:
        list(_steps(folder))
        measured = measure_objects(open_source(out), ObjectsConfig())
        list(measured)
    finally:
        (out / "agreement.json").unlink(missing_ok=True)


def _is_small_text(path: Path) -> bool:
    """Marks, records and metadata of a result, not the voxels or its input."""
    inside = "out" in path.parts and "labels" not in path.parts
    return inside and path.suffix in (".json", ".yaml")


TARGETS = {
    "TIFF": readable("a.tif"),
    "TIFF, packed": Target(_packed_tiff, lambda folder: read_all(folder / "a.tif")),
    "slices": readable("slices"),
    "OME-Zarr 0.5": readable("a.zarr"),
    "OME-Zarr 0.4": readable("a.zarr", ome_version="0.4"),
    "HDF5": readable("a.h5"),
    "MRC": readable("a.mrc"),
    "NIfTI": readable("a.nii"),
    "NIfTI, packed": readable("a.nii.gz"),
    "class schemes": Target(_labels, _use_labels),
    "settings": Target(_settings, _use_settings),
    "models": Target(lambda folder: None, _use_model, needs_model=True),
    "results": Target(_result, _use_result, _is_small_text, needs_model=True),
}
