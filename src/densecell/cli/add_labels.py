"""Add painted crops to a project."""

from pathlib import Path
from typing import Annotated

import typer


def add_labels(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of a project; a new one is made."),
    ],
    crops: Annotated[
        list[Path],
        typer.Argument(
            metavar="CROP...",
            help="Painted crops that `crops` or `suggest` wrote: single ones, the "
            "folder of all, or one labels.tif.",
        ),
    ],
    image: Annotated[
        str | None,
        typer.Option(
            metavar="VOLUME",
            help="Use this volume, if the one that the crops were cut from has moved.",
        ),
    ] = None,
) -> None:
    """Add painted crops to the project DIR: all of them, or none if one is wrong.

    Copies labels into DIR/labels and names them in project.yaml. Leaves out crops
    that nobody painted in, unless their labels.tif itself is given. Starts a project if
    DIR has none.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.address import to_address
    from densecell.datasets.add_labels import add_labels as add

    where = None if image is None else to_address(image)
    added = add(folder, crops, image=where)
    for path in added.untouched:
        typer.echo(f"{path}: left out, nobody painted in it")
    if added.validates:
        typer.echo(f"{folder}: had no project; a new one starts with these crops")
    for path in added.validates:
        typer.echo(f"{path}: kept to validate on")
    further = "" if added.validates else " --from MODEL --name NEW"
    typer.echo(
        f"{folder / 'project.yaml'}: crops added: {len(added.crops)}, with "
        f"{added.voxels:,} labelled voxels; next `densecell train {folder}"
        f"{further}`"
    )
