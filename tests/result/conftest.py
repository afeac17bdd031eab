"""A folder that an older state made, unpacked once: copy what a test writes into."""

import shutil

import pytest
from before import unpack


@pytest.fixture(scope="session")
def old_project(tmp_path_factory):
    """Folder with volumes, a project and a result of it: only to be read."""
    return unpack(tmp_path_factory.mktemp("before"))


@pytest.fixture
def old_result(old_project, tmp_path):
    """Copy of the result, to be changed."""
    return shutil.copytree(old_project / "result", tmp_path / "result")
