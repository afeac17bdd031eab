import shutil

import numpy as np
import pytest
from tissue import objects, table

from densecell.checksums import find_changes
from densecell.claim import claimed
from densecell.config import MeshConfig
from densecell.edits import (
    delete,
    grow_into,
    merge,
    read_journal,
    reclassify,
    split,
    undo,
    voxels,
)
from densecell.errors import OutputError, VolumeError
from densecell.result import has_meshes
from densecell.surfaces import mesh_result
from densecell.volume import build_pyramid


def rows(out, layer="organelles"):
    if layer == "cells":
        return {int(row["cell_id"]): row for row in table(out, "cells")}
    return {
        int(row["organelle_id"]): row
        for row in table(out, "organelles")
        if row["layer"] == layer
    }


def named(out, name):
    """Ids of the organelles of a class."""
    return [n for n, row in rows(out).items() if row["class"] == name]


def test_a_merged_object_keeps_the_lowest_id(result):
    before = rows(result)
    first, second, _ = named(result, "mitochondrion")

    edit = merge(result, "organelles", [second, first], why="one body")

    after, ids = rows(result), objects(result, "organelles")
    assert (edit.kind, edit.ids, edit.why) == ("merge", (first, second), "one body")
    assert second not in after
    assert (ids == second).sum() == 0
    assert (ids == first).sum() == int(after[first]["voxels"])
    assert int(after[first]["voxels"]) == sum(
        int(before[n]["voxels"]) for n in (first, second)
    )
    assert after[first]["edits"] == "1"


def test_rows_of_other_objects_keep_their_fields(result):
    before = rows(result)
    first, second, third = named(result, "mitochondrion")

    merge(result, "organelles", [first, second])

    after = rows(result)
    near = {"nearest_neighbour_nm"}  # of the class that changed
    for n in before.keys() - {first, second, third}:
        assert after[n] == before[n] | {"edits": "0"}
    different = {k for k, v in before[third].items() if after[third][k] != v}
    assert different <= near


def test_cells_and_classes_follow(result):
    first, second, _ = named(result, "mitochondrion")
    cell = int(rows(result)[first]["cell_id"])
    before = rows(result, "cells")[cell]

    merge(result, "organelles", [first, second])

    after = rows(result, "cells")[cell]
    assert (before["mitochondrion_count"], after["mitochondrion_count"]) == ("2", "1")
    assert (
        after["mitochondrion_volume_fraction"]
        == (before["mitochondrion_volume_fraction"])
    )
    (summary,) = (r for r in table(result, "classes") if r["class"] == "mitochondrion")
    assert (summary["objects"], summary["whole_objects"]) == ("2", "2")


def test_organelles_follow_merged_cells(result):
    inside = [n for n, r in rows(result).items() if r["cell_id"] in ("1", "2")]

    merge(result, "cells", [1, 2])

    assert inside
    assert {rows(result)[n]["cell_id"] for n in inside} == {"1"}
    core = rows(result, "parts")[1]
    assert core["cell_id"] == "1"
    assert rows(result, "cells")[1]["alpha_granule_count"] == "2"


def test_a_body_is_split_at_its_neck(result):
    third = named(result, "mitochondrion")[-1]
    highest = max(rows(result))

    edit = split(result, "organelles", third, [(3, 108, 9), (3, 124, 9)])

    ids = objects(result, "organelles")
    assert edit.made == (highest + 1,)
    assert (ids[2:5, 104:112, 5:13] == third).all()
    assert (ids[2:5, 120:128, 5:13] == highest + 1).all()
    assert (ids[3, 112:120, 8:10] > 0).all()
    row = rows(result)[highest + 1]
    assert (row["class"], row["cell_id"]) == ("mitochondrion", "3")


def test_an_id_is_never_used_again(result):
    third = named(result, "mitochondrion")[-1]
    (made,) = split(result, "organelles", third, [(3, 108, 9), (3, 124, 9)]).made
    delete(result, "organelles", [made])

    again = split(result, "organelles", third, [(3, 105, 9), (3, 110, 9)])

    assert again.made == (made + 1,)


def test_a_class_is_changed(result):
    granule = named(result, "alpha granule")[0]
    before = rows(result)[granule]

    reclassify(result, "organelles", [granule], "mitochondrion")

    after = rows(result)[granule]
    same = {"voxels", "volume_um3", "surface_um2", "centroid_z_nm", "confidence"}
    assert after["class"] == "mitochondrion"
    assert after["class_share"] == ""
    assert {after[name] for name in same} == {before[name] for name in same}
    assert len(named(result, "mitochondrion")) == 4


def test_parts_are_deleted_with_what_holds_them(result):
    (granule,) = named(result, "dense granule")

    edit = delete(result, "organelles", [granule])

    assert edit.changed == (("organelles", granule), ("parts", 1))
    assert rows(result, "parts") == {}
    assert objects(result, "parts").max() == 0
    assert rows(result, "cells")[2]["dense_granule_core_count"] == "0"


def test_what_lies_in_a_deleted_cell_stays(result):
    delete(result, "cells", [1])

    inside = [r for r in rows(result).values() if r["cell_id"] == "0"]
    assert len(inside) == 3
    assert {r["membrane_distance_nm"] for r in inside} == {""}


def test_an_object_grows_over_free_voxels_of_its_cell(result):
    granule = next(
        n for n in named(result, "alpha granule") if rows(result)[n]["cell_id"] == "1"
    )
    box = np.s_[2:4, 24:27, 6:9]
    before = objects(result, "organelles")

    grow_into(result, "organelles", granule, 45, within=["cell"])

    after, cells = objects(result, "organelles"), objects(result, "cells")
    grown = after == granule
    assert (before[box] == granule).all()
    assert grown[1, 24:27, 6:9].all()  # 40 nm above
    assert not grown[0].any()  # outside the cell
    assert (cells[grown] == 1).all()
    assert (after[before > 0] == before[before > 0]).all()


@pytest.mark.parametrize("layer", ["cells", "organelles"])
def test_undoing_gives_the_bytes_before(result, state, layer):
    before = state(result)
    ids = [1, 2] if layer == "cells" else named(result, "mitochondrion")[:2]
    merge(result, layer, ids)
    delete(result, layer, [ids[0]])
    assert state(result) != before

    undo(result)
    undo(result)

    assert state(result) == before
    assert [e.kind for e in read_journal(result)] == ["merge", "delete", "undo", "undo"]
    with pytest.raises(OutputError, match="has no correction to undo"):
        undo(result)


def test_levels_are_those_of_a_whole_pyramid(result, state):
    third = named(result, "mitochondrion")[-1]
    split(result, "organelles", third, [(3, 108, 9), (3, 124, 9)])
    store = result / "segmentation.zarr" / "labels" / "organelles"
    before = {k: v for k, v in state(store).items() if k != "zarr.json"}
    assert any(name.startswith("1/c/") for name in before)

    for level in store.glob("[1-9]"):
        shutil.rmtree(level)
    build_pyramid(store, kind="label")

    after = {k: v for k, v in state(store).items() if k != "zarr.json"}
    assert after == before


def test_checksums_follow(result):
    merge(result, "cells", [1, 2])

    assert [c for c in find_changes(result, "measure", full=True) if c] == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: merge(r, "organelles", [1, 99]), "has no object 99 in organelles"),
        (lambda r: merge(r, "organelles", [1, 1]), "give at least 2 different ids"),
        (lambda r: merge(r, "nuclei", [1, 2]), "has no layer 'nuclei'; it has cells"),
        (
            lambda r: split(r, "cells", 1, [(3, 5, 5)]),
            "1 seeds are given; two or more are needed",
        ),
        (
            lambda r: split(r, "cells", 1, [(3, 5, 5), (3, 5, 25)]),
            r"seed \(3, 5, 25\) is in object 2 of cells",
        ),
        (
            lambda r: split(r, "cells", 1, [(3, 5, 5), (3, 60, 5)]),
            r"seed \(3, 60, 5\) is in no object of cells",
        ),
        (
            lambda r: split(r, "cells", 1, [(3, 5, 5), (8, 5, 5)]),
            r"seed \(8, 5, 5\) is outside the volume of \(8, 300, 40\) voxels",
        ),
        (
            lambda r: reclassify(r, "organelles", [1], "cell"),
            "'cell' is no class of organelles; choose one of mitochondrion",
        ),
        (
            lambda r: grow_into(r, "cells", 1, 50, within=["glia"]),
            "has no class 'glia'; it has background, cell",
        ),
        (lambda r: grow_into(r, "cells", 1, float("inf")), "inf nm is no distance"),
        (lambda r: grow_into(r, "cells", 1, float("nan")), "nan nm is no distance"),
        (lambda r: grow_into(r, "cells", 1, -1), "-1 nm is no distance"),
        (
            lambda r: grow_into(r, "cells", 1, 0),
            "finds no free voxel within 0 nm",
        ),
    ],
)
def test_a_mistake_is_a_sentence_and_changes_nothing(result, state, call, message):
    before = state(result)

    with pytest.raises(OutputError, match=message):
        call(result)

    assert state(result) == before
    assert read_journal(result) == []


def test_an_object_that_was_merged_is_named(result):
    merge(result, "cells", [1, 2])

    with pytest.raises(OutputError, match=r"correction 1 \(merge\) has changed it"):
        delete(result, "cells", [2])


def test_two_people_cannot_correct_at_once(result):
    with claimed(result), pytest.raises(OutputError, match="another densecell works"):
        merge(result, "cells", [1, 2])


def test_a_result_that_is_not_measured_is_refused(result):
    (result / "blocks" / "measure" / "finished").unlink()

    with pytest.raises(VolumeError, match="is not measured to its end"):
        delete(result, "cells", [1])


def test_meshes_are_finished_only_for_their_own_objects(result, state):
    config = MeshConfig(formats=("glb",))
    list(mesh_result(result, config))
    before = state(result)

    merge(result, "cells", [1, 2])
    assert not has_meshes(result)
    undo(result)
    assert state(result) == before
    assert has_meshes(result)

    merge(result, "cells", [1, 2])
    list(mesh_result(result, config, overwrite=True))
    undo(result)
    assert not has_meshes(result)


def test_a_large_object_is_split_on_every_nth_voxel(result, monkeypatch):
    monkeypatch.setattr(voxels, "MOST", 2_000)

    (made,) = split(result, "cells", 3, [(3, 103, 9), (3, 137, 9)]).made

    ids = objects(result, "cells")
    sizes = [(ids == n).sum() for n in (3, made)]
    assert sum(sizes) == 6 * 40 * 36
    assert min(sizes) > 2_000
    with pytest.raises(OutputError, match="are too close"):
        split(result, "cells", 3, [(3, 103, 8), (3, 103, 9)])


def test_an_object_grows_in_a_box_that_fits_into_memory(result, monkeypatch):
    monkeypatch.setattr(voxels, "MOST_GROWN", 1_000)

    with pytest.raises(OutputError, match=r"more than 1,000\. Choose a smaller"):
        grow_into(result, "cells", 1, 50)
