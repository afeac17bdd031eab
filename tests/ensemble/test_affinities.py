"""Affinities from a training to the stores of a result."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from densecell.config import InferenceConfig
from densecell.ensemble import (
    SegmentRequest,
    load_ensemble,
    rank_members,
    segment_volume,
)
from densecell.errors import CheckpointError, OutputError
from densecell.geometry import FACES, Box
from densecell.training import load_data, train_members
from densecell.volume import ArrayVolume, open_ome_zarr

OFFSETS = [*FACES, (0, -4, 0)]
CONFIG = {"engine": "torch", "precision": "float32", "threads": 1}


@pytest.fixture(scope="module")
def cells(discs):
    """An id for each quarter of the plane."""
    ids = np.ones(discs[0].shape, np.uint16)
    ids[:, 24:] += 1
    ids[:, :, 28:] += 2
    return ids


@pytest.fixture(scope="module")
def folder(tmp_path_factory, write_project, cells):
    """Folder of a project with a model of two members that tell of pairs."""
    folder = tmp_path_factory.mktemp("project")
    network = {"name": "2d3d-light", "affinities": OFFSETS}
    project = write_project(folder, network=network)
    np.save(folder / "cells.npy", cells)
    volumes = [
        entry.model_copy(update={"objects": "cells.npy"})
        if entry.role == "train"
        else entry
        for entry in project.volumes
    ]
    project = project.model_copy(update={"volumes": tuple(volumes)})
    for _ in train_members(project, load_data(project, folder), folder / "model"):
        pass
    rank_members(folder / "model", best=2)
    return folder


@pytest.fixture
def volume(discs):
    return ArrayVolume(discs[0], spacing_nm=(40, 10, 10), path=Path("discs.npy"))


def segmented(volume, folder, out, **options):
    inference = InferenceConfig(**CONFIG, **options.pop("config", {}))
    ensemble = load_ensemble(folder / "model")
    request = SegmentRequest(inference=inference, **options)
    for _ in segment_volume(volume, ensemble, out, request):
        pass
    return out / "segmentation.zarr"


def read(store, name):
    volume = open_ome_zarr(store / name)
    return volume.read(Box.whole(volume.shape))


def test_stores_hold_the_mean_of_the_members_sigmoids(volume, folder, tmp_path):
    store = segmented(volume, folder, tmp_path / "r", config={"tile": (6, 48, 64)})

    pairs = json.loads((store / "affinities.json").read_text())
    assert pairs["offsets"] == [list(offset) for offset in OFFSETS]
    assert (pairs["format"], pairs["attractive"]) == (1, 3)
    ensemble = load_ensemble(folder / "model")
    assert len(ensemble.networks) == 2
    intensities = volume.read(Box.whole(volume.shape)).astype(np.float32)
    normal = (intensities - intensities.mean()) / intensities.std()
    seen = np.pad(normal, [(0, 0), (0, 0), (0, 8)], mode="reflect")
    with torch.no_grad():
        said = [n.eval()(torch.from_numpy(seen[None, None])) for n in ensemble.networks]
    for number in range(len(OFFSETS)):
        mean = sum(torch.sigmoid(s[0, 2 + number, :, :, :56]) for s in said) / 2
        found = read(store, f"affinity_{number}").astype(int)
        assert np.abs(found - 255 * mean.numpy()).max() < 1.5


def test_classes_do_not_change_when_they_are_left_out(volume, folder, tmp_path):
    with_them = segmented(volume, folder, tmp_path / "with")
    without = segmented(volume, folder, tmp_path / "without", affinities=False)

    for name in ("labels/classes", "confidence"):
        np.testing.assert_array_equal(read(with_them, name), read(without, name))
    assert not list(without.glob("affinit*"))
    with pytest.raises(OutputError, match="was begun with affinities"):
        segmented(volume, folder, tmp_path / "without")


def test_on_another_grid_there_are_none(discs, folder, tmp_path):
    finer = ArrayVolume(discs[0], spacing_nm=(40, 7.5, 7.5), path=Path("discs.npy"))

    store = segmented(finer, folder, tmp_path / "r")

    assert not list(store.glob("affinit*"))


def test_members_that_tell_of_other_pairs_cannot_vote(folder, tmp_path):
    shutil.copytree(folder / "model", tmp_path / "model")
    settings = tmp_path / "model" / "member_01" / "settings.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("- -4\n", "- -5\n"))

    with pytest.raises(CheckpointError, match="learned different affinities"):
        load_ensemble(tmp_path / "model")
