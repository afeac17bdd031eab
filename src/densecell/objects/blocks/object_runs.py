"""Runs of single objects, looked up in the files of numbered blocks.

A block keeps its runs and the piece of each. Sorted by pieces, the runs of an object
are found at once, and no voxel of another object is read.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.blocks.job import Job
from densecell.objects.runs.drawing import ObjectRuns
from densecell.objects.runs.encoding import ranges

KEPT = 8  # blocks whose runs stay in memory


class Item(NamedTuple):
    """An object, and the box around it."""

    layer: str
    number: int  # its id
    box: Box


class HasRuns(Protocol):
    """Something that finds the runs of objects."""

    def runs(self, items: Sequence[Item]) -> Iterator[ObjectRuns]:
        """Runs of objects; `which` is the index among those asked for."""


class NumberedBlocks:
    """Numbered blocks with final ids; the last few stay in memory.

    Parameters
    ----------
    job
        Blocks that are merged, with their final ids saved.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._block = lru_cache(KEPT)(self._load)

    def runs(self, items: Sequence[Item]) -> Iterator[ObjectRuns]:
        """Runs of objects, block by block and layer by layer."""
        touched: dict[tuple[int, str], list[int]] = {}
        for k, item in enumerate(items):
            for number in self._job.blocks_in(item.box):
                touched.setdefault((number, item.layer), []).append(k)
        for (number, layer), asked in sorted(touched.items()):
            numbers = np.array([items[k].number for k in asked])
            found = self._block(number).runs(layer, numbers)
            yield found._replace(which=np.array(asked)[found.which])

    def _load(self, number: int) -> "_Block":
        return _Block(self._job, number)


class _Block:
    """The runs of one block, sorted by pieces."""

    def __init__(self, job: Job, number: int) -> None:
        self._job, self._number, self._ids = job, number, job.ids(number)
        self._pieces: dict[str, tuple[NDArray[np.integer], NDArray[np.integer]]] = {}
        piece = self._ids.piece
        self._order = np.argsort(piece, kind="stable").astype(np.uint32)
        self._count = np.bincount(piece)
        self._low = np.cumsum(self._count) - self._count

    def runs(self, layer: str, numbers: NDArray[np.integer]) -> ObjectRuns:
        """Runs of objects of a layer, one object after the other."""
        ids, pieces = self._sorted(layer)
        low = np.searchsorted(ids, numbers, side="left")
        count = np.searchsorted(ids, numbers, side="right") - low
        place, owner = ranges(low, count)
        mine = pieces[place]
        place, which = ranges(self._low[mine], self._count[mine])
        run = self._order[place]
        start = self._ids.start[run].astype(np.int64)
        _, rows, width = self._ids.core.shape
        row, x = np.divmod(start, width)
        z, y = np.divmod(row, rows)
        z0, y0, x0 = self._ids.core.start
        return ObjectRuns(owner[which], z + z0, y + y0, x + x0, self._length[run])

    @cached_property
    def _length(self) -> NDArray[np.int64]:
        return np.diff(self._ids.start, append=self._ids.core.voxels)

    def _sorted(self, layer: str) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Final ids in order, and the piece of each."""
        if layer not in self._pieces:
            ids = self._job.final_ids(self._ids, self._number, layer)
            order = np.argsort(ids, kind="stable")
            self._pieces[layer] = ids[order], order
        return self._pieces[layer]
