"""Get a public data set as a project folder, with every file checked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from densecell.claim import claimed
from densecell.datasets.archive import unpack
from densecell.datasets.download import ReportBytes, download
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
    is_new: bool  # false: it was there already


def find_dataset(name: str) -> PublicDataset:
    """Public data set of a name.

    Raises
    ------
    DatasetError
        If there is none of this name.
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
    on_bytes: ReportBytes | None = None,
) -> Fetched:
    """Write a data set as a project; download it, or take a copy on disk.

    ::

        .<out>.fetch/source.zip   the download; kept if it breaks off, then continued
                    /source/      unpacked
                    /project/     laid out, then moved to `out` in one step

    Parameters
    ----------
    dataset
        Data set to get.
    out
        Project folder; appears only when it is complete.
    source
        Copy on disk to use instead of a download: a folder, or the zip archive.
    overwrite
        Replace the data set's own files in `out`; other files there stay.
    allow_loopback_http, on_bytes
        See `download`.

    Raises
    ------
    DatasetError
        If it cannot be downloaded, or is not what was published.
    OutputError
        If `out` holds something else.
    """
    if _is_there(dataset, out) and not overwrite:
        _drop_left_over(_work(out))
        return Fetched(out, is_new=False)
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
    return Fetched(out, is_new=True)


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
    """Folder beside `out` for the download and the unfinished project."""
    return out.absolute().with_name(f".{out.absolute().name}.fetch")


@contextmanager
def _work_folder(work: Path) -> Iterator[Path]:
    """Make a folder to work in; after an error only a download is kept in it."""
    try:
        with writing(work), claimed(work):
            _drop_unfinished(work)
            try:
                yield work
            finally:
                _drop_unfinished(work)
    finally:
        with suppress(OSError):  # it is not empty if a download is kept
            work.rmdir()


def _drop_left_over(work: Path) -> None:
    """Remove what a run left that was killed after its last step."""
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
    """Move a finished project to `out`: at once, or file by file over an old one."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        out.mkdir(parents=True, exist_ok=True)
        out.rmdir()
        project.replace(out)
        return
    for file in sorted(project.iterdir(), key=lambda file: file.name == FILE):
        file.replace(out / file.name)  # project.yaml last
