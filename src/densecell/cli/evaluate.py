"""Score labels against truth."""

import json
from typing import Annotated

import typer

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
    """Score RESULT against TRUTH: overlap per class and on average.

    Keeps the scores in RESULT/scores/NAME.json, where NAME is that of the truth, with
    its channel or time point. Scores of another truth of that name, of another box or
    of other voxels are kept beside it.

    Voxels that nobody annotated never count. --where-labelled also leaves out all
    voxels of class 0.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from rich.console import Console

    from densecell.address import to_address
    from densecell.cli.progress import show_progress
    from densecell.cli.scores_table import scores_table
    from densecell.datasets.scheme import choose_scheme
    from densecell.evaluation import (
        open_prediction,
        save_scores,
        scored_box,
        scores_from_confusion,
        scores_record,
        truth_box,
        volumes_confusion,
    )
    from densecell.geometry import Box
    from densecell.result import is_segmentation
    from densecell.volume import open_volume

    scored = to_address(result)
    found = open_prediction(scored)
    labels = open_volume(truth, labels=True, channel=options.channel, time=options.time)
    part = corners(options.box)
    wanted = Box(*part) if part else None
    area = scored_box(labels.shape, found.box, partial=found.partial, wanted=wanted)
    start = truth_box(labels.shape, found.box).start
    scheme = choose_scheme(classes, stored=found.scheme, labels=[labels, found.labels])
    done = 0
    with show_progress("scoring") as progress:
        progress(0, area.voxels)

        def on_block(block: Box) -> None:
            nonlocal done
            done += block.voxels
            progress(done, area.voxels)

        confusion = volumes_confusion(
            labels,
            found.labels,
            scheme,
            box=area.relative_to(start),
            origin=found.box.relative_to(start).start,
            where_labelled=options.where_labelled,
            on_block=on_block,
        )
    scores = scores_from_confusion(
        confusion, scheme, where_labelled=options.where_labelled
    )

    kept = None
    if is_segmentation(scored):
        kept = save_scores(scores, scored, truth=labels.path, box=area)
    if as_json:
        typer.echo(json.dumps(scores_record(scores, truth=labels.path, box=area)))
    else:
        title = f"{result} against {truth}"
        Console().print(scores_table(scores, title=title, box=area))
        if kept is not None:
            typer.echo(f"{kept}: kept; next `densecell measure {result}`")
