"""Score volumes of any size: read, count and forget one block after the other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.compute import ReportProgress
from densecell.errors import VolumeError
from densecell.evaluation.confusion import confusion_matrix
from densecell.geometry import Box, Shape, format_box, tile
from densecell.volume import Volume

_BLOCK = (16, 1024, 1024)  # voxels of one block: 16 MB of labels on each side


def volumes_confusion(
    truth: Volume,
    predicted: Volume,
    scheme: ClassScheme,
    *,
    box: Box,
    origin: Shape = (0, 0, 0),
    where_labelled: bool = False,
    progress: ReportProgress | None = None,
) -> NDArray[np.int64]:
    """Count voxels by true and predicted class inside a box.

    ::

        truth  +--------------------+      voxel `origin` of the truth is
               |   predicted        |      voxel (0, 0, 0) of the prediction
               |   o-----------+    |
               |   | box +--+  |    |      `box` counts from the truth's corner
               |   |     +--+  |    |
               |   +-----------+    |
               +--------------------+

    Parameters
    ----------
    truth
        Class ids of the whole volume.
    predicted
        Class ids of the whole volume, or of a part of it.
    scheme
        The classes.
    box
        What is scored, in voxels of `truth`; see `scored_box` and `truth_box`.
    origin
        Where in `truth` the prediction begins.
    where_labelled
        Count only voxels with truth > 0.
    progress
        Called with the voxels that are counted, and all of them.

    Returns
    -------
    (K, K) int64; rows are true classes, columns predicted ones.

    Notes
    -----
    Memory is about 50 MB, whatever the size of the volumes.
    """
    total, done = np.zeros((len(scheme), len(scheme)), np.int64), 0
    for block in blocks_of(box):
        total += confusion_matrix(
            truth.read(block),
            predicted.read(block.relative_to(origin)),
            scheme,
            where_labelled=where_labelled,
            names=(str(truth.path), str(predicted.path)),
        )
        done += block.voxels
        if progress is not None:
            progress(done, box.voxels)
    return total


def truth_box(truth: Shape, covered: Box) -> Box:
    """Box of the whole volume that a truth covers.

    It begins at voxel 0, unless the truth has exactly the shape of what the prediction
    covers: then it is the truth of that box alone.

    Examples
    --------
    >>> covered = Box((0, 10, 10), (4, 50, 50))
    >>> truth_box((4, 40, 40), covered).start, truth_box((4, 60, 60), covered).start
    ((0, 10, 10), (0, 0, 0))
    """
    return covered if truth == covered.shape else Box.whole(truth)


def scored_box(
    truth: Shape, covered: Box, *, partial: bool, wanted: Box | None = None
) -> Box:
    """Box that both truth and prediction cover, in voxels of the whole volume.

    Parameters
    ----------
    truth
        Shape of the truth, which lies at its `truth_box`.
    covered
        What the prediction covers, in voxels of the whole volume.
    partial
        Whether the prediction was made for a box only. Then the truth may be larger,
        but must cover the whole box, unless the user asked for less.
    wanted
        What the user asked for; None: everything.

    Raises
    ------
    VolumeError
        If nothing is left; or, where no box was asked for, if the two belong to
        different volumes: a whole prediction and its truth differ in shape, or the box
        of a partial one sticks out of the truth.
    """
    if wanted is None and not partial and covered.shape != truth:
        raise VolumeError(
            f"the prediction has shape {covered.shape} and the truth {truth}; "
            "give the labels of the same volume, or say with --box what to score"
        )
    there = truth_box(truth, covered)
    box = covered.intersection(wanted or covered).intersection(there)
    if box.voxels == 0:
        asked = f", --box is {format_box(wanted)}" if wanted else ""
        raise VolumeError(
            f"nothing to score: the prediction covers {format_box(covered)}, the truth "
            f"{format_box(there)}{asked}; boxes count voxels of the whole volume"
        )
    if wanted is None and box != covered:
        raise VolumeError(
            f"the prediction covers {format_box(covered)} of the whole volume, but the "
            f"truth ends at {there.stop}; give the truth of the whole volume, or of "
            "that box alone, or say with --box what to score"
        )
    return box


def blocks_of(box: Box) -> Iterator[Box]:
    """Cut a box into the blocks that are counted at once."""
    return (block.shifted(box.start) for block in tile(box.shape, _BLOCK))
