"""Get a public data set as a project."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer


def fetch(
    name: Annotated[str, typer.Argument(help="drosophila-vnc or platelet")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FOLDER", help="a copy on disk (or its zip archive)"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="project folder; default: NAME, right here"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace the data set's files in --out")
    ] = False,
) -> None:
    """Get the public data set NAME, checked by checksum, as a project to train on.

    A download that breaks off is gone on with by the same command.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.datasets.fetch import fetch_dataset, find_dataset

    dataset = find_dataset(name)
    typer.echo(dataset.licence_text())
    with _progress() as on_bytes:
        fetched = fetch_dataset(
            dataset,
            out or Path(dataset.name),
            source=source,
            overwrite=overwrite,
            on_bytes=on_bytes,
        )
    if not fetched.fresh:
        typer.echo(f"{fetched.folder}: is there already; --overwrite gets it again")
    else:
        typer.echo(f"{fetched.folder}: ready; next `densecell train {fetched.folder}`")


@contextmanager
def _progress() -> Iterator[Callable[[int, int | None], None]]:
    """Show bytes, rate and time left, on a terminal only."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TransferSpeedColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], DownloadColumn())
    with Progress(
        *columns,
        TransferSpeedColumn(),
        TimeLeft(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("downloading", total=None, visible=False)

        def on_bytes(so_far: int, total: int | None) -> None:
            bar.update(task, completed=so_far, total=total, visible=True)

        yield on_bytes
