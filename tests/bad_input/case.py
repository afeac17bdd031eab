"""What a case of bad input is, and the good input that it spoils."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from densecell.volume import ArrayVolume, write_tiff

SHAPE = (6, 48, 56)
SPACING = ("--spacing", 40, 10, 10)
CASES: list["Case"] = []


class Case(NamedTuple):
    """A command that cannot be done."""

    name: str  # what is wrong, in words
    prepare: "Callable[[Place], list[Any]]"  # spoils something, gives the command
    leaves: tuple[str, ...] = ()  # files that the command may have written all the same


def case(
    name: str, *, leaves: tuple[str, ...] = ()
) -> Callable[[Callable[["Place"], list[Any]]], None]:
    """Add a function to the catalogue."""

    def add(prepare: Callable[[Place], list[Any]]) -> None:
        CASES.append(Case(name, prepare, leaves))

    return add


class Place:
    """An empty folder, and good input to put there.

    Parameters
    ----------
    path
        The folder.
    trained
        A project with a model of two members.
    result
        A finished result of that model.
    """

    def __init__(self, path: Path, trained: Path, result: Path) -> None:
        self.path, self._trained, self._result = path, trained, result
        self._sockets: list[socket.socket] = []

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def port_in_use(self) -> int:
        """Listen on a port until the case is over."""
        self._sockets.append(socket.create_server(("127.0.0.1", 0)))
        return int(self._sockets[-1].getsockname()[1])

    def close(self) -> None:
        """Listen no more."""
        for each in self._sockets:
            each.close()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def array(self, name: str, array: np.ndarray) -> Path:
        """Write an .npy file."""
        np.save(self.path / name, array)
        return self.path / name

    def image(self, name: str = "image.tif", array: np.ndarray | None = None) -> Path:
        """Write a TIFF stack with a voxel size, of noise if nothing else is given."""
        if array is None:
            array = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
        write_tiff(self / name, ArrayVolume(array, spacing_nm=(40, 10, 10)))
        return self / name

    def labels(self, name: str = "labels.tif", array: np.ndarray | None = None) -> Path:
        """Write class ids 0 and 1."""
        if array is None:
            array = (np.arange(np.prod(SHAPE)) // 7 % 2).astype(np.uint8).reshape(SHAPE)
        return self.image(name, array)

    def project(self, **changes: Any) -> Path:
        """Write the small project, with settings put over."""
        for source in self._trained.glob("*.npy"):
            shutil.copy(source, self.path)
        text = (self._trained / "project.yaml").read_text(encoding="utf-8")
        values = yaml.safe_load(text) | changes
        self.write("project.yaml", yaml.safe_dump(values))
        return self.path

    def volumes(self, **changes: Any) -> list[dict[str, Any]]:
        """The project's volumes, with settings put over the first."""
        text = (self._trained / "project.yaml").read_text(encoding="utf-8")
        first, *rest = yaml.safe_load(text)["volumes"]
        return [first | changes, *rest]

    def model(self) -> Path:
        """Copy the model."""
        shutil.copytree(self._trained / "models" / "tiny", self / "model")
        return self / "model"

    def result(self) -> Path:
        """Copy the result."""
        shutil.copytree(self._result, self / "result")
        return self / "result"

    def segment(self, *options: Any) -> list[Any]:
        """Command that segments the good image with the good model."""
        image, model = self / "image.tif", self / "model"
        if not image.exists():
            self.image()
        if not model.exists():
            self.model()
        return ["segment", image, "-m", model, "-o", self / "out", *options]
