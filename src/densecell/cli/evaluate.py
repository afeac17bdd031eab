"""Score labels against truth."""

import json
from typing import Annotated

import typer

from densecell.classes import Layer
from densecell.cli.options import AsJson, Classes, SubBox, corners
from densecell.config.frozen import Frozen


class TruthOptions(Frozen):
    """Which part of the truth counts."""

    box: Annotated[
        SubBox,
        typer.Option(
            help="Score only this part, in voxels of the whole volume (the end is not "
            "included)."
        ),
    ] = None
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="Read this channel of TRUTH, if it has several. Of RESULT: write "
            "RESULT#channel=N_OR_NAME.",
        ),
    ] = None
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Read this time point of TRUTH, if it has several. Of RESULT: write "
            "RESULT#time=N.",
        ),
    ] = None
    where_labelled: Annotated[
        bool, typer.Option(help="Count only voxels where TRUTH is above 0.")
    ] = False
    objects: Annotated[
        str | None,
        typer.Option(
            metavar="CELLS",
            help="Compare cells with these true ids: a volume with one id for each "
            "cell. Default: connected components of TRUTH.",
        ),
    ] = None
    organelles: Annotated[
        str | None,
        typer.Option(
            metavar="ORGANELLES",
            help="Compare organelles with these true ids. Default: connected components"
            " of TRUTH.",
        ),
    ] = None

    @property
    def true_ids(self) -> dict[Layer, str]:
        """Volumes of true ids that were given, by layer."""
        given: dict[Layer, str | None]
        given = {"cells": self.objects, "organelles": self.organelles}
        return {layer: path for layer, path in given.items() if path is not None}


def evaluate(
    result: Annotated[
        str,
        typer.Argument(
            metavar="RESULT", help="Folder of a result, or any volume of class ids."
        ),
    ],
    truth: Annotated[
        str,
        typer.Argument(
            metavar="TRUTH",
            help="True class ids of the whole volume, or of the segmented box.",
        ),
    ],
    options: TruthOptions,
    classes: Classes = None,
    as_json: AsJson = False,
) -> None:
    """Score RESULT against TRUTH: overlap per class, and objects where measured.

    Objects count once `densecell measure` has found them: how many match true ones, and
    how far counts and sizes are off.

    Keeps the scores in RESULT/scores/NAME.json, where NAME is that of the truth, with
    its channel or time point. Scores of another truth of that name, of another box or
    of other voxels are kept beside it.

    Voxels that nobody annotated never count. --where-labelled also leaves out all
    voxels of class 0.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from rich.console import Console

    from densecell.address import to_address
    from densecell.cli.objects_table import objects_table
    from densecell.cli.progress import show_progress
    from densecell.cli.scores_table import scores_table
    from densecell.evaluation import evaluate_labels, scores_record
    from densecell.geometry import Box
    from densecell.volume import open_volume

    labels = open_volume(truth, labels=True, channel=options.channel, time=options.time)
    part = corners(options.box)
    found = evaluate_labels(
        to_address(result),
        labels,
        classes=classes,
        box=Box(*part) if part else None,
        true_ids=options.true_ids,
        where_labelled=options.where_labelled,
        show=show_progress,
    )
    scores, objects, area, kept = found
    if as_json:
        record = scores_record(scores, truth=labels.path, box=area, objects=objects)
        typer.echo(json.dumps(record))
    else:
        title = f"{result} against {truth}"
        Console().print(scores_table(scores, title=title, box=area))
        if objects is not None:
            typer.echo()
            Console().print(objects_table(objects))
        if kept is not None:
            step = "measure" if objects is None else "report"
            typer.echo(f"{kept}: kept; next `densecell {step} {result}`")
    if options.true_ids and objects is None:
        typer.echo(
            f"{result}: its objects are not scored, because there are none yet. Run "
            "`densecell measure` first, then this command again",
            err=True,
        )
