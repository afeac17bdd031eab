"""Score labels against truth."""

import json
from typing import Annotated

import typer


def evaluate(
    result: Annotated[
        str, typer.Argument(help="result folder, or any volume of labels")
    ],
    truth: Annotated[
        str,
        typer.Argument(
            help="true labels of the whole volume, or of the box that was segmented"
        ),
    ],
    box: Annotated[
        tuple[int, int, int, int, int, int] | None,
        typer.Option(
            metavar="Z0 Y0 X0 Z1 Y1 X1",
            help="score only this part; voxels of the whole volume, end not included",
        ),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="of TRUTH, if it has several; of RESULT: write it #channel=N_OR_NAME",
        ),
    ] = None,
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="of TRUTH, if it has several; of RESULT: write it #time=N",
        ),
    ] = None,
    where_labelled: Annotated[
        bool, typer.Option("--where-labelled", help="count only voxels with truth > 0")
    ] = False,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_NAME",
            help="class scheme; a result folder knows its own",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print the scores as JSON only")
    ] = False,
) -> None:
    """Score RESULT against TRUTH: overlap per class and on average.

    A result folder keeps the scores in scores/<truth name>.json, which also
    names a channel or time point; scores of another truth of that name, of
    another box or of other voxels are kept beside it.

    Voxels that nobody annotated never count; --where-labelled also leaves out
    all voxels of class 0.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from rich.console import Console

    from densecell.address import to_address
    from densecell.cli.progress import told_progress
    from densecell.cli.scores_table import scores_table
    from densecell.datasets.scheme import choose_scheme
    from densecell.evaluation import scores_from_confusion
    from densecell.evaluation.blockwise import scored_box, truth_box, volumes_confusion
    from densecell.evaluation.kept import save_scores, scores_record
    from densecell.evaluation.prediction import open_prediction
    from densecell.geometry import Box
    from densecell.result import is_segmentation
    from densecell.volume import open_volume

    scored = to_address(result)
    found = open_prediction(scored)
    labels = open_volume(truth, labels=True, channel=channel, time=time)
    wanted = Box(box[:3], box[3:]) if box else None
    area = scored_box(labels.shape, found.box, partial=found.partial, wanted=wanted)
    start = truth_box(labels.shape, found.box).start
    scheme = choose_scheme(classes, stored=found.scheme, labels=[labels, found.labels])
    done = 0
    with told_progress("scoring") as told:
        told(0, area.voxels)

        def on_block(block: Box) -> None:
            nonlocal done
            done += block.voxels
            told(done, area.voxels)

        confusion = volumes_confusion(
            labels,
            found.labels,
            scheme,
            box=area.relative_to(start),
            origin=found.box.relative_to(start).start,
            where_labelled=where_labelled,
            on_block=on_block,
        )
    scores = scores_from_confusion(confusion, scheme, where_labelled=where_labelled)

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
