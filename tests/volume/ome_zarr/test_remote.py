import pickle
import sys

import numpy as np
import pytest
import zarr

from densecell.address import Url
from densecell.errors import MissingExtraError, MissingVolumeError, VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, convert, fingerprint, open_volume

SPACING = (50, 4, 5)
SHAPE = (5, 150, 300)
ARRAY = np.random.default_rng(0).integers(0, 2**16, SHAPE).astype(np.uint16)


@pytest.fixture(params=["0.4", "0.5"])
def version(request):
    return request.param


@pytest.fixture
def store(server, version):
    local = ArrayVolume(ARRAY, spacing_nm=SPACING)
    convert(local, server.folder / "a.zarr", ome_version=version)
    return server.folder / "a.zarr"


def test_a_store_on_a_web_server_is_read_in_place(server, store, version):
    volume = open_volume(f"{server.url}/a.zarr")

    assert volume.path == Url(f"{server.url}/a.zarr")
    assert volume.format == f"OME-Zarr {version}"
    assert volume.spacing_nm == SPACING
    box = Box((1, 100, 120), (4, 140, 290))
    np.testing.assert_array_equal(volume.read(box), ARRAY[box.slices])
    assert fingerprint(volume) == fingerprint(open_volume(store))


def test_levels_are_read_in_place_too(server, store):
    level = open_volume(f"{server.url}/a.zarr", level=1)

    assert level.shape == (5, 75, 150)
    assert level.spacing_nm == (50, 8, 10)


def test_neighbouring_boxes_ask_the_server_once(server, store):
    volume = open_volume(f"{server.url}/a.zarr")
    volume.read(Box((0, 0, 0), (2, 10, 10)))
    asked = len(server.asked)

    np.testing.assert_array_equal(
        volume.read(Box((2, 5, 5), (5, 20, 20))), ARRAY[2:5, 5:20, 5:20]
    )

    assert asked > 0
    assert len(server.asked) == asked


def test_chunks_that_were_never_written_are_zero(server):
    zarr.create_array(
        server.folder / "bare.zarr", shape=(2, 3, 4), dtype="u1", chunks=(1, 3, 4)
    )

    volume = open_volume(f"{server.url}/bare.zarr", spacing_nm=SPACING)

    assert not volume.read(Box.whole((2, 3, 4))).any()


def test_a_volume_on_a_server_goes_to_other_processes(server, store):
    copy = pickle.loads(pickle.dumps(open_volume(f"{server.url}/a.zarr")))

    np.testing.assert_array_equal(copy.read(Box.whole(SHAPE)), ARRAY)


def test_s3_is_read_in_place_without_credentials(s3, store):
    volume = open_volume(f"{s3}/a.zarr")

    assert str(volume.path) == f"{s3}/a.zarr"
    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), ARRAY)


@pytest.fixture
def private(s3, server, store):
    """Address of a store that one key may read."""
    server.private.append("a.zarr")
    return f"{s3}/a.zarr"


def test_a_private_store_without_credentials_asks_for_them(private):
    with pytest.raises(
        VolumeError,
        match=r"a\.zarr: is not public, and no credentials were found; set AWS_PROFILE",
    ):
        open_volume(private)


def test_a_private_store_is_read_with_a_key_of_the_environment(
    private, server, monkeypatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    volume = open_volume(private)

    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), ARRAY)
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(Box.whole(SHAPE)), ARRAY)


def test_a_private_store_is_read_with_the_key_of_a_profile(
    private, server, monkeypatch, tmp_path
):
    keys = f"aws_access_key_id = {server.key}\naws_secret_access_key = secret\n"
    (tmp_path / "keys").write_text(f"[lab]\n{keys}", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("AWS_PROFILE", "lab")

    volume = open_volume(private)

    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), ARRAY)


def test_a_private_store_is_refused_to_another_key(private, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    with pytest.raises(
        VolumeError,
        match=r"the server refuses to show it \(.*\); your credentials may not read it",
    ):
        open_volume(private)


def test_public_data_are_read_whatever_the_key(s3, server, store, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")  # old, of another place
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    volume = open_volume(f"{s3}/a.zarr")

    np.testing.assert_array_equal(volume.read(Box.whole(SHAPE)), ARRAY)


def test_a_bucket_without_the_store_is_said_to_be_without(s3, store):
    with pytest.raises(MissingVolumeError, match=r"b\.zarr: no OME-Zarr is there; ex"):
        open_volume(f"{s3}/b.zarr")


def test_a_server_without_the_store_is_said_to_be_without(server, store):
    with pytest.raises(MissingVolumeError, match=r"b\.zarr: no OME-Zarr is there; ex"):
        open_volume(f"{server.url}/b.zarr")


def test_a_forbidden_store_is_said_to_be_forbidden(server, store):
    server.refused.append("a.zarr")

    with pytest.raises(VolumeError, match=r"the server refuses to show it .*403"):
        open_volume(f"{server.url}/a.zarr")


def test_a_server_that_is_not_there_is_said_to_be_unreachable():
    with pytest.raises(VolumeError, match=r"cannot be read from the server .*; check "):
        open_volume("http://127.0.0.1:9/a.zarr")


def test_a_server_that_is_gone_while_reading_is_no_zero(server, store):
    volume = open_volume(f"{server.url}/a.zarr")
    server.refused.append("a.zarr")

    with pytest.raises(VolumeError, match=r"the server refuses to show it"):
        volume.read(Box.whole(SHAPE))


def test_a_group_of_images_on_a_server_asks_for_one(server, store):
    zarr.create_group(store.parent / "group.zarr")

    with pytest.raises(VolumeError, match="has no `multiscales` metadata; expected an"):
        open_volume(f"{server.url}/group.zarr")


def test_the_missing_extra_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)

    with pytest.raises(
        MissingExtraError,
        match=r"^volumes on servers need s3fs, .* pip install 'densecell\[formats\]'$",
    ):
        open_volume("s3://bucket/a.zarr")
