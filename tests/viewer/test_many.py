"""20,000 cells with an organelle in each: what a browser is told of them, and given."""

import csv
import json
import shutil
import urllib.request

import pytest

from densecell.surfaces.precomputed import write_precomputed_info
from densecell.viewer import Published, open_contents, viewer_state

pytest.importorskip("neuroglancer", reason="needs neuroglancer")

from densecell.viewer.server import Server

COUNT = 20_000
KINDS = ("mitochondrion", "alpha granule")
PRIME = 20_011  # so that sizes differ, and do not follow the ids


def voxels_of(number):
    return number * 7919 % PRIME


def rewrite(table, *, count, **by_number):
    """Repeat a table's first row under as many ids, with these fields put over."""
    with table.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        for n in range(1, count + 1):
            writer.writerow(row | {name: of(n) for name, of in by_number.items()})


def fill(result, *, organelles):
    """Add 20,000 cells and as many organelles to tables and surfaces of a result."""
    sizes = {"voxels": voxels_of, "volume_um3": lambda n: voxels_of(n) / 1000}
    rewrite(
        result / "tables" / "cells.csv",
        count=COUNT,
        cell_id=int,
        touches_border=lambda n: str(n % 2 == 0).lower(),
        centroid_x_nm=lambda n: 10 * n,
        **sizes,
    )
    rewrite(
        result / "tables" / "organelles.csv",
        count=organelles,
        organelle_id=int,
        **{"cell_id": int, "class": lambda n: KINDS[n % 2], **sizes},
    )
    names = {n: "cell" for n in range(1, COUNT + 1)}
    write_precomputed_info(result / "meshes" / "precomputed" / "cells", names)


@pytest.fixture(scope="module")
def shown(finished, tmp_path_factory):
    """State of a view of 20,000 cells, while it is served; in voxels there are two."""
    result = tmp_path_factory.mktemp("many") / "result"
    shutil.copytree(finished / "result", result)
    fill(result, organelles=COUNT)
    with Server() as server:
        yield viewer_state([open_contents(result)], None, server)


def layer_of(state, name):
    (found,) = (layer for layer in state["layers"] if layer["name"] == name)
    return found


def fetched(url):
    with urllib.request.urlopen(url.removeprefix("precomputed://"), timeout=60) as got:
        return json.load(got)


def test_surfaces_of_the_largest_thousand_are_drawn_at_first(shown):
    largest = sorted(range(1, COUNT + 1), key=voxels_of, reverse=True)[:1000]

    assert layer_of(shown, "cells")["segments"] == [str(n) for n in largest]


def test_the_view_begins_in_the_largest_cell_that_is_whole(shown):
    whole = max(range(1, COUNT + 1, 2), key=voxels_of)

    assert shown["position"][0] == pytest.approx(whole)  # voxels of 10 nm


def test_every_organelle_has_the_colour_of_its_class(shown):
    colours = layer_of(shown, "organelles")["segmentColors"]

    assert len(colours) == COUNT
    assert (colours["7"], colours["8"]) == ("#4c73e9", "#e74ce8")
    assert len(json.dumps(shown)) < 1_000_000  # is sent at each start


def test_of_more_organelles_none_is_coloured_by_itself(copied):
    result = copied / "result"
    fill(result, organelles=COUNT + 1)
    published = Published("http://127.0.0.1:8000", [result])

    state = viewer_state([open_contents(result)], None, published)

    assert layer_of(state, "organelles")["segmentColors"] == {}
    assert len(json.dumps(state)) < 100_000


def test_names_and_volumes_of_all_cells_are_listed(shown):
    ids, _, names = layer_of(shown, "cells")["source"]
    assert ids["url"].startswith("zarr3://")

    document = fetched(f"{names['url']}/info")["inline"]

    labels, volumes = document["properties"]
    assert document["ids"] == [str(n) for n in range(1, COUNT + 1)]
    assert labels["values"][-1] == f"cell {COUNT}"
    assert volumes["values"] == [voxels_of(n) / 1000 for n in range(1, COUNT + 1)]


def test_the_folder_of_surfaces_names_all_cells(shown):
    _, meshes, _ = layer_of(shown, "cells")["source"]

    about = fetched(f"{meshes['url']}/info")
    listed = fetched(f"{meshes['url']}/{about['segment_properties']}/info")["inline"]

    assert about["@type"] == "neuroglancer_legacy_mesh"
    assert listed["ids"] == [str(n) for n in range(1, COUNT + 1)]
    assert listed["properties"][0]["values"] == ["cell"] * COUNT
    assert fetched(f"{meshes['url']}/1:0") == {"fragments": ["1.mesh"]}
