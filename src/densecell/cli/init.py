"""Start a project from an image and its labels."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import FORMATS


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="new project folder")],
    image: Annotated[str, typer.Argument(help=f"intensities: {FORMATS}")],
    labels: Annotated[str, typer.Argument(help="class ids of the same shape")],
    eval_pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--eval",
            metavar="IMAGE LABELS",
            help="labelled volume to validate on",
        ),
    ] = None,
    objects: Annotated[
        str | None,
        typer.Option(
            metavar="IDS",
            help="an id per cell and voxel of IMAGE, 0 for none; for `train --cells`",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_OR_FILE", help="class scheme; else made up from the ids"
        ),
    ] = None,
    spacing: Annotated[
        tuple[float, float, float] | None,
        typer.Option(metavar="Z Y X", help="voxel size in nm, if the files lack it"),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="of images with several; of labels: write LABELS#channel=N_OR_NAME",
        ),
    ] = None,
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="of images with several; of labels: write LABELS#time=N",
        ),
    ] = None,
    train_z: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="A B", help="train on slices A to B, B not included"),
    ] = None,
    eval_z: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="A B", help="validate on slices A to B, B not included"),
    ] = None,
) -> None:
    """Write DIR/project.yaml with everything found in IMAGE and LABELS.

    Without --eval or --eval-z, the last fifth of the slices is kept
    for validation.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.datasets.project import (
        ImageWithLabels,
        draft_project,
        read_project,
        write_project,
    )
    from densecell.volume import open_volume

    def opened(image: str, labels: str) -> ImageWithLabels:
        return ImageWithLabels(
            open_volume(image, spacing_nm=spacing, channel=channel, time=time),
            open_volume(labels, spacing_nm=spacing, labels=True),
        )

    draft = draft_project(
        opened(image, labels),
        opened(*eval_pair) if eval_pair else None,
        folder=folder,
        objects=None if objects is None else open_volume(objects, labels=True),
        classes=classes,
        train_z=train_z,
        eval_z=eval_z,
    )
    path = write_project(folder, draft.text)
    for line in draft.findings:
        typer.echo(line)
    scheme = read_project(folder).classes
    look = "look at its classes"
    if not (scheme.with_role("cell") or scheme.organelle_ids):
        look = "say which of its classes are cells or organelles (role)"
    typer.echo(f"{path}: written; {look}; then `densecell train {folder}`")
