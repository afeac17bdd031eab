"""Where a browser finds what it shows: volumes, meshes, names."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote

from densecell.address import Address
from densecell.viewer.layers import Json
from densecell.volume import AXES, Kind, OmeZarrVolume, Volume

DRIVERS = {"OME-Zarr 0.4": "zarr2", "OME-Zarr 0.5": "zarr3"}


class Place(NamedTuple):
    """Where a volume is found.

    Parameters
    ----------
    url
        Address in neuroglancer's notation.
    centred
        Whether the centre of the first voxel is at 0, as in OME-Zarr, or its corner.
    """

    url: str
    centred: bool


class Addresses(Protocol):
    """Something that gives volumes, meshes and names an address."""

    def volume(self, volume: Volume, kind: Kind) -> Place | None:
        """Address of a volume, or None if it has none."""

    def meshes(self, folder: Path) -> str | None:
        """Address of a folder of neuroglancer meshes, or None."""

    def names(self, document: Json) -> str | None:
        """Address of names of classes or objects, or None."""


class Published:
    """The addresses that files have when a folder is put on a web server.

    Files outside that folder have none, nor have formats that only `densecell view`
    serves, nor names, which no file holds.

    Parameters
    ----------
    base
        Address of the folder.
    results
        The folder is the innermost that holds all of these.

    Attributes
    ----------
    left_out
        Volumes without an address.
    """

    def __init__(self, base: str, results: Sequence[Path]) -> None:
        self.base = base
        self.folder = Path(os.path.commonpath([r.resolve().parent for r in results]))
        self.left_out: list[Address] = []

    def volume(self, volume: Volume, kind: Kind) -> Place | None:
        """Address of an OME-Zarr in the folder."""
        driver, url = zarr_driver(volume), self._url(volume.path)
        if driver is None or url is None:
            self.left_out.append(volume.path)
            return None
        return Place(f"{driver}://{url}", centred=True)

    def meshes(self, folder: Path) -> str | None:
        """Address of a folder of meshes."""
        url = self._url(folder)
        return url and f"precomputed://{url}"

    def names(self, document: Json) -> None:
        """None: no file holds names."""

    def _url(self, address: Address) -> str | None:
        if not isinstance(address, Path):
            return None
        path = address.resolve()
        if not path.is_relative_to(self.folder):
            return None
        return f"{self.base}/{quote(path.relative_to(self.folder).as_posix())}"


def zarr_driver(volume: Volume) -> str | None:
    """What reads a volume's files in the browser; None if nothing does."""
    if not isinstance(volume, OmeZarrVolume) or volume.axes != AXES:
        return None
    if not isinstance(volume.path, Path):  # on a server, which may not let browsers in
        return None
    return DRIVERS.get(volume.format)
