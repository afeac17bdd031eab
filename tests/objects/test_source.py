from pathlib import PureWindowsPath

import pytest

from densecell.objects.source import Source


class OnWindows(PureWindowsPath):
    """Stands for a path there."""

    def absolute(self):
        return self


@pytest.fixture
def source(tmp_path):
    return Source(None, None, None, tmp_path / "result", None, {})


def test_paths_count_from_the_folder_of_the_result(source, tmp_path):
    assert source.named(tmp_path / "a" / "labels.zarr") == "../a/labels.zarr"


def test_no_path_leads_to_another_drive(source):
    moved = source._replace(out=OnWindows(r"C:\result"))

    assert moved.named(OnWindows(r"D:\a\labels.zarr")) == "D:/a/labels.zarr"
