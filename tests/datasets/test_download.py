import hashlib
import socket

import pytest

from densecell.datasets.download import download
from densecell.datasets.public import Digest
from densecell.errors import DatasetError, OutputError

CONTENT = bytes(range(256)) * 4000  # about 1 MB
DIGEST = Digest(algorithm="sha256", value=hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def get(server, tmp_path):
    """Download from the local server into a new folder."""
    server.content = CONTENT

    def run(**more):
        path = tmp_path / "new" / "data.zip"
        options = {"digest": DIGEST} | more
        download(server.url, path, allow_loopback_http=True, **options)
        return path

    return run


def broken_off(server, get):
    server.stop_after = 300_000
    with pytest.raises(DatasetError, match=r"stopped after 300,000 of 1,024,000 bytes"):
        get()
    server.stop_after = None


def test_a_file_arrives_whole_and_alone(get):
    path = get()

    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["data.zip"]


def test_progress_is_told(get):
    seen = []

    get(on_bytes=lambda so_far, total: seen.append((so_far, total)))

    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) > 1


def test_what_is_there_is_not_asked_for_again(server, get):
    get()

    get()

    assert len(server.asked) == 1


def test_a_broken_download_is_gone_on_with(server, get, tmp_path):
    broken_off(server, get)
    assert not (tmp_path / "new" / "data.zip").exists()

    path = get()

    assert path.read_bytes() == CONTENT
    assert server.asked[1]["Range"] == "bytes=300000-"
    assert server.asked[1]["If-Range"] == '"one"'
    assert [p.name for p in path.parent.iterdir()] == ["data.zip"]


def test_a_file_that_changed_meanwhile_is_taken_from_the_start(server, get):
    broken_off(server, get)
    server.content, server.etag = CONTENT[::-1], '"two"'

    path = get(digest=None)

    assert path.read_bytes() == CONTENT[::-1]


def test_without_mark_and_checksum_nothing_is_gone_on_with(server, get):
    server.etag = ""
    broken_off(server, get)

    path = get(digest=None)

    assert "Range" not in server.asked[1]
    assert path.read_bytes() == CONTENT


def test_a_weak_mark_does_not_count_as_one(server, get):
    server.etag = 'W/"one"'
    broken_off(server, get)

    get()

    assert "If-Range" not in server.asked[1]


def test_a_server_without_ranges_sends_it_all_again(server, get):
    broken_off(server, get)
    server.ranges = False

    assert get().read_bytes() == CONTENT


def test_a_server_that_does_not_say_how_long_the_file_is(server, get):
    server.state_length = False
    seen = []

    path = get(on_bytes=lambda so_far, total: seen.append((so_far, total)))

    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), None)


def test_a_part_that_is_complete_already_is_used(server, get, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "data.zip.part").write_bytes(CONTENT)

    assert get().read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(server, get, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "data.zip.part").write_bytes(CONTENT + b"more")

    assert get().read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_leaves_nothing_to_go_on_with(get, tmp_path):
    wrong = Digest(algorithm="md5", value=32 * "0")

    with pytest.raises(
        DatasetError, match=f"md5 is [0-9a-f]+, expected {32 * '0'}; run"
    ):
        get(digest=wrong)

    assert not (tmp_path / "new" / "data.zip").exists()
    assert not (tmp_path / "new" / "data.zip.part").exists()


def test_a_server_that_is_gone_is_one_line_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/data.zip"

    sentence = (
        rf"{url}: cannot be reached \(Connection refused\); download it by hand, "
    )
    with pytest.raises(DatasetError, match=sentence) as caught:
        download(url, tmp_path / "data.zip", allow_loopback_http=True)
    assert "--from FOLDER" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_server_answers_is_said(server, get):
    server.status = 404
    with pytest.raises(
        DatasetError, match="the server answers 404 Not Found; download"
    ):
        get()


def test_a_connection_that_breaks_is_said(get, monkeypatch):
    def breaks(*args):
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr("http.client.HTTPResponse.read", breaks)
    with pytest.raises(
        DatasetError, match=r"broke off after 0 bytes \(reset by peer\)"
    ):
        get()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a", "file:///etc/passwd", "ftp://a/b"]
)
def test_only_https_is_downloaded(tmp_path, url):
    with pytest.raises(
        DatasetError, match=f"{url}: only https is downloaded; download"
    ):
        download(url, tmp_path / "data.zip")


@pytest.mark.parametrize("url", ["http://example.org/a", "file:///etc/passwd"])
def test_loopback_only_means_loopback_only(tmp_path, url):
    with pytest.raises(DatasetError, match="only https is downloaded"):
        download(url, tmp_path / "data.zip", allow_loopback_http=True)


def test_a_redirection_out_of_https_is_not_followed(server, get):
    server.redirect = "http://example.org/data.zip"
    with pytest.raises(DatasetError, match=r"^http://example.org/data.zip: only https"):
        get()


def test_a_place_that_cannot_be_written_is_said(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"data.zip.part: cannot be written \(\w+"):
        download(server.url, tmp_path / "file" / "data.zip", allow_loopback_http=True)
