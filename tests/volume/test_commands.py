import json

import numpy as np
import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume, write_tiff


@pytest.fixture
def run():
    def call(*words):
        return CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)

    return call


@pytest.fixture
def labels(tmp_path):
    array = np.random.default_rng(0).integers(0, 3, (5, 300, 9)).astype(np.uint8)
    write_tiff(tmp_path / "a.tif", ArrayVolume(array, spacing_nm=(50, 4, 5)))
    return array


def test_info_prints_what_a_volume_is(run, labels, tmp_path):
    result = run("info", tmp_path / "a.tif")

    assert result.exit_code == 0
    assert "5 x 300 x 9 voxels (z y x)" in result.output
    assert "value 2" in result.output


def test_info_as_json_with_another_voxel_size(run, labels, tmp_path):
    result = run("info", tmp_path / "a.tif", "--json", "--spacing", 40, 10, 10)

    assert json.loads(result.stdout)["spacing_nm"] == [40, 10, 10]


def test_convert_copies_a_box_of_labels(run, labels, tmp_path):
    result = run(
        "convert",
        tmp_path / "a.tif",
        tmp_path / "b.zarr",
        "--labels",
        "--box",
        *(1, 0, 3, 4, 299, 8),
    )

    volume = open_volume(tmp_path / "b.zarr")
    assert "3 x 299 x 5 voxels of uint8" in result.output
    assert volume.spacing_nm == (50, 4, 5)
    expected = labels[1:4, :299, 3:8]
    np.testing.assert_array_equal(volume.read(Box.whole(volume.shape)), expected)
    coarse = open_ome_zarr(tmp_path / "b.zarr", level=1)
    assert set(np.unique(coarse.read(Box.whole(coarse.shape)))) <= {0, 1, 2}


def test_convert_refuses_a_box_outside(run, labels, tmp_path):
    with pytest.raises(VolumeError, match="not inside the volume of shape"):
        run("convert", tmp_path / "a.tif", tmp_path / "b", "--box", 0, 0, 0, 6, 1, 1)


@pytest.mark.parametrize("command", ["info", "convert"])
def test_commands_have_help(run, command):
    assert "Voxel size in nm" in run(command, "--help").output
