"""Whoever comes second to an output is refused, and nothing is touched."""

import pytest
from typer.testing import CliRunner

from densecell.claim import claimed
from densecell.cli.main import app
from densecell.errors import OutputError
from densecell.volume import ArrayVolume, write_tiff
from soak.jobs import LABELS, write_classes


@pytest.fixture
def place(tmp_path, trained, write_project, discs):
    """What all commands need: a project, an image, labels to measure."""
    write_project(tmp_path / "project")
    write_tiff(tmp_path / "image.tif", ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    write_classes(tmp_path / "measured")
    run("measure", tmp_path / "measured" / LABELS, "--out", tmp_path / "measured")
    write_classes(tmp_path / "classes")
    return tmp_path


def run(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception:
        raise done.exception


def commands(place, trained):
    """Each command with the folder that it works on."""
    project, model = place / "project", trained / "models" / "tiny"
    return {
        "train": (["train", project, "--name", "m"], project / "models" / "m"),
        "segment": (
            ["segment", place / "image.tif", "-m", model, "-o", place / "out"],
            place / "out",
        ),
        "measure": (
            ["measure", place / "classes" / LABELS, "--out", place / "classes"],
            place / "classes",
        ),
        "mesh": (["mesh", place / "measured"], place / "measured"),
        "fetch": (
            ["fetch", "platelet", "--out", place / "data", "--from", place],
            place / ".data.fetch",
        ),
    }


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("command", ["train", "segment", "measure", "mesh", "fetch"])
def test_the_second_process_is_refused(place, trained, command, overwrite):
    words, folder = commands(place, trained)[command]
    with claimed(folder):
        before = names(place)
        with pytest.raises(
            OutputError, match=f"{folder}: another densecell works on i"
        ):
            run(*words, *["--overwrite"] * overwrite)

        left = names(place) - before - names(folder / "blocks" / "mesh")
        assert not {p for p in left if not p.is_relative_to(folder / "meshes")}


def names(folder):
    return {path for path in folder.rglob("*") if path.is_file()}
