"""The runs of every object, looked up in the marks of numbered blocks.

A block keeps its runs and the piece that each is of. Sorted by pieces, those of an
object are found at once, and no voxel of another is touched.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.provisional import Told, blocks_in, final_ids
from densecell.objects.runs.encoding import ranges

KEPT = 8  # blocks whose runs are kept while objects are looked at


class Item(NamedTuple):
    """An object, and the box around it."""

    layer: str
    number: int  # its id
    box: Box


class Found(NamedTuple):
    """Runs of objects, in voxels of the volume."""

    which: NDArray[np.int64]  # (R,) index into the objects that were asked for
    z: NDArray[np.int64]
    y: NDArray[np.int64]
    x: NDArray[np.int64]  # of the first voxel
    length: NDArray[np.int64]


class Blocks:
    """Numbered blocks with final ids; the last few stay in memory.

    Parameters
    ----------
    job
        Of the labels, resolved, with its final ids saved.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._block = lru_cache(KEPT)(self._load)

    def runs(self, items: Sequence[Item]) -> Iterator[Found]:
        """Give the runs of objects, block by block and layer by layer."""
        touched: dict[tuple[int, str], list[int]] = {}
        for k, item in enumerate(items):
            for number in blocks_in(self._job, item.box):
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
        self._job, self._told = job, Told(job, number)
        self._pieces: dict[str, tuple[NDArray[np.integer], NDArray[np.integer]]] = {}
        piece = self._told.piece
        self._order = np.argsort(piece, kind="stable").astype(np.uint32)
        self._count = np.bincount(piece)
        self._low = np.cumsum(self._count) - self._count

    def runs(self, layer: str, numbers: NDArray[np.integer]) -> Found:
        """Give the runs of objects of a layer, those of each together."""
        ids, pieces = self._sorted(layer)
        low = np.searchsorted(ids, numbers, side="left")
        count = np.searchsorted(ids, numbers, side="right") - low
        place, owner = ranges(low, count)
        mine = pieces[place]
        place, which = ranges(self._low[mine], self._count[mine])
        run = self._order[place]
        start = self._told.start[run].astype(np.int64)
        _, rows, width = self._told.core.shape
        row, x = np.divmod(start, width)
        z, y = np.divmod(row, rows)
        z0, y0, x0 = self._told.core.start
        return Found(owner[which], z + z0, y + y0, x + x0, self._length[run])

    @cached_property
    def _length(self) -> NDArray[np.int64]:
        return np.diff(self._told.start, append=self._told.core.voxels)

    def _sorted(self, layer: str) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Give all final ids in order, and the piece that has each."""
        if layer not in self._pieces:
            ids = final_ids(self._job, self._told, layer)
            order = np.argsort(ids, kind="stable")
            self._pieces[layer] = ids[order], order
        return self._pieces[layer]
