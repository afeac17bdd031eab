"""Checksums: whether a file is the one that was published."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.errors import DatasetError


class Digest(BaseModel, frozen=True, extra="forbid"):
    """The checksum of a file."""

    algorithm: Literal["sha256", "md5"] = Field(description="what its source states")
    value: str = Field(
        pattern="^[0-9a-f]{32,64}$", description="lower-case hexadecimal"
    )


def check_file(path: Path, digest: Digest, *, remedy: str) -> None:
    """Refuse a file that is missing or is not the published one.

    Raises
    ------
    DatasetError
        With both checksums and the `remedy`.
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
    """Check files by their paths inside a folder; see `check_file`."""
    for name, digest in digests.items():
        check_file(folder / name, digest, remedy=remedy)


def read_digests(text: str) -> dict[str, Digest]:
    """Read lines as `sha256sum` writes them, into checksums by path.

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
