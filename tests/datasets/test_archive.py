import stat
import zipfile

import pytest

from densecell.datasets.archive import unpack
from densecell.errors import DatasetError


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def unpacked(archive, folder, wanted=("raw/a",), most_bytes=1000):
    unpack(archive, folder, root="top", wanted=wanted, most_bytes=most_bytes)
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_only_what_is_wanted_is_unpacked(tmp_path):
    archive = make_zip(
        tmp_path / "a.zip", {"top/raw/a": "cell", "top/raw/b": "no", "raw/a": "no"}
    )

    names = unpacked(archive, tmp_path / "out")

    assert names == {"raw/a"}
    assert (tmp_path / "out" / "raw" / "a").read_text() == "cell"


@pytest.mark.parametrize("path", ["top/../../a", "/top/a", "..\\a", "C:\\a", "c:/a"])
def test_a_path_that_leads_out_is_refused(tmp_path, path):
    archive = make_zip(tmp_path / "a.zip", {"top/raw/a": "cell", path: "evil"})
    with pytest.raises(DatasetError, match="which leads out of it; do not trust this"):
        unpacked(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("top/raw/a")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(DatasetError, match="holds the link 'top/raw/a'; do not trust"):
        unpacked(archive, tmp_path / "out")


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"top/raw/a": bytes(1_000_000)})
    assert archive.stat().st_size < 2000
    sentence = (
        "would unpack to 1,000,000 bytes, expected at most 1,000; this is not the"
    )
    with pytest.raises(DatasetError, match=sentence):
        unpacked(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_that_lacks_files_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"top/raw/a": "cell"})
    with pytest.raises(DatasetError, match=r"lacks top/raw/b; this is not the publish"):
        unpacked(archive, tmp_path / "out", wanted=("raw/a", "raw/b"))
    with pytest.raises(DatasetError, match=r"lacks top/raw/b and 1 more; this"):
        unpacked(archive, tmp_path / "out", wanted=("raw/b", "raw/c"))


def test_a_broken_archive_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"top/raw/a": "cell"})
    archive.write_bytes(archive.read_bytes()[:-10])
    with pytest.raises(
        DatasetError, match=r"is not a readable zip archive \(.*\); down"
    ):
        unpacked(archive, tmp_path / "out")


def test_a_damaged_member_is_refused(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("top/raw/a", "a cell of a fly")
    archive.write_bytes(archive.read_bytes().replace(b"of a fly", b"of a bee"))
    with pytest.raises(DatasetError, match=r"not a readable zip archive \(Bad CRC-32"):
        unpacked(archive, tmp_path / "out")
