"""The loop with the annotator, as a user runs it."""

import csv

import numpy as np
import pytest
import tifffile
from commands import run

from densecell.datasets.project import read_project
from densecell.ensemble import read_ensemble
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Box
from densecell.patches import load_labelled
from densecell.volume import ArrayVolume, open_volume, write_tiff

QUICK = ("--engine", "torch", "--precision", "float32", "--threads", 1)


def told(*words):
    return run(*words).output.replace("\n", "")


@pytest.fixture(scope="module")
def loop(tmp_path_factory, discs, write_project):
    """A project with a trained model, and its result on a new volume."""
    folder = tmp_path_factory.mktemp("loop")
    write_project(folder / "project")
    run("train", folder / "project", "--steps", 4, "--name", "first")
    image = np.flip(discs[0], 2).copy()
    write_tiff(folder / "new.tif", ArrayVolume(image, spacing_nm=(40, 10, 10)))
    model = folder / "project" / "models" / "first"
    run("segment", folder / "new.tif", "-m", model, "-o", folder / "result", *QUICK)
    return folder


def rows(folder):
    with (folder / "suggestions.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_round_of_the_loop(loop, discs):
    project, suggested = loop / "project", loop / "result" / "suggest"

    text = told("suggest", loop / "result", "-n", 3, "--size", 1, 24, 28)
    assert f"{suggested}: 3 boxes; look at overview.png" in text
    assert f"`densecell add-labels {project} {suggested}`" in text

    truth = np.flip(discs[1], 2)
    first, second, third = rows(suggested)
    for row in (first, third):
        z, y, x = (int(row[f"{axis}0"]) for axis in "zyx")
        crop = truth[z : z + 1, y : y + 24, x : x + 28].astype(np.int32)
        tifffile.imwrite(suggested / row["crop"] / "labels.tif", crop)
    text = told("add-labels", project, suggested)
    assert f"{suggested / second['crop']}: left out, nobody painted in it" in text
    assert "crops added: 2, with 1,344 labelled voxels; next `densecell train" in text

    learned = load_labelled(read_project(project), project, role="train")
    assert sum(int((v.channels != 255).sum()) for v in learned[1:]) == 1344
    for row, volume in zip((first, third), learned[1:], strict=True):
        z, y, x = (int(row[f"{axis}0"]) for axis in "zyx")
        expected = truth[z, y : y + 24, x : x + 28]
        assert (volume.channels == 1).sum() == (expected == 1).sum()

    model = project / "models" / "first"
    run("train", project, "--from", model, "--name", "second", "--steps", 2)
    assert len(read_ensemble(project / "models" / "second").members) == 2

    with pytest.raises(OutputError, match="suggest: holds suggestions already; take"):
        run("suggest", loop / "result")
    run("suggest", loop / "result", "--size", 1, 24, 28, "--overwrite")
    known = [(row["z0"], row["y0"], row["x0"]) for row in (first, third)]
    new = [(row["z0"], row["y0"], row["x0"]) for row in rows(suggested)]
    assert len(new) == 10
    assert not set(known) & set(new)


def test_fewer_boxes_than_asked_for_are_told(loop, tmp_path, write_project):
    write_project(tmp_path)

    text = told(
        *("suggest", loop / "result", "-n", 9, "--size", 2, 48, 56),
        *("--project", tmp_path, "--overwrite"),
    )

    assert "only 3 boxes overlap nothing that is labelled" in text
    assert f"add-labels {tmp_path} " in text


def test_where_all_is_labelled_nothing_is_written(loop, tmp_path, trained):
    copy = tmp_path / "copy.tif"
    image = open_volume(trained / "train.npy")
    voxels = image.read(Box.whole(image.shape))
    write_tiff(copy, ArrayVolume(voxels, spacing_nm=(40, 10, 10)))
    model = loop / "project" / "models" / "first"
    run("segment", copy, "-m", model, "-o", tmp_path / "result", *QUICK)

    with pytest.raises(VolumeError, match="every box of 1 48 56 voxels holds labelled"):
        run("suggest", tmp_path / "result")
    assert not (tmp_path / "result" / "suggest").exists()
