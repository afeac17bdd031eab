import csv
import json

import commands
import numpy as np
import pytest
from results import write_layer, write_run

from densecell.classes import ClassScheme
from densecell.config import ObjectsConfig, load_settings, write_text, yaml_text
from densecell.errors import ConfigError, OutputError, SpacingError, VolumeError
from densecell.geometry import FACES, Box
from densecell.result import read_measurement
from densecell.volume import create_ome_zarr

SPACING = (40, 10, 20)


def drawn():
    labels = np.zeros((4, 12, 14), np.uint8)
    labels[1:3, 2:9, 2:9] = 1
    labels[1:3, 4:7, 4:7] = 2
    return labels


@pytest.fixture
def result(tmp_path):
    """Write a finished result, as `densecell segment` leaves it."""
    out = tmp_path / "result"
    write_run(out, ClassScheme.platelet(), (4, 12, 14), SPACING)
    write_layer(out, "labels/classes", drawn(), SPACING)
    write_layer(out, "confidence", np.full((4, 12, 14), 204, np.uint8), SPACING)
    write_text(out / "agreement.json", "{}")
    return out


def run(*arguments):
    return commands.run("measure", *arguments).output


def cells(out):
    with (out / "tables" / "cells.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_result_is_measured_with_its_confidence_and_then_left_alone(result):
    options = ("--min-cell-volume", 0, "--min-volume", 0, "--no-split")

    first, again = run(result, *options), run(result, *options)

    assert "cell                         1 objects, 1 whole, 0 cut" in first
    assert "was measured already; --overwrite measures it again" in again
    (cell,) = cells(result)
    assert float(cell["confidence"]) == pytest.approx(0.8)
    assert cell["mitochondrion_count"] == "1"


def test_other_options_are_refused_until_asked_to_overwrite(result):
    run(result, "--min-cell-volume", 0)

    with pytest.raises(OutputError, match="was begun with objects"):
        run(result, "--min-cell-volume", 1)

    assert "cell                         0 objects" in run(
        result, "--min-cell-volume", 1, "--overwrite"
    )
    assert cells(result) == []


def test_cells_are_cut_by_affinities_where_a_result_has_them(result):
    store = result / "segmentation.zarr"
    for axis in range(3):
        volume = create_ome_zarr(
            store / f"affinity_{axis}",
            shape=(4, 12, 14),
            dtype="u1",
            spacing_nm=SPACING,
            kind="image",
        )
        sure = np.full((4, 12, 14), 255, np.uint8)
        if axis == 1:
            sure[:, 6] = 0  # rows 5 and 6 are of two cells
        volume.write(Box.whole(volume.shape), sure)
    pairs = {"format": 1, "offsets": FACES, "attractive": 3}
    write_text(store / "affinities.json", json.dumps(pairs))
    fine = {"affinities": {"sure": 0.5, "min_piece_um3": 0}}
    write_text(result / "fine.yaml", yaml_text(fine))
    options = ("--min-cell-volume", 0, "--config", result / "fine.yaml")

    run(result, *options, "--cells-by", "distances")
    assert len(cells(result)) == 1
    run(result, *options, "--overwrite")

    assert read_measurement(result).affinities == FACES

    with pytest.raises(ConfigError, match=r"--neck: has no effect, because cells of "):
        run(result, "--neck", 0.5)
    assert read_measurement(result).objects.cells_by == "auto"


def test_cells_by_affinities_needs_affinities(result):
    with pytest.raises(ConfigError, match="has no affinities to cut cells by"):
        run(result, "--cells-by", "affinities")
    with pytest.raises(ConfigError, match="cells_by"):
        run(result, "--cells-by", "guessing")


def test_a_mistake_does_not_cost_the_old_objects(result):
    run(result, "--min-cell-volume", 0)

    with pytest.raises(ConfigError, match="'mito' is no organelle of the scheme"):
        run(result, "--whole", "mito", "--overwrite")

    assert len(cells(result)) == 1


def test_a_bare_volume_needs_a_place_and_classes(tmp_path):
    np.save(tmp_path / "labels.npy", drawn())
    volume = tmp_path / "labels.npy"

    with pytest.raises(OutputError, match="is no result folder; say with --out where"):
        run(volume)
    with pytest.raises(SpacingError, match="has no voxel size"):
        run(volume, "--out", tmp_path / "out", "--classes", "platelet")
    with pytest.raises(ConfigError, match="has the role cell or organelle"):
        run(volume, "--out", tmp_path / "out", "--spacing", *SPACING)
    run(
        *(volume, "--out", tmp_path / "out", "--spacing", *SPACING),
        *("--classes", "platelet", "--min-cell-volume", 0),
    )

    assert len(cells(tmp_path / "out")) == 1


def test_a_result_keeps_its_objects_itself(result, tmp_path):
    with pytest.raises(OutputError, match="leave out --out"):
        run(result, "--out", tmp_path / "elsewhere")


def test_an_unfinished_result_is_refused(result):
    (result / "agreement.json").unlink()

    with pytest.raises(VolumeError, match="is not segmented to its end yet"):
        run(result)


def test_settings_come_from_a_file_and_options_win(result, tmp_path):
    settings = {"cells": {"neck": 0.5, "min_volume_um3": 0}, "fill_holes": False}
    write_text(tmp_path / "objects.yaml", yaml_text(settings))

    run(
        result, "--config", tmp_path / "objects.yaml", "--neck", 0.6, "--block", 2, 8, 8
    )

    frozen = read_measurement(result).objects
    assert (frozen.cells.neck, frozen.cells.min_volume_um3) == (0.6, 0)
    assert frozen.organelles == ObjectsConfig().organelles
    assert not frozen.fill_holes
    assert read_measurement(result).block == (2, 8, 8)


def test_a_partial_setting_of_organelles_keeps_the_defaults_of_organelles(tmp_path):
    write_text(tmp_path / "a.yaml", "organelles: {neck: 0.5}\n")

    config = load_settings(tmp_path / "a.yaml", ObjectsConfig)

    assert config.organelles.neck == 0.5
    assert config.organelles.halo_nm == ObjectsConfig().organelles.halo_nm


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--neck", 1.5), r"cells.neck: input should be less than or equal to 1"),
        (("--neck", 0), r"cells.neck: input should be greater than 0"),
        (("--block", 0, 1, 1), r"block.0: input should be greater than or equal to 1"),
    ],
)
def test_wrong_options_are_refused(result, options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        run(result, *options)


def test_a_volume_is_not_negative(result):
    assert commands.misspelt("measure", result, "--min-volume", -1).endswith(
        "'--min-volume': Input should be greater than or equal to 0"
    )


def test_objects_are_the_same_from_a_cluster(result, tmp_path):
    pytest.importorskip("distributed")
    run(result, "--min-cell-volume", 0, "--block", 2, 8, 8)
    before = {p.name: p.read_bytes() for p in (result / "tables").glob("*.csv")}

    run(
        *(result, "--min-cell-volume", 0, "--block", 2, 8, 8),
        *("--cluster", "local:1", "--overwrite"),
    )

    after = {p.name: p.read_bytes() for p in (result / "tables").glob("*.csv")}
    assert len(before) == 4
    assert after == before
