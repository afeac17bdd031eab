"""Input that changes under way is refused, by its owner, with a sentence."""

import re

import numpy as np
import pytest

from densecell.config import InferenceConfig, MeshConfig, ObjectsConfig
from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.objects import measure_objects, open_source
from densecell.surfaces import mesh_result
from densecell.training import load_data, train_members
from densecell.volume import open_ome_zarr, open_volume
from soak.jobs import LABELS, write_classes

REQUEST = SegmentRequest(
    inference=InferenceConfig(
        tile=(4, 32, 32), margin=(1, 8, 8), engine="torch", precision="float32"
    )
)


def test_a_volume_that_changes_while_it_is_segmented(tmp_path, discs, trained):
    path, out = tmp_path / "image.npy", tmp_path / "out"
    np.save(path, discs[0])
    volume = open_volume(path, spacing_nm=(40, 10, 10))
    steps = segment_volume(volume, load_ensemble(trained / "models/tiny"), out, REQUEST)
    next(steps)
    np.lib.format.open_memmap(path, mode="r+")[3] = 7

    with pytest.raises(
        OutputError, match=r"image\.npy holds other voxels than when it"
    ):
        list(steps)

    assert not (out / "agreement.json").exists()


def test_labels_that_change_while_they_are_measured(tmp_path):
    write_classes(tmp_path)
    source = open_source(tmp_path / LABELS, out=tmp_path)
    steps = measure_objects(source, ObjectsConfig(block=(8, 48, 48)))
    next(steps)
    change(tmp_path / LABELS)

    sentence = re.escape(
        f"{tmp_path}: the labels have changed while they were measured"
    )
    with pytest.raises(OutputError, match=sentence):
        list(steps)

    assert not (tmp_path / "tables").exists()


def test_objects_that_change_while_they_are_meshed(tmp_path):
    write_classes(tmp_path)
    list(measure_objects(open_source(tmp_path / LABELS, out=tmp_path), ObjectsConfig()))
    steps = mesh_result(tmp_path, MeshConfig(formats=("ply",)))
    next(steps)
    path = tmp_path / "segmentation.zarr" / "labels" / "organelles"
    objects = open_ome_zarr(path, writable=True)
    box = Box((0, 0, 0), (1, 1, 1))
    objects.write(box, objects.read(box) + 1)

    with pytest.raises(OutputError, match="its objects have changed while they were m"):
        list(steps)

    assert not (tmp_path / "meshes" / "meshes.csv").exists()


def test_labels_that_change_before_a_training_goes_on(tmp_path, write_project):
    project, model = write_project(tmp_path), tmp_path / "models" / "m"
    steps = train_members(project, load_data(project, tmp_path), model)
    next(steps)
    steps.close()  # as after a kill
    labels = np.load(tmp_path / "train_labels.npy")
    labels[2, 3, 4] = 1 - labels[2, 3, 4]
    np.save(tmp_path / "train_labels.npy", labels)

    with pytest.raises(
        OutputError, match=r"m: its members were begun with other volum"
    ):
        list(train_members(project, load_data(project, tmp_path), model))


def change(path):
    volume = open_ome_zarr(path, writable=True)
    whole = Box.whole(volume.shape)
    volume.write(whole, volume.read(whole)[::-1])
