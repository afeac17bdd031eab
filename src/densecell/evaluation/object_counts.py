"""Count what true and found objects share, block by block."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme, Layer
from densecell.compute import ReportProgress
from densecell.evaluation.blockwise import blocks_of
from densecell.evaluation.instances import Ids, Overlaps, add_overlaps, count_overlaps
from densecell.evaluation.object_truth import Placed
from densecell.geometry import Box

_PENDING = 1 << 20  # pairs that may wait to be added up


class Sides(NamedTuple):
    """Object ids of one layer, on both sides."""

    true: Placed
    found: Placed


class ObjectCounts(NamedTuple):
    """What is known of the objects of a layer once all voxels were seen."""

    overlaps: Overlaps  # voxels by true and found id
    classes: Overlaps  # voxels by true id and true class id
    cut_true: NDArray[np.uint64]  # ids that reach the end of what counts
    cut_found: NDArray[np.uint64]


def count_objects(
    layers: Mapping[Layer, Sides],
    truth: Placed,
    predicted: Placed,
    scheme: ClassScheme,
    *,
    box: Box,
    where_labelled: bool = False,
    progress: ReportProgress | None = None,
) -> dict[Layer, ObjectCounts]:
    """Count the voxels that true and found objects share, for each layer.

    The same voxels count as in `confusion_matrix`: none without a true or a predicted
    class; with `where_labelled`, none of true class 0.

    Parameters
    ----------
    truth, predicted
        Class ids.
    box
        What is counted, in voxels of the whole volume.
    progress
        Called with the voxels that are counted, and all of them.

    Notes
    -----
    Memory grows with the number of objects, not with the volume.
    """
    tallies, done = {name: _LayerTally() for name in layers}, 0
    for block in blocks_of(box):
        classes = truth.read(block)
        counts = (classes != scheme.ignore) & (predicted.read(block) != scheme.ignore)
        if where_labelled:
            counts &= classes > 0
        faces = list(_faces(block, box))
        for name, tally in tallies.items():
            sides = layers[name]
            tally.add(
                sides.true.read(block), sides.found.read(block), classes, counts, faces
            )
        done += block.voxels
        if progress is not None:
            progress(done, box.voxels)
    return {name: tally.counts() for name, tally in tallies.items()}


class _LayerTally:
    """Running counts of one layer."""

    def __init__(self) -> None:
        self._overlaps, self._classes = _Tally(), _Tally()
        self._cut_true: set[int] = set()
        self._cut_found: set[int] = set()

    def add(
        self,
        true: Ids,
        found: Ids,
        classes: Ids,
        counts: NDArray[np.bool_],
        faces: list[tuple[slice, ...]],
    ) -> None:
        """Count one block, whose `faces` lie at the end of the box."""
        for ids, cut in ((true, self._cut_true), (found, self._cut_found)):
            for face in faces:
                cut.update(np.unique(ids[face]).tolist())
            cut.update(np.unique(ids[~counts]).tolist())
        if not counts.all():
            true, found, classes = true[counts], found[counts], classes[counts]
        self._overlaps.add(count_overlaps(true, found))
        self._classes.add(count_overlaps(true, classes))

    def counts(self) -> ObjectCounts:
        """All that was counted."""
        return ObjectCounts(
            self._overlaps.total(),
            self._classes.total(),
            np.array(sorted(self._cut_true), np.uint64),
            np.array(sorted(self._cut_found), np.uint64),
        )


class _Tally:
    """Overlaps of many blocks, added up each time they have doubled."""

    def __init__(self) -> None:
        ids, voxels = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        self._parts = [Overlaps(ids, ids, voxels)]  # the sum so far, then new ones
        self._pending = 0

    def add(self, part: Overlaps) -> None:
        """Take in one block."""
        self._parts.append(part)
        self._pending += len(part.voxels)
        if self._pending > max(_PENDING, len(self._parts[0].voxels)):
            self.total()

    def total(self) -> Overlaps:
        """The sum of all blocks."""
        self._parts, self._pending = [add_overlaps(self._parts)], 0
        return self._parts[0]


def _faces(block: Box, box: Box) -> Iterator[tuple[slice, ...]]:
    """Parts of a block that lie at the border of the box.

    Axes of a single voxel do not count: in one slice every object would be cut.
    """
    for axis, size in enumerate(box.shape):
        if size > 1 and block.start[axis] == box.start[axis]:
            yield (*[slice(None)] * axis, slice(0, 1))
        if size > 1 and block.stop[axis] == box.stop[axis]:
            yield (*[slice(None)] * axis, slice(-1, None))
