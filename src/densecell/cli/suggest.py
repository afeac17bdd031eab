"""Suggest where to label next."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Result


def suggest(
    result: Result,
    number: Annotated[
        int,
        typer.Option("-n", "--number", metavar="N", min=1, help="Boxes to suggest."),
    ] = 10,
    size: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="Voxels of a box. Default: 1 256 256."),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Leave out what this project has labelled already. Default: the "
            "project of RESULT's model.",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Delete earlier suggestions, but no painted work."
        ),
    ] = False,
) -> None:
    """Write the boxes of RESULT that are most worth labelling, into its suggest/.

    Chooses boxes where the networks disagree, with rare classes in them, unlike each
    other and unlike what is labelled. Writes crops with labels to correct in napari or
    Fiji, suggestions.csv and overview.png.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.cli.progress import show_progress
    from densecell.suggestions import (
        box_size,
        check_place,
        check_work,
        open_material,
        project_of,
        rank,
        read_candidates,
        write_suggestions,
    )

    check_place(result, overwrite=overwrite)
    material = open_material(result, project=project)
    check_work(result, material)
    known = project or project_of(material.run)
    with show_progress(f"looking at {result.name}", unit="parts") as progress:
        size = box_size(material.shape, size)
        candidates = read_candidates(material, size, progress=progress)
    picks = rank(
        candidates,
        number,
        spacing_nm=material.spacing_nm,
        members=len(material.run.model.members),
    )
    folder = write_suggestions(result, material, candidates, picks, overwrite=overwrite)
    if known is None:
        typer.echo(
            f"{material.run.model.path}: is in no project any more, so boxes that are "
            "labelled already are not left out; name the project with --project",
            err=True,
        )
    if len(picks) < number:
        typer.echo(f"only {len(picks)} boxes overlap nothing that is labelled")
    typer.echo(
        f"{folder}: {len(picks)} boxes; look at overview.png, correct labels.tif or "
        f"crop.zarr in each, then `densecell add-labels {known or 'DIR'} {folder}`"
    )
