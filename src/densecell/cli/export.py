"""Write a model as packages that other programs run."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Citations, Model


def export(
    model: Model,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="New folder to write into."),
    ],
    licence: Annotated[
        str,
        typer.Option(
            metavar="SPDX", help="Licence under which others may use it, as CC-BY-4.0."
        ),
    ],
    author: Annotated[
        list[str], typer.Option(metavar="NAME", help="Name an author. Repeatable.")
    ],
    cite: Citations = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name that others see. Default: that of the folder."
        ),
    ] = None,
    grey_of: Annotated[
        Path | None,
        typer.Option(
            metavar="VOLUME",
            help="Normalise grey values by mean and deviation of this volume, also of "
            "crops. Default: by those of what is labelled.",
        ),
    ] = None,
) -> None:
    """Write MODEL as bioimage.io packages and ONNX, which run without densecell.

    Writes one package of all networks that vote, as one network, and one package of
    each. Every package has passed bioimage.io's own test. They contain no voxel of your
    volumes.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.progress import show_progress
    from densecell.export import Terms, export_model
    from densecell.volume import open_volume

    fixed = None if grey_of is None else open_volume(grey_of)
    terms = Terms(licence, tuple(author), tuple(cite or ()))
    with show_progress(f"exporting {model.name}", unit="packages") as progress:
        for part in export_model(model, out, terms, name=name, grey_of=fixed):
            progress(part.done, part.total)
    for file in sorted(out.iterdir()):
        typer.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    typer.echo(
        f"next: `bioimageio test {out}/ensemble.zip`, or upload it at https://bioimage.io"
    )
