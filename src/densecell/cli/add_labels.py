"""Take painted crops back into a project."""

from pathlib import Path
from typing import Annotated

import typer


def add_labels(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="project folder, with project.yaml")
    ],
    crops: Annotated[
        list[Path],
        typer.Argument(
            metavar="CROP...",
            help="what `suggest` wrote and somebody painted in: a crop, the folder of "
            "all, or one labelling",
        ),
    ],
    image: Annotated[
        str | None,
        typer.Option(
            metavar="VOLUME", help="that the crops were cut from, if it was moved"
        ),
    ] = None,
) -> None:
    """Add painted crops to what DIR learns from; all of them, or on any error none.

    Labels are copied into DIR/labels and named in project.yaml. Crops in which
    nobody painted are left out, unless their labels.tif itself is named.
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
