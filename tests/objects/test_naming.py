import json
import shutil

import pytest

from densecell.objects.naming import name_stores, show_store


def ome(group):
    return json.loads((group / "zarr.json").read_text())["attributes"]["ome"]


@pytest.fixture
def copied(measured, tmp_path):
    """Copy of the measured tissue, to be changed."""
    return shutil.copytree(measured, tmp_path / "out")


def test_names_and_cells_are_those_of_the_tables(copied):
    name_stores(copied, ["organelles"])

    label = ome(copied / "segmentation.zarr" / "labels" / "organelles")["image-label"]
    named = {p["name"].rpartition(" ")[0] for p in label["properties"]}
    assert "mitochondrion" in named
    assert {p.get("cell") for p in label["properties"]} - {None}


def test_without_confidence_the_ids_are_the_image(copied):
    show_store(copied, ["cells"])

    image = ome(copied / "segmentation.zarr")["multiscales"][0]
    assert image["datasets"][0]["path"] == "labels/cells/0"
