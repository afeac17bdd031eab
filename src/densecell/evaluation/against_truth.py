"""Labels and objects of a result, or of any volume, against true ones."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from densecell.address import Address
from densecell.classes import Layer
from densecell.compute import ReportProgress
from densecell.datasets.scheme import choose_scheme
from densecell.evaluation.blockwise import scored_box, truth_box, volumes_confusion
from densecell.evaluation.kept import save_scores
from densecell.evaluation.measured_objects import (
    open_ids,
    open_measured,
    score_objects,
)
from densecell.evaluation.object_scores import ObjectScores
from densecell.evaluation.prediction import open_prediction
from densecell.evaluation.scores import Scores, scores_from_confusion
from densecell.geometry import Box
from densecell.result import is_result
from densecell.volume import Volume

Show = Callable[[str], AbstractContextManager[ReportProgress]]


class Evaluation(NamedTuple):
    """Scores, and what they were counted in."""

    scores: Scores
    objects: ObjectScores | None  # none: the labels were not measured
    box: Box  # in voxels of the whole volume
    kept: Path | None  # file of the scores; none: a bare volume keeps none


@contextmanager
def silent(what: str) -> Iterator[ReportProgress]:
    """Show no progress."""
    yield lambda done, total: None


def evaluate_labels(
    path: Address,
    truth: Volume,
    *,
    classes: str | None = None,
    box: Box | None = None,
    true_ids: Mapping[Layer, str] | None = None,
    where_labelled: bool = False,
    show: Show = silent,
) -> Evaluation:
    """Score labels against true ones, block by block; objects too, where measured.

    Parameters
    ----------
    path
        Folder of a result, which keeps the scores, or any volume of class ids.
    truth
        True class ids of the whole volume, or of the part that was segmented.
    classes
        Name or file of a class list, instead of the one that the result knows.
    box
        Score only this part, in voxels of the whole volume.
    true_ids
        Volumes of true cells and organelles; objects of a layer that is missing are
        the connected components of the truth's classes.
    where_labelled
        Count only voxels whose true class is above 0.
    show
        Gives a function of (done, total) voxels that shows progress.

    Raises
    ------
    VolumeError
        If the truth covers neither the whole nor the part, or `box` lies outside.
    """
    found = open_prediction(path)
    area = scored_box(truth.shape, found.box, partial=found.partial, wanted=box)
    start = truth_box(truth.shape, found.box).start
    scheme = choose_scheme(classes, stored=found.scheme, labels=[truth, found.labels])
    measured = open_measured(path)
    ids = open_ids(measured, truth, true_ids or {}) if measured else {}
    with show("scoring") as progress:
        progress(0, area.voxels)
        confusion = volumes_confusion(
            truth,
            found.labels,
            scheme,
            box=area.relative_to(start),
            origin=found.box.relative_to(start).start,
            where_labelled=where_labelled,
            progress=progress,
        )
    scores = scores_from_confusion(confusion, scheme, where_labelled=where_labelled)
    objects = None
    if measured is not None:
        with show("scoring objects") as progress:
            objects = score_objects(
                measured,
                truth,
                ids,
                box=area,
                where_labelled=where_labelled,
                progress=progress,
            )
    kept = None
    if isinstance(path, Path) and is_result(path):
        kept = save_scores(scores, path, truth=truth.path, box=area, objects=objects)
    return Evaluation(scores, objects, area, kept)
