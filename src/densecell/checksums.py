"""Size and SHA-256 of every file that a step of a result wrote, kept beside it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from densecell.errors import OutputError
from densecell.settings import write_text

FOLDER = "checksums"
SAMPLES = 64  # files whose contents are compared, unless all are
AT_ONCE = 4  # hashing waits for the disk, and frees the interpreter


class Checksums(BaseModel, frozen=True):
    """Size and SHA-256 of each file of a step, by its name from the folder."""

    format: int = 1
    files: dict[str, tuple[int, str]]


class Change(NamedTuple):
    """A file that is not as it was written."""

    name: str  # from the folder of the result
    what: str


def write_checksums(result: Path, step: str, paths: Iterable[Path]) -> None:
    """Write the checksums of all files in some places of a result.

    Parameters
    ----------
    result
        Folder of the result.
    step
        The step that wrote them, such as `segment`.
    paths
        Files, and folders with everything in them; what does not exist is left out.
    """
    files = sorted({file for path in paths for file in _files(path)})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sums = pool.map(_sha256, files)
        kept = {
            file.relative_to(result).as_posix(): (file.stat().st_size, digest)
            for file, digest in zip(files, sums, strict=True)
        }
    text = Checksums(files=kept).model_dump_json(indent=1)
    write_text(checksums_path(result, step), text + "\n")


def changed_checksums(
    result: Path, step: str, *, written: Mapping[str, Path], removed: Iterable[str]
) -> str:
    """Text of the checksums of a step after some of its files are replaced.

    Parameters
    ----------
    written
        New file, wherever it is now, by its name from the folder of the result.
    removed
        Names of files that go.
    """
    gone = set(removed)
    kept = {
        name: sums for name, sums in _kept(result, step).items() if name not in gone
    }
    for name, file in written.items():
        kept[name] = (file.stat().st_size, _sha256(file))
    return Checksums(files=dict(sorted(kept.items()))).model_dump_json(indent=1) + "\n"


def checksums_path(result: Path, step: str) -> Path:
    """File that holds the checksums of a step."""
    return result / FOLDER / f"{step}.json"


def drop_checksums(result: Path, step: str) -> None:
    """Remove the checksums of a step that starts anew."""
    checksums_path(result, step).unlink(missing_ok=True)


def count_files(result: Path, step: str) -> int:
    """Count the files whose checksums were kept."""
    return len(_kept(result, step))


def find_changes(
    result: Path, step: str, *, full: bool = False
) -> Iterator[Change | None]:
    """Compare the files of a step with their checksums; yield a change, or None.

    Parameters
    ----------
    result, step
        The same as for `write_checksums`.
    full
        Compare the contents of all files. Otherwise all sizes are compared, and the
        contents of 64 files spread over the list.

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
        return Checksums.model_validate_json(path.read_bytes()).files
    except FileNotFoundError:
        raise OutputError(
            f"{path}: is missing, so nothing says what `densecell {step}` wrote; run "
            "it again with --overwrite"
        ) from None
    except (OSError, ValidationError):
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
