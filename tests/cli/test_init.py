from types import SimpleNamespace

import commands
import numpy as np
import pytest

from densecell.cli.init import LabelledOptions, asked_for
from densecell.config import ProjectConfig, load_settings
from densecell.errors import (
    OutputError,
    SpacingError,
    UnclearLabelsError,
    VolumeError,
)


@pytest.fixture
def pair(tmp_path):
    labels = (np.arange(10 * 4 * 5) % 3).reshape(10, 4, 5).astype(np.uint8)
    np.save(tmp_path / "image.npy", labels * 50)
    np.save(tmp_path / "labels.npy", labels)
    return tmp_path / "image.npy", tmp_path / "labels.npy"


def run(*arguments):
    return commands.run("init", *arguments).stdout


def test_a_project_is_written_and_told(tmp_path, pair):
    text = run(tmp_path / "p", *pair, "--spacing", 50, 4.6, 4.6)

    config = load_settings(tmp_path / "p" / "project.yaml", ProjectConfig)
    assert [(v.role, v.z) for v in config.volumes] == [
        ("train", (0, 8)),
        ("eval", (8, 10)),
    ]
    assert config.volumes[0].spacing_nm == (50, 4.6, 4.6)
    assert "10 x 4 x 5 voxels of 50 x 4.6 x 4.6 nm, uint8, label ids 0, 1, 2" in text
    assert "labelled 0-9; learns from 0-7; validates on 8, 9" in text
    assert "give its classes names and roles" in text
    assert "then `densecell train" in text


def test_every_option_reaches_the_project(tmp_path, pair):
    options = ["--spacing", 50, 4, 4, "--classes", "platelet", "--eval", *pair]

    run(tmp_path / "p", *pair, *options, "--train-z", 1, 7, "--eval-z", 2, 4)

    config = load_settings(tmp_path / "p" / "project.yaml", ProjectConfig)
    assert [v.z for v in config.volumes] == [(1, 7), (2, 4)]
    assert config.classes.names[3] == "alpha granule"


def test_an_unknown_voxel_size_is_asked_for(tmp_path, pair):
    with pytest.raises(SpacingError, match="has no voxel size; pass --spacing Z Y X"):
        run(tmp_path / "p", *pair)
    assert not (tmp_path / "p").exists()


def test_the_same_again_is_refused(tmp_path, pair):
    run(tmp_path / "p", *pair, "--spacing", 50, 4.6, 4.6)
    with pytest.raises(OutputError, match="there is a project already"):
        run(tmp_path / "p", *pair, "--spacing", 50, 4.6, 4.6)


def test_ids_of_cells_are_named_where_they_are_learned_from(tmp_path, pair):
    np.save(tmp_path / "ids.npy", np.ones((10, 4, 5), np.uint32))
    words = [tmp_path / "p", *pair, "--spacing", 50, 4, 4, "--objects"]

    run(*words, tmp_path / "ids.npy")

    config = load_settings(tmp_path / "p" / "project.yaml", ProjectConfig)
    named = [(v.role, v.objects and v.objects.name) for v in config.volumes]
    assert named == [("train", "ids.npy"), ("eval", None)]
    np.save(tmp_path / "ids.npy", np.ones((9, 4, 5), np.uint32))
    with pytest.raises(VolumeError, match="ids must cover their image"):
        run(tmp_path / "q", *words[1:], tmp_path / "ids.npy")


@pytest.fixture
def painted(tmp_path):
    """An image of ten slices, of which two are labelled and the others are 0."""
    labels = np.zeros((10, 4, 5), np.uint8)
    labels[[2, 6]] = np.arange(20).reshape(4, 5) % 3
    np.save(tmp_path / "image.npy", np.arange(200).reshape(10, 4, 5).astype(np.uint8))
    np.save(tmp_path / "labels.npy", labels)
    return tmp_path / "image.npy", tmp_path / "labels.npy"


def test_without_a_terminal_the_option_is_named(tmp_path, painted):
    with pytest.raises(UnclearLabelsError, match="Give --unlabelled slices"):
        run(tmp_path / "p", *painted, "--spacing", 50, 4, 4)
    assert not (tmp_path / "p").exists()

    text = run(
        tmp_path / "p", *painted, "--spacing", 50, 4, 4, "--unlabelled", "slices"
    )
    assert "labelled 2, 6; learns from 2; validates on 6" in text


def test_at_a_terminal_it_is_asked(monkeypatch):
    asked = []

    def prompt(question, default):
        asked.append(question)
        return default

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.prompt", prompt)

    facts = asked_for(LabelledOptions(), needs_slices)

    assert asked == ["--unlabelled"]
    assert facts.unlabelled == "slices"


def needs_slices(facts):
    if facts.unlabelled is None:
        raise UnclearLabelsError(
            "what is 0", option="--unlabelled", answers=("slices",)
        )
    return facts


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--id", "255"], "--id 255: expected VALUE=ID"),
        (["--id", "1=300"], "--id 1=300: expected VALUE=ID"),
        (["--labels-z", "1,b"], "--labels-z 1,b: expected numbers of slices"),
        (["--labels-z", "1,2"], "has 10 slices, but labels_z names 2"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, painted, words, sentence):
    with pytest.raises(ValueError, match=sentence):
        run(tmp_path / "p", *painted, "--spacing", 50, 4, 4, *words)


def test_classes_are_named_without_an_editor(tmp_path, pair):
    words = ["--class", "1=cell:cell", "--class", "2=nucleus:organelle:cell"]

    text = run(tmp_path / "p", *pair, "--spacing", 50, 4, 4, *words)

    scheme = load_settings(tmp_path / "p" / "project.yaml", ProjectConfig).classes
    assert scheme.names == ("background", "cell", "nucleus")
    assert scheme.classes[2].parent == "cell"
    assert "look at its classes" in text
