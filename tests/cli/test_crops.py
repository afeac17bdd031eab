"""First labels without YAML: cut crops, paint, start a project, train."""

import numpy as np
import pytest
import tifffile
from commands import run

from densecell.datasets.project import read_project
from densecell.errors import ConfigError, OutputError, VolumeError
from densecell.volume import ArrayVolume, open_volume, write_tiff

CLASSES = ("--class", "1=cell:cell", "--class", "2=mitochondrion:organelle:cell")


@pytest.fixture
def stack(tmp_path, discs):
    write_tiff(tmp_path / "s.tif", ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    return tmp_path / "s.tif"


def cut(tmp_path, stack):
    out = tmp_path / "crops"
    size = ("--size", 1, 24, 28)
    return out, run("crops", stack, "-n", 3, *size, *CLASSES, "-o", out).output


def test_from_a_stack_to_a_training(tmp_path, stack):
    out, text = cut(tmp_path, stack)
    text = text.replace("\n", "")
    assert "0 background, 1 cell, 2 mitochondrion, 255 not labelled" in text
    names = sorted(path.name for path in out.iterdir())
    assert names == ["crop_01", "crop_02", "crop_03"]
    for name in names:
        assert (tifffile.imread(out / name / "labels.tif") == 255).all()
        stored = open_volume(out / name / "crop.zarr/labels/classes", labels=True)
        assert stored.shape == (1, 24, 28)

    mine = tmp_path / "mine"
    paint(out / "crop_01")
    with pytest.raises(VolumeError, match="only painted crop; a new project needs two"):
        run("add-labels", mine, out)
    paint(out / "crop_03")
    text = run("add-labels", mine, out).output.replace("\n", "")
    assert "kept to validate on" in text
    assert "crop_02: left out, nobody painted in it" in text
    assert f"next `densecell train {mine}`" in text
    project = read_project(mine)
    assert sorted(v.role for v in project.volumes) == ["eval", "train"]
    assert project.classes.names == ("background", "cell", "mitochondrion")
    run("train", mine, "--width", 4, "--members", 1, "--steps", 2, "--name", "m")
    assert (mine / "models" / "m").is_dir()

    paint(out / "crop_02")
    run("add-labels", mine, out / "crop_02")
    assert len(read_project(mine).volumes) == 3


def paint(crop):
    labels = np.zeros((1, 24, 28), np.uint8)
    labels[:, 4:20, 4:20] = 1
    labels[:, 8:12, 8:14] = 2
    tifffile.imwrite(crop / "labels.tif", labels)


def test_classes_are_asked_for(tmp_path, stack):
    with pytest.raises(ConfigError, match="which classes will be painted"):
        run("crops", stack, "-o", tmp_path / "crops")


def test_painted_crops_are_never_replaced(tmp_path, stack):
    cut(tmp_path, stack)
    with pytest.raises(OutputError, match="exists"):
        cut(tmp_path, stack)
