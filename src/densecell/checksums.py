"""Size and SHA-256 of every file that a step of a result wrote, kept beside it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from densecell.errors import OutputError
from densecell.settings import write_text

FOLDER = "checksums"
SAMPLES = 64  # files whose contents are looked at, unless all are
AT_ONCE = 4  # hashing waits for the disk, and frees the interpreter


class Change(NamedTuple):
    """A file that is not what was written."""

    name: str  # from the folder of the result
    what: str


def write_checksums(result: Path, step: str, paths: Iterable[Path]) -> None:
    """Keep the checksums of all files in some places of a result.

    Parameters
    ----------
    result
        Folder of the result.
    step
        What wrote them, such as `segment`.
    paths
        Files, and folders with all that is in them; what is not there is left out.
    """
    files = sorted({file for path in paths for file in _files(path)})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sums = pool.map(_sha256, files)
        kept = {
            file.relative_to(result).as_posix(): [file.stat().st_size, digest]
            for file, digest in zip(files, sums, strict=True)
        }
    text = json.dumps({"format": 1, "files": kept}, indent=1)
    write_text(checksums_path(result, step), text + "\n")


def checksums_path(result: Path, step: str) -> Path:
    """Give the file that holds the checksums of a step."""
    return result / FOLDER / f"{step}.json"


def drop_checksums(result: Path, step: str) -> None:
    """Forget the checksums of a step that begins anew."""
    checksums_path(result, step).unlink(missing_ok=True)


def count_files(result: Path, step: str) -> int:
    """Count the files whose checksums were kept."""
    return len(_kept(result, step))


def find_changes(
    result: Path, step: str, *, full: bool = False
) -> Iterator[Change | None]:
    """Hold the files of a step against their checksums; yield what became of each.

    Parameters
    ----------
    result, step
        As given to `write_checksums`.
    full
        Read all files. Otherwise all sizes are compared, and the contents of 64 files
        spread over the list.

    Raises
    ------
    OutputError
        If no checksums were kept, or they cannot be read.
    """
    kept = _kept(result, step)
    every = 1 if full else max(1, -(-len(kept) // SAMPLES))
    read = set(list(kept)[::every])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(
            lambda name: _change(result, name, *kept[name], contents=name in read), kept
        )


def _change(
    result: Path, name: str, size: int, digest: str, *, contents: bool
) -> Change | None:
    path = result / name
    if not path.is_file():
        return Change(name, "is gone")
    if path.stat().st_size != size:
        return Change(name, f"has {path.stat().st_size} bytes, was written with {size}")
    if contents and _sha256(path) != digest:
        return Change(name, "has other contents than were written")
    return None


def _kept(result: Path, step: str) -> dict[str, tuple[int, str]]:
    path = checksums_path(result, step)
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {
            name: (int(size), str(digest)) for name, (size, digest) in files.items()
        }
    except FileNotFoundError:
        raise OutputError(
            f"{path}: is not there, so nobody knows what `densecell {step}` wrote; run "
            "it again with --overwrite"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise OutputError(
            f"{path}: is no list of checksums; put it back, or run `densecell {step}` "
            "again with --overwrite"
        ) from None


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (p for p in path.rglob("*") if p.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
