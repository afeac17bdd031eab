import hashlib

import pytest

from densecell.datasets.public import Digest, check_file, check_files, read_digests
from densecell.errors import DatasetError

GOOD = Digest(algorithm="sha256", value=hashlib.sha256(b"cell").hexdigest())
MD5 = Digest(algorithm="md5", value=hashlib.md5(b"cell").hexdigest())


def test_the_published_file_passes(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a").write_bytes(b"cell")

    check_files(tmp_path, {"raw/a": GOOD}, remedy="")
    check_file(tmp_path / "raw" / "a", MD5, remedy="")


@pytest.mark.parametrize("digest", [GOOD, MD5])
def test_another_file_is_refused_with_both_checksums(tmp_path, digest):
    (tmp_path / "a").write_bytes(b"sell")
    sentence = f"a: {digest.algorithm} is [0-9a-f]+, expected {digest.value}; try again"
    with pytest.raises(DatasetError, match=sentence):
        check_file(tmp_path / "a", digest, remedy="try again")


def test_a_missing_file_is_said(tmp_path):
    sentence = r"a: cannot be read \(No such file or directory\); look"
    with pytest.raises(DatasetError, match=sentence):
        check_file(tmp_path / "a", GOOD, remedy="look")


def test_lines_of_sha256sum_are_read():
    digests = read_digests(f"{GOOD.value}  raw/00.tif\n{GOOD.value}  raw/01.tif\n")

    assert digests == {"raw/00.tif": GOOD, "raw/01.tif": GOOD}
