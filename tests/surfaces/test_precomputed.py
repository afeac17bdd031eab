import json

import numpy as np
import pytest

from densecell.surfaces import precomputed, surface_of
from densecell.surfaces.files import to_xyz
from densecell.surfaces.precomputed import write_precomputed, write_precomputed_info


@pytest.fixture(scope="module")
def slab():
    return surface_of(np.ones((2, 3, 5), bool), spacing_nm=(40, 10, 5))


def test_where_names_have_no_colons_a_manifest_does_without(
    slab, tmp_path, monkeypatch
):
    monkeypatch.setattr(precomputed, "COLON", "_")

    write_precomputed(tmp_path, 7, slab)

    assert sorted(p.name for p in tmp_path.iterdir()) == ["7.mesh", "7_0"]


def test_neuroglancer_finds_manifest_fragment_and_names(slab, tmp_path):
    write_precomputed(tmp_path, 7, slab)
    write_precomputed_info(tmp_path, {7: "cell"})

    info = json.loads((tmp_path / "info").read_text())
    assert info["@type"] == "neuroglancer_legacy_mesh"
    names = json.loads((tmp_path / info["segment_properties"] / "info").read_text())
    assert names["inline"]["ids"] == ["7"]
    assert names["inline"]["properties"][0]["values"] == ["cell"]
    (fragment,) = json.loads((tmp_path / "7:0").read_text())["fragments"]
    raw = (tmp_path / fragment).read_bytes()
    count = int.from_bytes(raw[:4], "little")
    points = np.frombuffer(raw, "<f4", 3 * count, 4).reshape(-1, 3)
    faces = np.frombuffer(raw, "<u4", offset=4 + 12 * count).reshape(-1, 3)
    xyz = to_xyz(slab)
    np.testing.assert_array_equal(points, xyz.points)
    np.testing.assert_array_equal(faces, xyz.faces)
