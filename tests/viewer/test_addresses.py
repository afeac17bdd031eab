import numpy as np
import pytest

from densecell.viewer import Published
from densecell.volume import ArrayVolume, create_ome_zarr

BASE = "http://host"


@pytest.fixture
def published(tmp_path):
    results = [tmp_path / "data" / name for name in ("a b", "c")]
    for result in results:
        result.mkdir(parents=True)
    return Published(BASE, results)


def stored(path):
    return create_ome_zarr(
        path, shape=(2, 3, 4), dtype=np.uint8, spacing_nm=(40, 10, 10), kind="label"
    )


def test_files_in_the_folder_of_all_results_have_an_address(published, tmp_path):
    volume = stored(tmp_path / "data" / "a b" / "x.zarr")

    place = published.volume(volume, "label")

    assert published.folder == (tmp_path / "data").resolve()
    assert place == (f"zarr3://{BASE}/a%20b/x.zarr", True)
    meshes = published.meshes(tmp_path / "data" / "c" / "meshes")
    assert meshes == f"precomputed://{BASE}/c/meshes"
    assert published.left_out == []


def test_all_else_has_none_and_is_named(published, tmp_path):
    outside = stored(tmp_path / "x.zarr")
    array = ArrayVolume(np.zeros((2, 3, 4), np.uint8))

    assert published.volume(outside, "label") is None
    assert published.volume(array, "label") is None
    assert published.meshes(tmp_path / "meshes") is None
    assert published.names({}) is None
    assert published.left_out == [outside.path, array.path]
