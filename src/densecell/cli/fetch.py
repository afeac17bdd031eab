"""Get a public data set as a project."""

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
    from densecell.cli.progress import told_progress
    from densecell.datasets.fetch import fetch_dataset, find_dataset

    dataset = find_dataset(name)
    typer.echo(dataset.licence_text())
    with told_progress("downloading", unit="bytes") as on_bytes:
        fetched = fetch_dataset(
            dataset,
            out or Path(dataset.name),
            source=source,
            overwrite=overwrite,
            on_bytes=on_bytes,
        )
    if not fetched.is_new:
        typer.echo(f"{fetched.folder}: is there already; --overwrite gets it again")
    else:
        typer.echo(f"{fetched.folder}: ready; next `densecell train {fetched.folder}`")
