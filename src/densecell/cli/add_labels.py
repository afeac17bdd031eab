"""Add painted crops to a project."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import ProjectFolder


def add_labels(
    folder: ProjectFolder,
    crops: Annotated[
        list[Path],
        typer.Argument(
            metavar="CROP...",
            help="Crops that `suggest` wrote and somebody painted in: single ones, the "
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
    that nobody painted in, unless their labels.tif itself is given.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.address import to_address
    from densecell.datasets.add_labels import add_labels as add

    where = None if image is None else to_address(image)
    added = add(folder, crops, image=where)
    for path in added.untouched:
        typer.echo(f"{path}: left out, nobody painted in it")
    typer.echo(
        f"{folder / 'project.yaml'}: crops added: {len(added.crops)}, with "
        f"{added.voxels:,} labelled voxels; next `densecell train {folder} --from "
        "MODEL --name NEW`"
    )
