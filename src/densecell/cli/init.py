"""Start a project from an image and its labels."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from densecell.cli.options import FORMATS
from densecell.config.frozen import Frozen

if TYPE_CHECKING:
    from densecell.datasets.project import LabelFacts, ProjectDraft

Range = tuple[int, int] | None


class LabelledOptions(Frozen):
    """What else is known of the labelled volumes."""

    objects: Annotated[
        str | None,
        typer.Option(
            metavar="IDS",
            help="Cell ids of IMAGE, one per voxel, 0 where there is no cell. For "
            "`train --cells`.",
        ),
    ] = None
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_OR_FILE",
            help="Class list: a built-in name or a YAML file. Default: made from the "
            "ids.",
        ),
    ] = None
    named: Annotated[
        tuple[str, ...],
        typer.Option(
            "--class",
            metavar="ID=NAME[:ROLE[:PARENT]]",
            help="Name a class, such as 1=mitochondrion:organelle:cell. Roles: "
            "background, cell, organelle, other.",
        ),
    ] = ()
    labels_z: Annotated[
        str | None,
        typer.Option(
            metavar="Z,Z,...",
            help="Slices of IMAGE that LABELS are of, where only these were labelled: "
            "1,5,8.",
        ),
    ] = None
    unlabelled: Annotated[
        Literal["0", "slices", "none"] | None,
        typer.Option(
            metavar="0|slices|none",
            help="Where nobody labelled. 0: wherever LABELS are 0. slices: in slices "
            "of 0 alone. none: nowhere. Asked for if it is not clear.",
        ),
    ] = None
    id: Annotated[
        tuple[str, ...],
        typer.Option(
            metavar="VALUE=ID",
            help="Read a value of LABELS as this class id, such as 255=1. 255 as an id "
            "means not annotated.",
        ),
    ] = ()
    spacing: Annotated[
        tuple[float, float, float] | None,
        typer.Option(help="Voxel size in nm, if the files do not say."),
    ] = None
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="Read this channel of images that have several. Of labels: write "
            "LABELS#channel=N_OR_NAME.",
        ),
    ] = None
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Read this time point of images that have several. Of labels: write "
            "LABELS#time=N.",
        ),
    ] = None


class SplitOptions(Frozen):
    """Which slices networks are trained on, and which they are validated on."""

    eval_pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--eval",
            metavar="IMAGE LABELS",
            help="Validate and rank networks on this labelled volume.",
        ),
    ] = None
    train_z: Annotated[
        Range,
        typer.Option(metavar="A B", help="Train on slices A to B (B is not included)."),
    ] = None
    eval_z: Annotated[
        Range,
        typer.Option(
            metavar="A B", help="Validate on slices A to B (B is not included)."
        ),
    ] = None


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="New folder for the project.")
    ],
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=f"Image: {FORMATS}.")],
    labels: Annotated[
        str,
        typer.Argument(
            metavar="LABELS", help="Class ids of the same shape as the image."
        ),
    ],
    volume: LabelledOptions,
    split: SplitOptions,
) -> None:
    """Write DIR/project.yaml with everything found in IMAGE and LABELS.

    Without --eval or --eval-z, keeps a fifth of the labelled slices to validate and
    rank networks on.
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
            open_volume(
                image,
                spacing_nm=volume.spacing,
                channel=volume.channel,
                time=volume.time,
            ),
            open_volume(labels, spacing_nm=volume.spacing, labels=True),
        )

    draft = asked_for(
        volume,
        lambda facts: draft_project(
            opened(image, labels),
            opened(*split.eval_pair) if split.eval_pair else None,
            folder=folder,
            objects=open_volume(volume.objects, labels=True)
            if volume.objects
            else None,
            facts=facts,
            train_z=split.train_z,
            eval_z=split.eval_z,
        ),
    )
    path = write_project(folder, draft.text)
    for line in draft.findings:
        typer.echo(line)
    scheme = read_project(folder).classes
    look = "look at its classes"
    if not (scheme.with_role("cell") or scheme.organelle_ids):
        look = "give its classes names and roles (cell, organelle)"
    typer.echo(f"{path}: written; {look}; then `densecell train {folder}`")


def asked_for(
    options: LabelledOptions, draft: "Callable[[LabelFacts], ProjectDraft]"
) -> "ProjectDraft":
    """Draft a project; at a terminal, ask what the labels do not say."""
    import sys

    from densecell.errors import UnclearLabelsError

    while True:
        try:
            return draft(facts_of(options))
        except UnclearLabelsError as error:
            if not sys.stdin.isatty():
                raise
            typer.echo(f"{error}.")
            answer = typer.prompt(error.option, default=error.answers[0])
            name = error.option.removeprefix("--")
        given = tuple(answer.split()) if name == "id" else answer
        options = type(options).model_validate(options.model_dump() | {name: given})


def facts_of(options: LabelledOptions) -> "LabelFacts":
    """What the options say of labels.

    Raises
    ------
    ConfigError
        If a value or a slice is not written as it should be.
    """
    from densecell.datasets.project import LabelFacts
    from densecell.errors import ConfigError

    ids = {}
    for text in options.id:
        found = re.fullmatch(r"(\d{1,3})=(\d{1,3})", text)
        if not found or max(map(int, found.groups())) > 255:
            raise ConfigError(f"--id {text}: expected VALUE=ID, both 0 to 255: 255=1")
        ids[int(found[1])] = int(found[2])
    words = re.split(r"[,\s]+", options.labels_z.strip()) if options.labels_z else []
    if not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        raise ConfigError(
            f"--labels-z {options.labels_z}: expected numbers of slices: 1,5,8"
        )
    return LabelFacts(
        options.classes,
        ids,
        options.unlabelled,
        tuple(map(int, words)),
        options.named,
    )
