import io
import os
import socket
import urllib.error
import urllib.request
import zlib

import numpy as np
import pytest

from densecell.errors import ServerError
from densecell.surfaces import precomputed
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume

pytest.importorskip("neuroglancer", reason="needs neuroglancer")

from densecell.viewer.server import Server


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    """Folder with a file, beside a file that is nobody's business."""
    (tmp_path / "open" / "part").mkdir(parents=True)
    (tmp_path / "open" / "part" / "data").write_bytes(bytes(range(100)))
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "open" / "link").symlink_to(tmp_path / "secret")
    return tmp_path / "open"


def get(url, **headers):
    """Status and content; `path_as_is` paths are sent as they are written."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def served(server, folder):
    return server.meshes(folder).removeprefix("precomputed://")


def test_files_of_a_folder_are_served_also_in_part(server, folder):
    url = served(server, folder)

    assert get(f"{url}/part/data") == (200, bytes(range(100)))
    assert get(f"{url}/part/data", Range="bytes=-10")[1] == bytes(range(90, 100))
    assert get(f"{url}/part/data", Range="bytes=5-7") == (206, bytes([5, 6, 7]))


def test_manifests_are_found_where_names_have_no_colons(server, folder, monkeypatch):
    monkeypatch.setattr(precomputed, "COLON", "_")
    (folder / "7_0").write_bytes(b"{}")

    assert get(f"{served(server, folder)}/7:0") == (200, b"{}")


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "part/../../secret",
        "//{root}/secret",
        "%2f{root}/secret",
        "link",
        "part",
        "part/absent",
        "part/data%00",
    ],
)
def test_nothing_outside_the_folder_is_served(server, folder, path):
    status, content = get(f"{served(server, folder)}/{path.format(root=folder.parent)}")

    assert status in (403, 404)
    assert content == b""


def test_nothing_is_served_without_the_secret(server, folder):
    url = served(server, folder)
    secret = server.address.split("/")[4]
    assert len(secret) == 40
    assert secret in url

    for address in (server.address, f"{url}/part/data"):
        assert get(address)[0] == 200
        assert get(address.replace(secret, "0" * 40))[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "0.0.0.0", ""]
)
def test_another_sites_name_that_points_here_is_refused(server, folder, host):
    for address in (server.address, f"{served(server, folder)}/part/data"):
        assert get(address, Host=host)[0] in (400, 403)


def test_this_machines_names_are_served(server, folder):
    port = server.address.split("/")[2].split(":")[1]

    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "LOCALHOST"):
        assert get(f"{served(server, folder)}/part/data", Host=host)[0] == 200


def test_only_this_machine_can_connect(server):
    port = int(server.address.split("/")[2].split(":")[1])
    mine = {a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None)}

    for address in mine - {"127.0.0.1", "::1"}:
        with pytest.raises(OSError):  # noqa: PT011, one of several
            socket.create_connection((address, port), timeout=5).close()


def test_zarr_is_served_as_files_and_all_else_voxel_by_voxel(server, finished):
    zarr = server.volume(open_ome_zarr(finished / "image.zarr"), "image")
    drawn = ArrayVolume(np.zeros((2, 3, 4), np.uint8), spacing_nm=(40, 10, 10))
    other = server.volume(drawn, "label")

    assert zarr.url.startswith("zarr3://http://127.0.0.1:")
    assert zarr.centred
    assert other.url.startswith("python://volume/")
    assert not other.centred


def test_voxels_of_other_formats_are_read_in_pieces(server, tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", array)
    volume = open_volume(tmp_path / "a.npy", spacing_nm=(40, 10, 10))
    key = server.volume(volume, "image").url.removeprefix("python://volume/")
    base = server.address.split("/v/")[0]

    status, content = get(f"{base}/neuroglancer/npz/{key}/1,1,1/0,1,1/2,3,3")

    assert status == 200
    found = np.load(io.BytesIO(zlib.decompress(content)))
    np.testing.assert_array_equal(found, array[0:2, 1:3, 1:3])


def test_a_port_in_use_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ServerError, match=f"port {port} is in use.*--port"):
            Server(port)

    with Server(port) as server:  # nothing is left of the attempt
        assert f":{port}/" in server.address


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every port")
def test_a_port_that_may_not_be_used_is_said():
    with pytest.raises(ServerError, match="port 1 cannot be used"):
        Server(1)
