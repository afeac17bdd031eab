"""Measurements from end to end, on drawn labels of a few hundred voxels."""

import json

import numpy as np
import pytest
import yaozarrs
from tissue import UM3, objects, run, table, tissue

from densecell.classes import ClassScheme
from densecell.errors import BlocksFailedError, ConfigError, OutputError
from densecell.objects import (
    drop_objects,
    measure,
    measure_objects,
)
from densecell.objects.work import BLOCK_STAGES
from densecell.result import is_measured
from densecell.volume import create_ome_zarr, open_volume


def bytes_of(out):
    files = [
        p
        for folder in ("segmentation.zarr", "tables")
        for p in (out / folder).rglob("*")
        if p.is_file()
    ]
    assert files
    return {str(p.relative_to(out)): p.read_bytes() for p in files}


def test_cells_are_the_class_and_all_that_lies_in_it(measured):
    cells = objects(measured, "cells")

    assert cells.dtype == np.uint32
    first = np.zeros((6, 16, 18), bool)
    first[1:5, 1:9, 1:9] = True  # organelles and the hole too
    np.testing.assert_array_equal(cells == 2, first)
    second = np.zeros((6, 16, 18), bool)
    second[0:3, 11:16, 12:18] = True
    np.testing.assert_array_equal(cells == 1, second)  # its first voxel comes first


def test_a_granule_covers_its_core_and_the_core_is_a_part(measured):
    organelles, parts = objects(measured, "organelles"), objects(measured, "parts")
    granule = np.zeros((6, 16, 18), bool)
    granule[2:4, 3:6, 3:6] = True

    (number,) = np.unique(organelles[granule])
    np.testing.assert_array_equal(organelles == number, granule)
    assert np.argwhere(parts).tolist() == [[3, 4, 4]]


def test_a_finished_measurement_is_left_alone(measured, source_of, plain):
    before = bytes_of(measured)

    assert is_measured(measured)
    assert run(source_of(tissue(), measured), plain()) == []
    assert bytes_of(measured) == before


def test_blocks_do_not_change_a_byte_of_the_tables(
    measured, tmp_path, source_of, plain
):
    run(source_of(tissue(), tmp_path), plain(block=(3, 7, 8)))

    for name in ("cells", "organelles", "classes", "contacts"):
        path = f"tables/{name}.csv"
        assert (tmp_path / path).read_bytes() == (measured / path).read_bytes()
    for name in ("cells", "organelles", "parts"):
        np.testing.assert_array_equal(objects(tmp_path, name), objects(measured, name))


def test_what_a_kill_at_the_very_end_leaves_is_dropped(
    tmp_path, source_of, plain, monkeypatch
):
    source = source_of(tissue(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(measure, "remove", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(source, plain())
    assert is_measured(tmp_path)

    run(source, plain())

    assert [p.name for p in (tmp_path / "blocks" / "measure").iterdir()] == ["finished"]


def stopped(_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("stage", ["number", "join", "write"])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    stage, tmp_path, source_of, plain, monkeypatch
):
    config = plain(block=(3, 16, 18))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    run(source_of(tissue(), tmp_path / "a"), config)
    source = source_of(tissue(), tmp_path / "b")
    whole = BLOCK_STAGES[stage]

    def broken(job, number):
        if number == 1:
            raise ValueError("a worker fell over")
        whole(job, number)

    with monkeypatch.context() as patch:
        patch.setitem(BLOCK_STAGES, stage, broken)
        with pytest.raises(BlocksFailedError, match="a worker fell over"):
            run(source, config)
    assert not is_measured(tmp_path / "b")
    done = {n for step in measure_objects(source, config) for n in [step.done] if n}

    assert done
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_other_settings_are_refused(measured, source_of, plain):
    with pytest.raises(OutputError, match=r"with objects\.fill_holes True, .*--over"):
        run(source_of(tissue(), measured), plain(fill_holes=False))


def test_of_other_classes_the_first_thing_that_differs_is_told(
    measured, source_of, plain
):
    classes = dict(ClassScheme.platelet().classes)
    classes[3] = classes[3].model_copy(update={"name": "vesicle"})
    other = source_of(tissue(), measured, scheme=ClassScheme(classes=classes))

    with pytest.raises(
        OutputError,
        match=r"with classes\.classes\.3\.name alpha granule, now asked for vesicle; ",
    ):
        run(other, plain())


def test_other_labels_are_refused(measured, source_of, plain):
    labels = tissue()
    labels[0, 0, 0] = 1
    before = np.load(measured / "labels.npy")

    with pytest.raises(OutputError, match="was begun with fingerprint"):
        run(source_of(labels, measured), plain())

    np.save(measured / "labels.npy", before)


def test_foreign_objects_are_not_replaced_unasked(tmp_path, source_of, plain):
    """Also not where they have another shape than the labels."""
    create_ome_zarr(
        tmp_path / "segmentation.zarr" / "labels" / "cells",
        shape=(2, 3, 4),
        dtype=np.uint32,
        spacing_nm=(40, 10, 10),
        kind="label",
    )
    source = source_of(tissue(), tmp_path)

    with pytest.raises(OutputError, match=r"no objects\.yaml says how it was made"):
        run(source, plain())

    drop_objects(tmp_path)
    run(source, plain())
    assert objects(tmp_path, "cells").shape == (6, 16, 18)


def test_a_class_without_a_voxel_has_no_objects(tmp_path, source_of, plain):
    run(source_of(np.zeros((3, 5, 7), np.uint8), tmp_path), plain())

    assert table(tmp_path, "cells") == table(tmp_path, "organelles") == []
    rows = table(tmp_path, "classes")
    assert [r["objects"] for r in rows] == ["", "0", "0", "0", "0", "0", "0"]
    assert not objects(tmp_path, "cells").any()


def test_one_object_fills_the_whole_volume(tmp_path, source_of, plain):
    run(source_of(np.ones((4, 6, 8), np.uint8), tmp_path), plain(block=(2, 3, 4)))

    (cell,) = table(tmp_path, "cells")
    assert int(cell["voxels"]) == 4 * 6 * 8
    assert cell["touches_border"] == "true"
    assert float(cell["surface_um2"]) > 0


def test_one_slice_is_measured_in_its_plane(tmp_path, source_of, plain):
    run(source_of(tissue()[2:3], tmp_path), plain())

    touching = {r["cell_id"]: r["touches_border"] for r in table(tmp_path, "cells")}
    assert touching == {"1": "false", "2": "true"}
    assert int(table(tmp_path, "cells")[0]["voxels"]) == 64  # with its hole


def test_a_scheme_without_cells_gives_organelles_only(tmp_path, source_of, plain):
    scheme = ClassScheme(
        classes={
            0: {"name": "else", "colour": (0, 0, 0), "role": "background"},
            3: {"name": "mito", "colour": (9, 9, 9), "role": "organelle"},
        }
    )
    labels = np.where(tissue() == 3, 3, 0).astype(np.uint8)

    run(source_of(labels, tmp_path, scheme=scheme), plain())

    assert len(table(tmp_path, "organelles")) == 2
    assert not (tmp_path / "tables" / "cells.csv").exists()
    assert not (tmp_path / "segmentation.zarr" / "labels" / "cells").exists()


def test_classes_of_one_column_get_two(tmp_path, source_of, plain):
    colour, of = (9, 9, 9), {"role": "organelle", "parent": "cell"}
    scheme = ClassScheme(
        classes={
            0: {"name": "else", "colour": colour, "role": "background"},
            1: {"name": "cell", "colour": colour, "role": "cell"},
            2: {"name": "DA+ vesicle", "colour": colour, **of},
            3: {"name": "DA- vesicle", "colour": colour, **of},
        }
    )
    labels = np.where(tissue() > 0, 1, 0).astype(np.uint8)
    labels[2, 3, 3], labels[2, 5, 3], labels[2, 5, 5] = 2, 3, 3

    run(source_of(labels, tmp_path, scheme=scheme), plain())

    (cell,) = [
        row for row in table(tmp_path, "cells") if int(row["DA_vesicle_class_2_count"])
    ]
    assert cell["DA_vesicle_class_2_count"] == "1"
    assert cell["DA_vesicle_class_3_count"] == "2"
    assert "DA_vesicle_count" not in cell


def test_a_scheme_without_cells_and_organelles_is_refused(tmp_path, source_of, plain):
    scheme = ClassScheme.from_ids([0, 1, 2])

    with pytest.raises(ConfigError, match=r"'class 2'.* has the role cell or organ"):
        run(source_of(tissue(), tmp_path, scheme=scheme), plain())
    assert not (tmp_path / "objects.yaml").exists()


def test_labels_outside_the_scheme_are_named(tmp_path, source_of, plain):
    labels = tissue()
    labels[0, 0, 0] = 9

    with pytest.raises(BlocksFailedError, match=r"label ids \[9\] are not in the clas"):
        run(source_of(labels, tmp_path), plain())


def test_very_many_objects_get_wider_ids(tmp_path, source_of, plain, monkeypatch):
    monkeypatch.setattr("densecell.objects.blocks.stage_4_write.MOST_UINT32", 1)

    run(source_of(tissue(), tmp_path), plain())

    assert objects(tmp_path, "cells").dtype == np.uint64
    assert objects(tmp_path, "parts").dtype == np.uint32
    assert set(np.unique(objects(tmp_path, "cells"))) == {0, 1, 2}


def test_specks_are_dropped_and_counted(tmp_path, source_of, plain):
    least = {"split": False, "min_volume_um3": 2.5 * UM3}

    run(source_of(tissue(), tmp_path), plain(organelles=least))

    rows = {r["class"]: r for r in table(tmp_path, "classes")}
    assert rows["alpha granule"]["dropped_too_small"] == "2"
    assert rows["mitochondrion"]["objects"] == "1"
    assert rows["dense granule core"]["objects"] == "1"  # of any size


def test_ignored_voxels_are_of_no_object(tmp_path, source_of, plain):
    labels = tissue()
    labels[:, :, 10:] = 255

    run(source_of(labels, tmp_path), plain())

    assert len(table(tmp_path, "cells")) == 1
    known = sum(int(r["voxels"]) for r in table(tmp_path, "classes"))
    assert known == (labels != 255).sum()


def test_parquet_holds_the_same_rows(measured):
    parquet = pytest.importorskip("pyarrow.parquet")

    rows = parquet.read_table(measured / "tables" / "cells.parquet").to_pylist()

    assert [r["cell_id"] for r in rows] == [1, 2]
    assert rows[1]["voxels"] == 256
    assert rows[1]["confidence"] is None


def test_members_give_a_range(tmp_path, source_of, plain):
    source = source_of(tissue(), tmp_path)
    second = tissue()
    second[1, 13, 14] = 1  # one alpha granule less
    second[2, 7, 2:5] = 1  # no mitochondrion
    paths = {}
    for name, labels in (("member_00", tissue()), ("member_01", second)):
        np.save(tmp_path / f"{name}.npy", labels)
        paths[name] = f"{name}.npy"

    run(source._replace(members=paths), plain(block=(3, 16, 9)))

    border, whole = table(tmp_path, "cells")
    assert (border["alpha_granule_count_min"], border["alpha_granule_count_max"]) == (
        "1",
        "2",
    )
    assert whole["mitochondrion_count_min"] == "0"
    low = float(border["alpha_granule_volume_fraction_min"])
    assert low == pytest.approx(1 / 90)
    rows = {r["class"]: r for r in table(tmp_path, "classes")}
    assert float(rows["alpha granule"]["objects_min"]) == 1
    assert float(rows["alpha granule"]["objects_max"]) == 2
    assert float(rows["cell"]["objects_min"]) == 2
    assert float(rows["mitochondrion"]["volume_fraction_min"]) == 0


def test_other_programs_open_the_store_with_named_objects(measured):
    store = measured / "segmentation.zarr"

    yaozarrs.validate_zarr_store(store)
    path = store / "labels" / "organelles" / "zarr.json"
    label = json.loads(path.read_text())["attributes"]["ome"]["image-label"]
    names = {p["label-value"]: p["name"] for p in label["properties"]}
    assert len(names) > 1
    assert names[0] == "background"
    assert all(str(number) in name for number, name in names.items() if number)
    assert label["source"] == {"image": "../../"}


def test_pyramids_are_made(measured):
    assert open_volume(measured / "segmentation.zarr" / "labels" / "cells").shape
    text = (
        measured / "segmentation.zarr" / "labels" / "cells" / "zarr.json"
    ).read_text()
    assert json.loads(text)["attributes"]["ome"]["multiscales"]
