import sys

import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.errors import ConfigError, MissingExtraError, VolumeError


def run(*words):
    outcome = CliRunner().invoke(app, ["mesh", *map(str, words)])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def test_objects_are_meshed_and_then_found_finished(measured):
    first = run(measured, "--format", "ply", "--format", "glb", "--max-error", 5)
    again = run(measured, "--format", "glb", "--format", "ply", "--max-error", 5)

    assert "5 objects as glb, ply" in first.output
    assert (measured / "meshes" / "ply" / "cell_2.ply").is_file()
    assert "was meshed already; --overwrite" in again.output


def test_overwriting_starts_anew(measured):
    run(measured, "--format", "stl")

    run(measured, "--overwrite", "--format", "obj")

    assert not (measured / "meshes" / "stl").exists()
    assert (measured / "meshes" / "obj" / "cell_1.obj").is_file()


def test_unknown_formats_are_refused(measured):
    with pytest.raises(ConfigError, match=r"options: formats.*'glb', .*got 'vtk'"):
        run(measured, "--format", "vtk")


def test_a_missing_extra_does_not_cost_the_old_meshes(measured, monkeypatch):
    run(measured, "--format", "stl")
    monkeypatch.setitem(sys.modules, "trimesh", None)

    with pytest.raises(MissingExtraError, match="meshes need trimesh"):
        run(measured, "--format", "stl", "--overwrite")

    assert (measured / "meshes" / "stl" / "cell_1.stl").is_file()


def test_a_mistake_does_not_cost_the_old_meshes(tmp_path):
    (tmp_path / "meshes").mkdir()

    with pytest.raises(VolumeError, match="is no result"):
        run(tmp_path, "--overwrite")

    assert (tmp_path / "meshes").is_dir()
