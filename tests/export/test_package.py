import os
import zipfile

from densecell.export.package import zip_folder


def test_equal_files_make_an_equal_package(tmp_path):
    for name, seconds in (("one", 1_000_000_000), ("two", 1_500_000_000)):
        folder = tmp_path / name
        folder.mkdir()
        for file in ("b.txt", "a.txt"):
            (folder / file).write_text(f"this is {file}")
            os.utime(folder / file, (seconds, seconds))
        zip_folder(folder, tmp_path / f"{name}.zip")

    one, two = ((tmp_path / f"{name}.zip").read_bytes() for name in ("one", "two"))
    assert one == two
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.namelist() == ["a.txt", "b.txt"]
        assert packed.read("b.txt") == b"this is b.txt"
