"""Write a model as packages that other programs run."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    model: Annotated[Path, typer.Argument(help="folder of a trained ensemble")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="new folder to fill")
    ],
    licence: Annotated[
        str,
        typer.Option(metavar="SPDX", help="on which others may use it: CC-BY-4.0, ..."),
    ],
    author: Annotated[
        list[str], typer.Option(metavar="NAME", help="who made it; may be repeated")
    ],
    cite: Annotated[
        list[str] | None,
        typer.Option(metavar="DOI", help="of your work; may be repeated"),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="that others see; default: of the folder")
    ] = None,
) -> None:
    """Write MODEL as bioimage.io packages and ONNX, which run without densecell.

    One package of all members that vote as one network, and one of each; every package
    has passed bioimage.io's own test. No voxel of your volumes is in them.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.progress import told_progress
    from densecell.export import Terms, export_model

    terms = Terms(licence, tuple(author), tuple(cite or ()))
    with told_progress(f"exporting {model.name}", unit="packages") as told:
        for part in export_model(model, out, terms, name=name):
            told(part.done, part.total)
    for file in sorted(out.iterdir()):
        typer.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    typer.echo(
        f"next: `bioimageio test {out}/ensemble.zip`, or upload it at https://bioimage.io"
    )
