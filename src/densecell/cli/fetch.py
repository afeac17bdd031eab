"""Get a public data set as a project."""

from pathlib import Path
from typing import Annotated

import typer


def fetch(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Data set: drosophila-vnc or platelet."),
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FOLDER", help="Copy from this folder or zip archive."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder of the project. Default: NAME."
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace the data set's files in --out."),
    ] = False,
) -> None:
    """Download the public data set NAME as a project, checked by checksum.

    Run the same command again to continue an interrupted download.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.cli.progress import show_progress
    from densecell.datasets.fetch import fetch_dataset, find_dataset

    dataset = find_dataset(name)
    typer.echo(dataset.licence_text())
    with show_progress("downloading", unit="bytes") as on_bytes:
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
