import commands
import numpy as np
import pytest

from densecell.errors import DatasetError
from densecell.volume import ArrayVolume, write_tiff


@pytest.fixture
def copy(tmp_path):
    """Write a copy on disk in the prepared layout."""
    (tmp_path / "copy").mkdir()
    volume = ArrayVolume(np.zeros((12, 1024, 1024), np.uint8))
    for name in ("image.tif", "labels.tif"):
        write_tiff(tmp_path / "copy" / name, volume, spacing_nm=(50, 4.6, 4.6))
    return tmp_path / "copy"


def run(*arguments):
    return commands.run("fetch", *arguments).stdout


def test_a_copy_becomes_a_project_right_here(tmp_path, copy, monkeypatch):
    monkeypatch.chdir(tmp_path)

    text = run("drosophila-vnc", "--from", copy)

    assert "Attribution-NonCommercial-ShareAlike" in text
    assert "drosophila-vnc: ready; next `densecell train drosophila-vnc`" in text
    assert (tmp_path / "drosophila-vnc" / "project.yaml").is_file()


def test_the_same_again_says_that_it_is_there(tmp_path, copy):
    run("drosophila-vnc", "--from", copy, "--out", tmp_path / "fly")

    text = run("drosophila-vnc", "--out", tmp_path / "fly")

    assert "fly: is there already; --overwrite gets it again" in text


def test_an_unknown_name_is_refused():
    with pytest.raises(
        DatasetError, match="no data set 'mouse'; there are: drosophila"
    ):
        run("mouse")
