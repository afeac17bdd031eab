"""Unpack chosen files of a zip archive that may be broken or hostile."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from densecell.errors import DatasetError

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def unpack(
    archive: Path,
    folder: Path,
    *,
    root: str,
    wanted: Collection[str],
    most_bytes: int,
) -> None:
    """Unpack files from inside `root` of a zip archive into `folder`.

    Parameters
    ----------
    archive
        The zip file.
    folder
        Where the files go, under their paths inside `root`.
    root
        Folder inside the archive that holds the files.
    wanted
        Paths of the files inside `root`; nothing else is unpacked.
    most_bytes
        Largest total size of the unpacked files.

    Raises
    ------
    DatasetError
        If the archive is damaged, lacks a file, holds a link or a path that leads out
        of it, or would unpack to more than `most_bytes`.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            _refuse_tricks(archive, packed.infolist())
            members = _members(archive, packed, root, wanted)
            total = sum(member.file_size for member in members.values())
            if total > most_bytes:
                raise DatasetError(
                    f"{archive}: would unpack to {total:,} bytes, expected at most "
                    f"{most_bytes:,}; this is not the published archive"
                )
            for name, member in members.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)  # zipfile stops at file_size
    except _BROKEN as error:
        raise DatasetError(
            f"{archive}: is not a readable zip archive ({error}); download it again"
        ) from None


def _refuse_tricks(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive if a single member would be written outside the folder."""
    for member in members:
        # orig_filename: zipfile turns the backslashes of Windows into slashes
        path = PurePosixPath(member.orig_filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise DatasetError(
                f"{archive}: holds the path {member.orig_filename!r}, which leads out "
                "of it; do not trust this archive"
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise DatasetError(
                f"{archive}: holds the link {member.filename!r}; "
                "do not trust this archive"
            )


def _members(
    archive: Path, packed: zipfile.ZipFile, root: str, wanted: Collection[str]
) -> dict[str, zipfile.ZipInfo]:
    there = {member.filename: member for member in packed.infolist()}
    missing = [name for name in wanted if f"{root}/{name}" not in there]
    if missing:
        raise DatasetError(
            f"{archive}: lacks {root}/{missing[0]}"
            + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
            + "; this is not the published archive"
        )
    return {name: there[f"{root}/{name}"] for name in wanted}
