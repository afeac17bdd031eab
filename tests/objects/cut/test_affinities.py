import json

import numpy as np
import pytest

from densecell.config import ObjectsConfig
from densecell.errors import (
    BlocksFailedError,
    ConfigError,
    OutputError,
    VolumeError,
)
from densecell.evaluation.instances import count_overlaps, match_objects
from densecell.geometry import FACES, Box, Spacing
from densecell.objects import drop_objects, is_finished, measure_objects
from densecell.objects.blocks import stages
from densecell.objects.cut.affinities import Affinities, find_affinities
from densecell.objects.record import freeze
from densecell.volume import ArrayVolume, create_ome_zarr, open_ome_zarr

SHAPE = (12, 96, 128)
SPACING = Spacing(40, 20, 20)
OFFSETS = (*FACES, (0, -4, 0), (0, 0, -4))


@pytest.fixture(scope="module")
def cells():
    """Give a wall of 24 cells that touch everywhere, with wavy borders."""
    z, y, x = np.indices(SHAPE)
    row = (y + np.rint(2 * np.sin(x / 5))).clip(0, 95) // 24
    column = (x + np.rint(2 * np.cos(y / 4 + z))).clip(0, 127) // 22
    return (1 + row * 6 + column).astype(np.uint32)


def write(out, cells, *, offsets=OFFSETS, seed=0):
    """Write affinities of cells, as a network that is a little unsure does."""
    rng = np.random.default_rng(seed)
    store = out / "segmentation.zarr"
    for number, offset in enumerate(offsets):
        there = np.roll(cells, [-o for o in offset], (0, 1, 2))
        sure = np.where(there == cells, 0.9, 0.1) + rng.normal(0, 0.1, cells.shape)
        volume = create_ome_zarr(
            store / f"affinity_{number}",
            shape=cells.shape,
            dtype=np.uint8,
            spacing_nm=SPACING,
            kind="image",
        )
        volume.write(Box.whole(cells.shape), (255 * sure.clip(0, 1)).astype(np.uint8))
    pairs = {"format": 1, "offsets": offsets, "attractive": 3}
    (store / "affinities.json").write_text(json.dumps(pairs))
    return store


@pytest.fixture
def source(tmp_path, cells, source_of, platelet):
    """Give a result of one class all over, with affinities."""
    write(tmp_path, cells, seed=1)
    labels = np.ones(SHAPE, np.uint8)
    return source_of(labels, tmp_path, spacing=SPACING)._replace(affinities=OFFSETS)


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
def test_cells_that_touch_everywhere_are_found_in_any_blocks(source, cells, block):
    found = measured(source, config(block=block))

    matches = match_objects(count_overlaps(cells, found), threshold=0.7)
    assert matches.f1 >= 0.95
    assert matches.iou.mean() >= 0.93  # 0.88 where borders are half a voxel off
    assert (found > 0).all()


def test_a_thin_process_is_one_cell_across_blocks(tmp_path, source_of):
    labels = np.zeros((12, 16, 128), np.uint8)
    labels[3:6, 5:7] = 1  # 40 nm wide, between the voxels that others are told of
    write(tmp_path, np.ones(labels.shape, np.uint32), offsets=FACES)
    source = source_of(labels, tmp_path, spacing=(8, 8, 8))

    found = measured(source._replace(affinities=FACES), config(block=(12, 16, 32)))

    np.testing.assert_array_equal(found, labels)


def test_distances_can_be_asked_for_instead(source):
    assert freeze(source, config()).affinities == OFFSETS
    assert freeze(source, config(cells_by="distances")).affinities == ()
    whole = {"cells": {"split": False}}
    assert freeze(source, config(**whole)).affinities == ()
    assert measured(source, config(cells_by="distances")).max() == 1


def test_another_way_to_cut_is_refused_once_begun(source):
    measured(source, config())

    with pytest.raises(OutputError, match=r"with affinities .*, now asked for \(\)"):
        measured(source, config(cells_by="distances"))


@pytest.mark.parametrize("stage", ["number", "join"])
def test_a_killed_run_goes_on_to_the_same_cells(stage, source, monkeypatch):
    settings = config(block=(12, 24, 32))
    whole = stages.STAGES[stage]
    done = []

    def broken(job, number):
        if number == 2:
            raise ValueError("a worker fell over")
        whole(job, number)
        done.append(number)

    with monkeypatch.context() as patch:
        patch.setitem(stages.STAGES, stage, broken)
        with pytest.raises(BlocksFailedError, match="a worker fell over"):
            measured(source, settings)
    assert done
    assert not is_finished(source.out)
    resumed = measured(source, settings)

    drop_objects(source.out)
    np.testing.assert_array_equal(resumed, measured(source, settings))


def test_affinities_that_are_not_there_are_asked_for_in_vain(source):
    with pytest.raises(ConfigError, match="has no affinities to cut cells by"):
        freeze(source._replace(affinities=()), config(cells_by="affinities"))


def test_coarser_voxels_find_them_too(source, cells):
    cut = {"sure": 0.7, "voxel_nm": 40, "min_piece_um3": 1e-3}

    found = measured(source, config(affinities=cut))

    assert match_objects(count_overlaps(cells, found), threshold=0.6).f1 >= 0.95


def test_stores_are_found_with_their_offsets(tmp_path, cells):
    labels = ArrayVolume(np.ones(SHAPE, np.uint8), spacing_nm=SPACING)
    store = write(tmp_path, cells)

    assert find_affinities(store, labels) == OFFSETS
    assert find_affinities(tmp_path, labels) == ()
    read = Affinities(store, OFFSETS).read(Box((1, 2, 3), (4, 6, 8)))
    assert read.shape == (5, 3, 4, 5)


def test_pairs_that_are_far_apart_are_left_out_but_for_the_faces(tmp_path, cells):
    offsets = (*FACES, (0, -4, 0), (0, 0, -4), (0, -3, -3))
    every = Affinities(write(tmp_path, cells, offsets=offsets), offsets)
    box = Box((1, 2, 3), (4, 6, 8))

    near, nearer = (every.within(reach, Spacing(40, 10, 9)) for reach in (41, 38))

    assert near.offsets == offsets
    assert nearer.offsets == (*FACES, (0, 0, -4))
    np.testing.assert_array_equal(nearer.read(box), every.read(box)[[0, 1, 2, 4]])
    assert every.offsets == offsets


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ('{"format": 2, "offsets": [], "attractive": 3}', "format"),
        ('{"format": 1, "offsets": [[0, 0, -2]], "attractive": 3}', "the faces"),
    ],
)
def test_a_file_of_offsets_that_makes_no_sense_is_named(tmp_path, cells, text, words):
    labels = ArrayVolume(np.ones(SHAPE, np.uint8), spacing_nm=SPACING)
    store = write(tmp_path, cells)
    (store / "affinities.json").write_text(text)

    with pytest.raises((VolumeError, ConfigError), match=words):
        find_affinities(store, labels)


def test_stores_that_do_not_cover_the_labels_are_named(tmp_path, cells):
    store = write(tmp_path, cells)
    labels = ArrayVolume(np.ones((12, 96, 120), np.uint8), spacing_nm=SPACING)
    with pytest.raises(VolumeError, match=r"affinity_0: is \(12, 96, 128\) voxels"):
        find_affinities(store, labels)

    pairs = {"format": 1, "offsets": [*OFFSETS, (0, 0, -9)], "attractive": 3}
    (store / "affinities.json").write_text(json.dumps(pairs))
    whole = ArrayVolume(np.ones(SHAPE, np.uint8), spacing_nm=SPACING)
    with pytest.raises(VolumeError, match="affinity_5"):
        find_affinities(store, whole)
