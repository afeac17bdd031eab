"""A small disk to fill, where this process may mount one."""

import os
import subprocess
import sys

import pytest


class SmallDisk:
    """A file system in memory, as large as told."""

    def __init__(self, path):
        self.path = path

    def resize(self, size):
        """Make room, or take it away; bytes."""
        self._mount(f"remount,size={size}")

    def mount(self):
        self._mount("size=64k")

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.path], check=True)

    def _mount(self, options):
        words = ["mount", "-t", "tmpfs", "-o", options, "none", self.path]
        subprocess.run(words, check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path):
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("only root may mount a small disk")
    disk = SmallDisk(tmp_path / "disk")
    disk.path.mkdir()
    try:
        disk.mount()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    yield disk
    disk.unmount()
