"""A public data set: its address, checksums and terms of use."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.config import VolumeEntry
from densecell.errors import DatasetError

Layout = Callable[[Path, Path], tuple[VolumeEntry, ...]]


class Digest(BaseModel, frozen=True, extra="forbid"):
    """Checksum of a file."""

    algorithm: Literal["sha256", "md5"] = Field(description="as its source states")
    value: str = Field(
        pattern="^[0-9a-f]{32,64}$", description="lower-case hexadecimal"
    )


class PublicDataset(BaseModel, frozen=True, extra="forbid"):
    """Where a data set is, how to recognise it, and the terms of its use."""

    name: str = Field(description="name for `densecell fetch`")
    title: str = Field(description="what it shows, in one line")
    url: str = Field(description="https address of a zip archive")
    archive: Digest | None = Field(
        description="checksum of the archive; None: made on demand"
    )
    root: str = Field(description="folder in the archive that holds the files")
    files: dict[str, Digest] = Field(description="checksums by path inside `root`")
    most_bytes: int = Field(gt=0, description="largest size of the files, bytes")
    homepage: str = Field(description="address of its authors' description")
    licence: str = Field(description="the terms, as its authors state them")
    citation: str = Field(description="what to cite")
    classes: str = Field(description="name of a built-in class scheme")
    spacing_nm: tuple[float, float, float] = Field(description="voxel size z, y, x")
    lay_out: Layout = Field(
        exclude=True,
        description="function of the source's folder and an empty folder, to which it "
        "writes the volumes",
    )

    def licence_text(self) -> str:
        """Content of LICENCE.txt: title, terms, citation and source."""
        return (
            f"{self.name}: {self.title}\n\n"
            f"Licence\n{self.licence}\n\n"
            f"Please cite\n{self.citation}\n\n"
            f"Source\n{self.homepage}\n{self.url}\n"
        )


def check_file(path: Path, digest: Digest, *, remedy: str) -> None:
    """Refuse a file that is missing or is not the published one.

    Raises
    ------
    DatasetError
        If it cannot be read or has another checksum.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, _HASHES[digest.algorithm]).hexdigest()
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read ({error.strerror}); {remedy}"
        ) from None
    if found != digest.value:
        raise DatasetError(
            f"{path}: {digest.algorithm} is {found}, expected {digest.value}; {remedy}"
        )


def check_files(folder: Path, digests: Mapping[str, Digest], *, remedy: str) -> None:
    """Check several files, by their paths inside a folder; see `check_file`."""
    for name, digest in digests.items():
        check_file(folder / name, digest, remedy=remedy)


def read_digests(text: str) -> dict[str, Digest]:
    """Checksums by path, from lines as `sha256sum` writes them.

    Examples
    --------
    >>> list(read_digests(f"{64 * '0'}  raw/00.tif"))
    ['raw/00.tif']
    """
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line)
    return {name: Digest(algorithm="sha256", value=value) for value, name in pairs}


_HASHES = {
    "sha256": hashlib.sha256,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
