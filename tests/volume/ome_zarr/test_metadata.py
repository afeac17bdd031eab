from pathlib import Path

import pytest

from densecell.errors import VolumeError
from densecell.geometry import Spacing
from densecell.volume.ome_zarr.metadata import (
    image_attributes,
    image_metadata,
    scheme_of,
)

PATH = Path("a.zarr")
SPACINGS = [Spacing(50, 4, 5), Spacing(50, 8, 10), Spacing(100, 16, 20)]


def attributes():
    return image_attributes(name="a", kind="image", spacings_nm=SPACINGS, label={})[
        "ome"
    ]


def test_what_is_written_is_read():
    found = image_metadata(attributes(), PATH)

    assert found.version == "0.5"
    assert found.axes == ("z", "y", "x")
    assert found.paths == ("0", "1", "2")
    assert [found.spacing_nm(level) for level in range(3)] == SPACINGS


def test_coarser_levels_begin_half_a_voxel_later():
    datasets = attributes()["multiscales"][0]["datasets"]

    shifts = [d["coordinateTransformations"][1:] for d in datasets]
    assert shifts == [
        [],
        [{"type": "translation", "translation": [0, 2, 2.5]}],
        [{"type": "translation", "translation": [25, 6, 7.5]}],
    ]


def test_a_given_voxel_size_is_scaled_to_the_level():
    assert image_metadata(attributes(), PATH).coarser((10, 1, 1), 2) == (20, 4, 4)


def test_without_a_scale_nothing_is_known():
    broken = attributes()
    for dataset in broken["multiscales"][0]["datasets"]:
        del dataset["coordinateTransformations"]

    found = image_metadata(broken, PATH)

    assert found.spacing_nm(1) is None
    assert found.coarser((10, 1, 1), 1) == (10, 1, 1)


def test_a_scale_of_nought_is_as_good_as_none():
    broken = attributes()
    finest = broken["multiscales"][0]["datasets"][0]
    finest["coordinateTransformations"][0]["scale"][0] = 0

    assert image_metadata(broken, PATH).coarser((10, 1, 1), 1) == (10, 1, 1)


def test_empty_multiscales_are_refused():
    with pytest.raises(
        VolumeError, match=r"a\.zarr: its `multiscales` metadata is empty"
    ):
        image_metadata({"multiscales": []}, PATH)


def test_other_versions_are_refused():
    old = {"multiscales": [{"version": "0.1"}]}
    with pytest.raises(VolumeError, match=r"is OME-Zarr 0\.1; expected 0\.4 or 0\.5"):
        image_metadata(old, PATH)


@pytest.mark.parametrize("key", ["axes", "datasets"])
def test_lacking_parts_are_named(key):
    broken = attributes()
    del broken["multiscales"][0][key]
    with pytest.raises(
        VolumeError, match=rf"metadata lacks or misspells '{key}'; save"
    ):
        image_metadata(broken, PATH)


def test_no_levels_are_refused():
    broken = attributes()
    broken["multiscales"][0]["datasets"] = []
    with pytest.raises(VolumeError, match="lacks or misspells 'datasets'"):
        image_metadata(broken, PATH)


def test_names_without_colours_become_grey():
    properties = [{"label-value": i, "name": f"n{i}"} for i in (0, 3)]

    scheme = scheme_of({"image-label": {"properties": properties}})

    assert scheme is not None
    assert scheme.names == ("n0", "n3")
    assert scheme.classes[3].colour == (128, 128, 128)
    assert scheme.classes[3].role == "other"
