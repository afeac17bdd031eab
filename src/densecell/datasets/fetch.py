"""Get a public data set, checked, as a project folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from densecell.claim import claimed
from densecell.datasets.archive import unpack
from densecell.datasets.download import Progress, download
from densecell.datasets.drosophila import DROSOPHILA_VNC
from densecell.datasets.platelet import PLATELET
from densecell.datasets.project import FILE, project_text
from densecell.datasets.public import PublicDataset
from densecell.disk import writing
from densecell.errors import DatasetError, OutputError

DATASETS = {dataset.name: dataset for dataset in (DROSOPHILA_VNC, PLATELET)}
LICENCE, ARCHIVE = "LICENCE.txt", "source.zip"


class Fetched(NamedTuple):
    """Where a data set is now."""

    folder: Path
    fresh: bool  # False: it was there already


def find_dataset(name: str) -> PublicDataset:
    """Give a data set by its name.

    Raises
    ------
    DatasetError
        With the names there are.
    """
    if name not in DATASETS:
        raise DatasetError(f"no data set {name!r}; there are: {', '.join(DATASETS)}")
    return DATASETS[name]


def fetch_dataset(
    dataset: PublicDataset,
    out: Path,
    *,
    source: Path | None = None,
    overwrite: bool = False,
    allow_loopback_http: bool = False,
    on_bytes: Progress | None = None,
) -> Fetched:
    """Download a data set, or take a copy on disk, and lay it out as a project.

    ::

        .<out>.fetch/source.zip   downloaded, gone on with when it broke off
                    /source/      unpacked
                    /project/     laid out, then moved to `out` in one step

    Parameters
    ----------
    dataset
        Which one.
    out
        Project folder; appears only when it is complete.
    source
        A copy on disk instead of the download: a folder, or the zip archive.
    overwrite
        Replace the data set's own files in `out`; whatever else is there stays.
    allow_loopback_http
        See `download`.
    on_bytes
        See `download`.

    Raises
    ------
    DatasetError
        If it cannot be had, or is not what was published.
    OutputError
        If something else is in the way.
    """
    if _is_there(dataset, out) and not overwrite:
        _drop_left_over(_work(out))
        return Fetched(out, fresh=False)
    if not overwrite and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(
            f"{out}: holds something else; choose another --out or pass --overwrite"
        )
    with _work_folder(_work(out)) as work:
        if source is None:
            archive = work / ARCHIVE
            download(
                dataset.url,
                archive,
                digest=dataset.archive,
                allow_loopback_http=allow_loopback_http,
                on_bytes=on_bytes,
            )
            try:
                _build(dataset, archive, work)
            except DatasetError:
                archive.unlink()  # else every later try would fail on it
                raise
        else:
            _build(dataset, source, work)
        _move(work / "project", out)
        (work / ARCHIVE).unlink(missing_ok=True)
    return Fetched(out, fresh=True)


def _build(dataset: PublicDataset, source: Path, work: Path) -> None:
    """Lay out `work/project` from a folder or a zip archive."""
    if not source.exists():
        raise DatasetError(f"{source}: no such folder; pass --from FOLDER that exists")
    if source.is_file():
        unpack(
            source,
            work / "source",
            root=dataset.root,
            wanted=dataset.files,
            most_bytes=dataset.most_bytes,
        )
        source = work / "source"
    project = work / "project"
    project.mkdir()
    volumes = dataset.lay_out(source, project)
    (project / LICENCE).write_text(dataset.licence_text(), encoding="utf-8")
    text = project_text(dataset.classes, volumes)
    (project / FILE).write_text(text, encoding="utf-8")


def _work(out: Path) -> Path:
    """Give the folder beside `out` that all is made in."""
    return out.absolute().with_name(f".{out.absolute().name}.fetch")


@contextmanager
def _work_folder(work: Path) -> Iterator[Path]:
    """Lend a folder; keep only a download when something goes wrong."""
    try:
        with writing(work), claimed(work):
            _drop_unfinished(work)
            try:
                yield work
            finally:
                _drop_unfinished(work)
    finally:
        with suppress(OSError):  # a download is kept there
            work.rmdir()


def _drop_left_over(work: Path) -> None:
    """Remove what a run left that was killed when all was in place."""
    if work.exists():
        with _work_folder(work):
            (work / ARCHIVE).unlink(missing_ok=True)


def _drop_unfinished(work: Path) -> None:
    for name in ("source", "project"):
        shutil.rmtree(work / name, ignore_errors=True)


def _is_there(dataset: PublicDataset, out: Path) -> bool:
    licence = out / LICENCE
    if not (out / FILE).is_file() or not licence.is_file():
        return False
    return licence.read_text(encoding="utf-8") == dataset.licence_text()


def _move(project: Path, out: Path) -> None:
    """Put a finished project in its place: at once, or file by file over an old one."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        out.mkdir(parents=True, exist_ok=True)
        out.rmdir()
        project.replace(out)
        return
    for file in sorted(project.iterdir(), key=lambda file: file.name == FILE):
        file.replace(out / file.name)  # project.yaml last
