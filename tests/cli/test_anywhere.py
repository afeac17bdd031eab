"""The whole road in a folder with a long name, spaces, and letters of many scripts."""

import json

import dask
import pytest
import yaml
from commands import run

pytest.importorskip("distributed", reason="needs distributed")

LONG = "Größe 体積 объём é" + " of a folder that somebody named with care" * 3
TINY = {
    "network": {"name": "unet2d", "width": 2},
    "training": {
        "window": [2, 32, 32],
        "steps": 4,
        "minutes": None,
        "validations": 1,
        "abandon_below": 0,
        "adjust_logits": False,
    },
    "ensemble": {"members": 2},
}


@pytest.fixture
def folder(tmp_path):
    """A path of more than 200 characters."""
    path = tmp_path / "Maßstab 50 % & [1]" / LONG
    path.mkdir(parents=True)
    assert len(str(path)) > 200
    return path


@pytest.mark.filterwarnings("ignore:no voxel of role")
def test_the_whole_road_leads_through_a_folder_of_any_name(folder):
    image, project, result = folder / "体 積.zarr", folder / "pro jekt", folder / "é"
    run("phantom", image, "--shape", 6, 96, 96)
    run("init", project, image, image / "labels/classes", "--classes", "platelet")
    settings = yaml.safe_load((project / "project.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(settings | TINY, allow_unicode=True)
    (project / "project.yaml").write_text(text, encoding="utf-8")

    run("train", project, "--name", "模型")
    model = project / "models" / "模型"
    run("distil", model, "--steps", 4, "--network", "unet2d", "--width", 2)
    small = project / "models" / "模型-distilled"
    run("segment", image, "-m", small, "-o", result, "--cluster", "local:1", "--tiff")
    run("evaluate", result, image / "labels/classes")
    run("measure", result, "--cluster", "local:1")
    run("mesh", result, "--format", "glb", "--format", "stl")
    run("report", result)

    assert "is unchanged" in run("verify", result).stdout
    assert (result / "report.html").is_file()
    assert json.loads((result / "scores" / "classes.json").read_text(encoding="utf-8"))


def test_workers_are_spawned_as_they_are_on_windows():
    import distributed  # noqa: F401  (brings its settings)

    assert dask.config.get("distributed.worker.multiprocessing-method") == "spawn"
