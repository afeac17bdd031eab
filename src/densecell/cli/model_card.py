"""A page on what a model learned from and how good it is."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Authors, Citations, Model


def model_card(
    model: Model,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write: .md, or .html with the pictures inside. Default: "
            "MODEL/model-card.md.",
        ),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="SPDX", help="Licence under which others may use it, as CC-BY-4.0."
        ),
    ] = None,
    author: Authors = None,
    cite: Citations = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a card that exists.")
    ] = False,
) -> None:
    """Write a card on MODEL: its data, scores by class, limits, and how to use it."""
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.report.model import Terms, write_card

    terms = Terms(licence, tuple(author or ()), tuple(cite or ()))
    card = write_card(model, terms, out=out, overwrite=overwrite)
    typer.echo(f"{card}: read its limits; next `densecell export {model} --help`")
