"""Cells cut by affinities, from end to end."""

import numpy as np
import pytest

from densecell.config import ObjectsConfig
from densecell.errors import BlocksFailedError, ConfigError, OutputError
from densecell.evaluation.instances import count_overlaps, match_objects
from densecell.geometry import FACES, Box, Spacing
from densecell.objects import drop_objects, measure_objects
from densecell.objects.resolve import resolve_measurement
from densecell.objects.work import BLOCK_STAGES
from densecell.result import is_measured
from densecell.volume import open_ome_zarr

SPACING = Spacing(40, 20, 20)
OFFSETS = (*FACES, (0, -4, 0), (0, 0, -4))


@pytest.fixture
def source_in(tmp_path, wall_of_cells, source_of, write_affinities):
    """Function that makes a result of one class all over, with affinities."""

    def make(shape):
        cells = wall_of_cells[Box.whole(shape).slices]
        write_affinities(tmp_path, cells, offsets=OFFSETS, seed=1)
        labels = np.ones(shape, np.uint8)
        return source_of(labels, tmp_path, spacing=SPACING)._replace(affinities=OFFSETS)

    return make


@pytest.fixture
def source(source_in):
    """A result of 24 cells."""
    return source_in((12, 96, 128))


@pytest.fixture
def small(source_in):
    """A result of 6 cells."""
    return source_in((12, 48, 64))


def config(**changes):
    values = {
        "cells": {"min_volume_um3": 0},
        "affinities": {"sure": 0.7, "min_piece_um3": 1e-3, "halo_nm": 120},
    }
    return ObjectsConfig.model_validate(values | changes)


def measured(source, config):
    for _ in measure_objects(source, config):
        pass
    volume = open_ome_zarr(source.out / "segmentation.zarr" / "labels" / "cells")
    return volume.read(Box.whole(volume.shape))


@pytest.mark.parametrize("block", [None, (12, 48, 64), (4, 32, 32)])
def test_cells_that_touch_everywhere_are_found_in_any_blocks(
    source, wall_of_cells, block
):
    found = measured(source, config(block=block))

    matches = match_objects(count_overlaps(wall_of_cells, found), threshold=0.7)
    assert matches.f1 >= 0.95
    assert matches.iou.mean() >= 0.93  # 0.88 where borders are half a voxel off
    assert (found > 0).all()


def test_a_thin_process_is_one_cell_across_blocks(
    tmp_path, source_of, write_affinities
):
    labels = np.zeros((12, 16, 128), np.uint8)
    labels[3:6, 5:7] = 1  # 40 nm wide, between the voxels that others are told of
    write_affinities(tmp_path, np.ones(labels.shape, np.uint32), offsets=FACES)
    source = source_of(labels, tmp_path, spacing=(8, 8, 8))

    found = measured(source._replace(affinities=FACES), config(block=(12, 16, 32)))

    np.testing.assert_array_equal(found, labels)


def test_distances_can_be_asked_for_instead(small):
    assert resolve_measurement(small, config()).affinities == OFFSETS
    assert resolve_measurement(small, config(cells_by="distances")).affinities == ()
    whole = {"cells": {"split": False}}
    assert resolve_measurement(small, config(**whole)).affinities == ()
    assert measured(small, config(cells_by="distances")).max() == 1


def test_another_way_to_cut_is_refused_once_begun(small):
    measured(small, config())

    with pytest.raises(OutputError, match=r"with affinities .*, now asked for \(\)"):
        measured(small, config(cells_by="distances"))


@pytest.mark.parametrize("stage", ["number", "join"])
def test_a_killed_run_goes_on_to_the_same_cells(stage, small, monkeypatch):
    settings = config(block=(12, 24, 32))
    whole = BLOCK_STAGES[stage]
    done = []

    def broken(job, number):
        if number == 2:
            raise ValueError("a worker fell over")
        whole(job, number)
        done.append(number)

    with monkeypatch.context() as patch:
        patch.setitem(BLOCK_STAGES, stage, broken)
        with pytest.raises(BlocksFailedError, match="a worker fell over"):
            measured(small, settings)
    assert done
    assert not is_measured(small.out)
    resumed = measured(small, settings)

    drop_objects(small.out)
    np.testing.assert_array_equal(resumed, measured(small, settings))


def test_affinities_that_are_not_there_are_asked_for_in_vain(small):
    with pytest.raises(ConfigError, match="has no affinities to cut cells by"):
        resolve_measurement(
            small._replace(affinities=()), config(cells_by="affinities")
        )


def test_coarser_voxels_find_them_too(source, wall_of_cells):
    cut = {"sure": 0.7, "voxel_nm": 40, "min_piece_um3": 1e-3}

    found = measured(source, config(affinities=cut))

    assert match_objects(count_overlaps(wall_of_cells, found), threshold=0.6).f1 >= 0.95
