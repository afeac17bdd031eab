import json

import numpy as np
import pytest
import yaozarrs

from densecell.errors import VolumeError
from densecell.volume import (
    Layout,
    NamedObject,
    build_pyramid,
    create_ome_zarr,
    name_objects,
    open_volume,
    read_scheme,
    show_as_image,
)

OPTIONS = {"shape": (3, 300, 40), "dtype": np.uint8, "spacing_nm": (50, 4, 5)}
VESSEL = NamedObject(1, "vessel", (200, 30, 30))
VESICLES = [NamedObject(i, "vesicle", (30, 30, 200), cell=1) for i in (2, 7)]


@pytest.fixture
def store(tmp_path):
    """A store of an image of two levels, and labels."""
    store = tmp_path / "a.zarr"
    create_ome_zarr(store / "grey", kind="image", **OPTIONS)
    build_pyramid(store / "grey", kind="image")
    show_as_image(store, "grey")
    create_ome_zarr(store / "labels" / "cells", kind="label", **OPTIONS)
    return store


def ome(group):
    return json.loads((group / "zarr.json").read_text())["attributes"]["ome"]


def test_a_store_is_the_image_in_it_with_labels(store):
    name_objects(store / "labels" / "cells", [VESSEL, *VESICLES])
    build_pyramid(store / "labels" / "cells", kind="label")

    yaozarrs.validate_zarr_store(store)
    image = ome(store)["multiscales"][0]
    assert [level["path"] for level in image["datasets"]] == ["grey/0", "grey/1"]
    label = ome(store / "labels" / "cells")["image-label"]
    assert label["source"] == {"image": "../../"}
    assert label["properties"][2] == {
        "label-value": 2,
        "name": "vesicle 2",
        "class": "vesicle",
        "cell": 1,
    }


def test_objects_of_a_class_have_shades_of_its_colour(store):
    cells = store / "labels" / "cells"

    name_objects(cells, [VESSEL, *VESICLES])

    colours = ome(cells)["image-label"]["colors"]
    assert colours[0] == {"label-value": 0, "rgba": [0, 0, 0, 0]}
    (r, _, b, a), (r2, _, b2, _) = (colours[i]["rgba"] for i in (2, 3))
    assert b > r
    assert b2 > r2
    assert (r, b) != (r2, b2)
    assert a == 255


def test_names_of_objects_are_not_taken_for_classes(store):
    name_objects(store / "labels" / "cells", [VESSEL, *VESICLES])

    assert read_scheme(store / "labels" / "cells") is None


def test_names_of_very_many_objects_stay_in_the_tables(store, monkeypatch):
    monkeypatch.setattr("densecell.volume.ome_zarr.whole.MOST_NAMED", 2)

    name_objects(store / "labels" / "cells", [VESSEL, *VESICLES])

    label = ome(store / "labels" / "cells")["image-label"]
    assert label == {"source": {"image": "../../"}}


def test_which_of_several_images_is_meant_must_be_said(store):
    with pytest.raises(VolumeError, match=r"open one of them, such as .*grey"):
        open_volume(store)


def test_only_an_image_of_the_newer_version_can_be_shown(tmp_path):
    store = tmp_path / "a.zarr"
    layout = Layout(version="0.4")
    create_ome_zarr(store / "grey", kind="image", layout=layout, **OPTIONS)

    with pytest.raises(VolumeError, match=r"expected an image of OME-Zarr 0\.5"):
        show_as_image(store, "grey")


def test_damaged_metadata_are_a_sentence(tmp_path):
    store = tmp_path / "a.zarr"
    store.mkdir()
    (store / "zarr.json").write_text("\0{}")

    with pytest.raises(VolumeError, match=r"a\.zarr: cannot be read as OME-Zarr"):
        show_as_image(store, "confidence")
