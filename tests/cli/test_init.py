import commands
import numpy as np
import pytest

from densecell.config import ProjectConfig, load_settings
from densecell.errors import OutputError, SpacingError, VolumeError


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
    assert "the last 2 of 10 slices are kept for validation" in text
    assert "say which of its classes are cells or organelles (role)" in text
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
