from fractions import Fraction

import numpy as np
import pytest

from densecell.errors import ConfigError
from densecell.geometry import Box
from densecell.result import read_run, save_run
from densecell.result.run import ratio_of
from densecell.volume import ArrayVolume, Grid


@pytest.fixture
def run(old_project):
    return read_run(old_project / "result")


def test_a_run_reads_back_as_it_was_written(run, tmp_path):
    save_run(run, tmp_path)

    assert read_run(tmp_path) == run


def test_the_extent_is_the_whole_volume_or_the_box(run):
    boxed = run.model_copy(update={"box": ((1, 2, 3), (4, 6, 9))})

    assert run.extent == Box.whole((10, 80, 80))
    assert boxed.extent == Box((1, 2, 3), (4, 6, 9))
    assert boxed.blocks == (Box((0, 0, 0), (3, 4, 6)),)


def test_the_model_sees_the_grid_that_the_ratio_lays_over_the_volume(run):
    grid = Grid((10, 80, 80), (Fraction(1, 2), Fraction(1), Fraction(3, 2)))
    inference = run.inference.model_copy(update={"ratio": ratio_of(grid)})
    resampled = run.model_copy(update={"inference": inference})

    assert ratio_of(grid) == ((1, 2), (1, 1), (3, 2))
    assert resampled.grid == grid
    assert resampled.seen_shape == grid.shape
    assert run.grid is None
    assert run.seen_shape == (10, 80, 80)


def test_without_a_change_the_model_sees_the_volume_itself(run):
    volume = ArrayVolume(np.zeros((10, 80, 80), np.uint8), spacing_nm=(40, 10, 10))

    assert run.seen(volume) is volume


def test_the_frozen_tile_is_a_setting(run):
    assert run.tiling.tile == run.inference.tile
    assert run.tiling.margin == run.inference.margin


def test_an_unknown_setting_is_refused_with_its_name(old_result):
    path = old_result / "run.yaml"
    path.write_text(path.read_text() + "colour: red\n")

    with pytest.raises(ConfigError, match="unknown setting 'colour'"):
        read_run(old_result)
