"""Every command takes a volume of any format, at any address."""

import json
import shutil

import numpy as np
import pytest
import yaml
import zarr
from commands import run

from densecell.address import Url
from densecell.config import ProjectConfig, load_settings
from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.report.outcome import verify_result
from densecell.result import read_run
from densecell.volume import ArrayVolume, convert, open_volume

QUICK = ("--engine", "torch", "--precision", "float32", "--threads", 1)
SPACING = (40, 10, 10)
CLASSES = {
    0: {"name": "ground", "colour": [0, 0, 0], "role": "background"},
    1: {"name": "disc", "colour": [230, 159, 0], "role": "organelle"},
}
FILES = ["a.h5/volumes/a", "a.mrc", "a.nii", "a.nii.gz", "a.zarr"]


def write_channels(path, *arrays):
    """Write an OME-Zarr 0.4 of axes t, c, z, y, x, as microscopes do."""
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
    axes += [{"name": a, "type": "space", "unit": "nanometer"} for a in "zyx"]
    scale = {"type": "scale", "scale": [1, 1, *SPACING]}
    levels = [{"path": "0", "coordinateTransformations": [scale]}]
    image = {"version": "0.4", "axes": axes, "datasets": levels}
    names = [{"label": f"channel {n}"} for n in range(len(arrays))]
    attributes = {"multiscales": [image], "omero": {"channels": names}}
    group = zarr.create_group(path, attributes=attributes, zarr_format=2)
    group.create_array("0", data=np.stack(arrays)[None])
    return path


@pytest.fixture
def served(server, discs):
    """Address of the discs on a server, between empty channels."""
    nothing = np.zeros_like(discs[0])
    write_channels(server.folder / "a.zarr", nothing, discs[0], nothing)
    return f"{server.url}/a.zarr"


@pytest.mark.parametrize("name", FILES)
def test_convert_writes_and_reads_each(tmp_path, discs, name):
    convert(ArrayVolume(discs[1], spacing_nm=SPACING), tmp_path / "in.zarr")

    run("convert", tmp_path / "in.zarr", tmp_path / name, "--labels")
    told = json.loads(run("info", tmp_path / name, "--json").stdout)
    run("convert", tmp_path / name, tmp_path / "again.tif", "--labels")

    assert told["spacing_nm"] == list(SPACING)
    again = open_volume(tmp_path / "again.tif", labels=True)
    np.testing.assert_array_equal(again.read(Box.whole(again.shape)), discs[1])


def test_convert_writes_the_old_version(tmp_path, discs):
    convert(ArrayVolume(discs[0], spacing_nm=SPACING), tmp_path / "in.mrc")

    run("convert", tmp_path / "in.mrc", tmp_path / "a.zarr", "--ome-version", "0.4")

    assert "OME-Zarr 0.4" in run("info", tmp_path / "a.zarr").stdout


def test_convert_downloads_a_channel(tmp_path, discs, served):
    run("convert", served, tmp_path / "a.tif", "--channel", "channel 1")

    copy = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(copy.read(Box.whole(copy.shape)), discs[0])


def test_a_failed_conversion_leaves_nothing(tmp_path, server, served):
    with pytest.raises(VolumeError, match="choose one of 0 channel 0, 1 channel 1, 2"):
        run("convert", served, tmp_path / "a.tif")
    with pytest.raises(VolumeError, match="has no channel '7'; there are"):
        run("convert", served, tmp_path / "a.tif", "--channel", 7)
    server.refused.append("a.zarr/0/0")
    with pytest.raises(VolumeError, match="the server refuses to show it"):
        run("convert", served, tmp_path / "a.tif", "--channel", 1)

    assert list(tmp_path.iterdir()) == []


def test_a_project_remembers_channel_and_server(tmp_path, discs, served):
    for name in ("labels.nii.gz", "labels.mrc"):
        convert(ArrayVolume(discs[1], spacing_nm=SPACING), tmp_path / name)
    pairs = [served, tmp_path / "labels.nii.gz"]
    other = [f"{served}#channel=1", tmp_path / "labels.mrc"]

    run("init", tmp_path / "p", *pairs, "--eval", *other, "--channel", "1")

    text = (tmp_path / "p" / "project.yaml").read_text()
    volumes = yaml.safe_load(text)["volumes"]
    assert [v["image"] for v in volumes] == [f"{served}#channel=1"] * 2
    assert [v["labels"] for v in volumes] == ["../labels.nii.gz", "../labels.mrc"]
    project = load_settings(tmp_path / "p" / "project.yaml", ProjectConfig)
    assert project.volumes[0].image == Url(f"{served}#channel=1")


def test_training_reads_what_the_project_names(tmp_path, served, write_project, discs):
    write_project(tmp_path / "p")
    convert(
        ArrayVolume(discs[1], spacing_nm=SPACING), tmp_path / "p" / "l.h5" / "labels"
    )
    path = tmp_path / "p" / "project.yaml"
    values = yaml.safe_load(path.read_text())
    values["volumes"][0] |= {"image": f"{served}#channel=1", "labels": "l.h5/labels"}
    path.write_text(yaml.safe_dump(values))

    run("train", tmp_path / "p", "--members", 1, "--steps", 2)

    assert list((tmp_path / "p" / "models").glob("*/ensemble.json"))


@pytest.fixture
def result(tmp_path, served, trained):
    """Segment a channel on a server."""
    model, out = trained / "models" / "tiny", tmp_path / "result"
    run("segment", served, "-m", model, "-o", out, "--channel", 1, *QUICK)
    return out


def test_a_channel_on_a_server_is_segmented_and_verified(
    tmp_path, result, served, trained, discs
):
    convert(ArrayVolume(discs[0], spacing_nm=SPACING), tmp_path / "here.npz.zarr")
    model = trained / "models" / "tiny"
    run(
        "segment", tmp_path / "here.npz.zarr", "-m", model, "-o", tmp_path / "b", *QUICK
    )

    assert read_run(result).volume.path == Url(f"{served}#channel=1")
    name = "segmentation.zarr/labels/classes"
    ours, expected = (
        open_volume(x / name, labels=True) for x in (result, tmp_path / "b")
    )
    whole = Box.whole(ours.shape)
    np.testing.assert_array_equal(ours.read(whole), expected.read(whole))
    again = run("segment", served, "-m", model, "-o", result, "--channel", 1, *QUICK)
    assert "was finished already" in again.stdout
    assert "is unchanged" in run("verify", result).stdout


def test_a_volume_that_left_its_server_is_missing(result, server, served):
    shutil.rmtree(server.folder / "a.zarr")

    found = next(verify_result(result))

    assert found.state == "missing"
    assert found.detail == f"{served}#channel=1: is not there any more"


def test_labels_of_any_format_are_scored_compared_and_measured(
    tmp_path, result, server, discs
):
    labels = ArrayVolume(discs[1], spacing_nm=SPACING)
    convert(labels, tmp_path / "truth.nii.gz", kind="label")
    convert(labels, tmp_path / "truth.h5", kind="label")
    two = write_channels(server.folder / "two.zarr", discs[1] * 0, discs[1])
    there = f"{server.url}/{two.name}"

    scores = [
        json.loads(run("evaluate", result, truth, *channel, "--json").stdout)
        for truth, channel in [
            (tmp_path / "truth.nii.gz", ()),
            (tmp_path / "truth.h5", ()),
            (there, ("--channel", 1)),
        ]
    ]
    other = f"{there}#channel=1"
    compared = run("compare", other, tmp_path / "truth.h5", "--json").stdout
    both = run("compare", there, other, "--channel", 1, "--json").stdout
    (tmp_path / "classes.yaml").write_text(yaml.safe_dump({"classes": CLASSES}))
    options = ["--classes", tmp_path / "classes.yaml", "--out", tmp_path / "objects"]
    run("measure", there, "--channel", 1, *options)

    assert scores[0]["iou"] == scores[1]["iou"] == scores[2]["iou"]
    saved = {path.name for path in (result / "scores").iterdir()}
    assert saved == {"truth.nii.json", "data.json", "two channel 1.json"}
    assert json.loads(compared)["miou_all"] == json.loads(both)["miou_all"] == 1
    record = yaml.safe_load((tmp_path / "objects" / "objects.yaml").read_text())
    assert record["labels"] == f"{there}#channel=1"


@pytest.mark.parametrize("command", ["evaluate", "measure", "compare"])
def test_a_result_has_no_channels(tmp_path, result, discs, command):
    np.save(tmp_path / "truth.npy", discs[1])
    words = [result] if command == "measure" else [result, tmp_path / "truth.npy"]

    with pytest.raises(
        VolumeError, match="has no channels to choose from, but channel"
    ):
        run(command, *words, "--channel", 1)


@pytest.fixture
def film(tmp_path, discs):
    """Write two time points, of which the second is worth looking at, twice."""
    paths = []
    for name, array in zip(("image.zarr", "labels.zarr"), discs, strict=True):
        path = write_channels(tmp_path / name, array * 0)
        group = zarr.open_group(path)
        both = np.stack([array * 0, array])[:, None]
        group.create_array("0", data=both, overwrite=True)
        paths.append(path)
    return paths


def test_every_command_takes_a_time_point(tmp_path, film, trained, discs):
    image, labels = film
    model, result = trained / "models" / "tiny", tmp_path / "result"
    there = f"{labels}#time=1"
    (tmp_path / "classes.yaml").write_text(yaml.safe_dump({"classes": CLASSES}))
    measured = ["--classes", tmp_path / "classes.yaml", "--out", tmp_path / "objects"]

    told = json.loads(run("info", image, "--time", 1, "--json").stdout)
    run("convert", image, tmp_path / "a.tif", "--time", 1)
    run("init", tmp_path / "p", image, there, "--time", 1)
    run("train", tmp_path / "p", "--members", 1, "--steps", 1, "--name", "one")
    run("segment", image, "-m", model, "-o", result, "--time", 1, *QUICK)
    scores = json.loads(run("evaluate", there, labels, "--time", 1, "--json").stdout)
    compared = json.loads(run("compare", there, labels, "--time", 1, "--json").stdout)
    run("measure", labels, "--time", 1, *measured)

    assert told["path"] == f"{image}#time=1"
    copy = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(copy.read(Box.whole(copy.shape)), discs[0])
    volumes = yaml.safe_load((tmp_path / "p" / "project.yaml").read_text())["volumes"]
    assert {v["image"] for v in volumes} == {"../image.zarr#time=1"}
    assert {v["labels"] for v in volumes} == {"../labels.zarr#time=1"}
    assert str(read_run(result).volume.path) == f"{image}#time=1"
    assert "is unchanged" in run("verify", result).stdout
    assert scores["miou_all"] == compared["miou_all"] == 1
    record = yaml.safe_load((tmp_path / "objects" / "objects.yaml").read_text())
    assert record["labels"].endswith("labels.zarr#time=1")


@pytest.mark.parametrize("command", ["evaluate", "measure", "compare"])
def test_a_result_has_no_time_points(tmp_path, result, discs, command):
    np.save(tmp_path / "truth.npy", discs[1])
    words = [result] if command == "measure" else [result, tmp_path / "truth.npy"]

    with pytest.raises(VolumeError, match="has no time points to choose from, but ti"):
        run(command, *words, "--time", 1)
