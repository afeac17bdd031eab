"""A page on what a model learned from and how well it does."""

from pathlib import Path
from typing import Annotated

import typer


def model_card(
    model: Annotated[Path, typer.Argument(help="folder of a trained ensemble")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="in .md, or .html with pictures inside; default MODEL/model-card.md",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="SPDX", help="such as CC-BY-4.0")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="may be repeated")
    ] = None,
    cite: Annotated[
        list[str] | None,
        typer.Option(metavar="DOI", help="of your work; may be repeated"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace a card that is there")
    ] = False,
) -> None:
    """Write a card on MODEL: its data, scores by class, limits, and how to use it."""
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.report.model.card import Terms, write_card

    terms = Terms(licence, tuple(author or ()), tuple(cite or ()))
    card = write_card(model, terms, out=out, overwrite=overwrite)
    typer.echo(f"{card}: read its limits; next `densecell export {model} --help`")
