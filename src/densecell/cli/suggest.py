"""Say where to label next."""

from pathlib import Path
from typing import Annotated

import typer


def suggest(
    result: Annotated[Path, typer.Argument(help="folder of a finished result")],
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="boxes to suggest")
    ] = 10,
    size: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="voxels of a box; default: 1 256 256"),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="what it has labelled is left out; default: that of RESULT's model",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="drop what was suggested before, but no painted work"
        ),
    ] = False,
) -> None:
    """Write the boxes of RESULT that are most worth labelling into its suggest/.

    Boxes where the members disagree, with rare classes in them, unlike each
    other and what is labelled: as crops with labels to correct in napari or
    Fiji, with suggestions.csv and overview.png.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.cli.progress import told_progress
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
    with told_progress(f"looking at {result.name}", unit="parts") as told:
        size = box_size(material.shape, size)
        candidates = read_candidates(material, size, progress=told)
    picks = rank(
        candidates,
        number,
        spacing_nm=material.spacing_nm,
        members=len(material.run.model.members),
    )
    folder = write_suggestions(result, material, candidates, picks, overwrite=overwrite)
    if known is None:
        typer.echo(
            f"{material.run.model.path}: lies in no project any more, so that nothing "
            "is left out; --project says which it is",
            err=True,
        )
    if len(picks) < number:
        typer.echo(f"only {len(picks)} boxes are left that overlap nothing labelled")
    typer.echo(
        f"{folder}: {len(picks)} boxes; look at overview.png, correct labels.tif or "
        f"crop.zarr in each, then `densecell add-labels {known or 'DIR'} {folder}`"
    )
