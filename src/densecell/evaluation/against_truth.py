"""Labels of a result, or of any volume, against true ones: from places to scores."""

from typing import NamedTuple

from densecell.compute import ReportProgress
from densecell.datasets.scheme import choose_scheme
from densecell.evaluation.blockwise import scored_box, truth_box, volumes_confusion
from densecell.evaluation.prediction import Prediction
from densecell.evaluation.scores import Scores, scores_from_confusion
from densecell.geometry import Box
from densecell.volume import Volume


class Evaluation(NamedTuple):
    """Scores, and the voxels that they were counted in."""

    scores: Scores
    box: Box  # in voxels of the whole volume


def evaluate_labels(
    predicted: Prediction,
    truth: Volume,
    *,
    classes: str | None = None,
    box: Box | None = None,
    where_labelled: bool = False,
    progress: ReportProgress = lambda done, total: None,
) -> Evaluation:
    """Score labels against true ones, block by block.

    Parameters
    ----------
    predicted
        What `open_prediction` opened.
    truth
        True class ids of the whole volume, or of the part that was segmented.
    classes
        Name or file of a class list, instead of the one that the prediction knows.
    box
        Score only this part, in voxels of the whole volume.
    where_labelled
        Count only voxels whose true class is above 0.
    progress
        Called with the voxels counted so far, and their total.

    Raises
    ------
    VolumeError
        If the truth covers neither the whole nor the part, or `box` lies outside.
    """
    area = scored_box(truth.shape, predicted.box, partial=predicted.partial, wanted=box)
    start = truth_box(truth.shape, predicted.box).start
    scheme = choose_scheme(
        classes, stored=predicted.scheme, labels=[truth, predicted.labels]
    )
    done = 0
    progress(done, area.voxels)

    def on_block(block: Box) -> None:
        nonlocal done
        done += block.voxels
        progress(done, area.voxels)

    confusion = volumes_confusion(
        truth,
        predicted.labels,
        scheme,
        box=area.relative_to(start),
        origin=predicted.box.relative_to(start).start,
        where_labelled=where_labelled,
        on_block=on_block,
    )
    scores = scores_from_confusion(confusion, scheme, where_labelled=where_labelled)
    return Evaluation(scores, area)
