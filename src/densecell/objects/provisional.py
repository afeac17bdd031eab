"""The ids that blocks gave for themselves, read back from their marks.

A block keeps its runs, the piece that each run is of, and each layer's id of a piece:
a few bytes for each run, from which any box is read faster than from a store.
"""

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.job import Job
from densecell.objects.npz import load_arrays
from densecell.objects.runs import spread
from densecell.volume import Volume

KEPT = 16  # blocks whose runs are kept while objects are looked at


class Told:
    """What a block tells of its voxels.

    Parameters
    ----------
    job
        Whose blocks are numbered.
    number
        Of the block.
    """

    def __init__(self, job: Job, number: int) -> None:
        self.core, self.number = job.record.blocks[number], number
        layers = [f"{name}.{what}" for name in job.layers for what in ("ids", "group")]
        path = job.mark("number", number)
        self._arrays = load_arrays(path, "start", "piece", *layers)

    def ids(self, layer: str) -> NDArray[np.uint32]:
        """Give the local id of every piece, (P,)."""
        return self._arrays[f"{layer}.ids"]

    def group(self, layer: str) -> NDArray[np.uint8]:
        """Give the number of the group of every piece, (P,)."""
        return self._arrays[f"{layer}.group"][self.ids(layer)]

    def read(self, of_piece: NDArray[Any], box: Box) -> NDArray[Any]:
        """Give every voxel of a box inside the block what its piece has."""
        start, piece = self._arrays["start"], self._arrays["piece"]
        inside = box.relative_to(self.core.start)
        return spread(of_piece[piece], start, self.core.shape, inside)


class FinalIds(Volume):
    """The final ids of one layer of a job that is resolved.

    Parameters
    ----------
    job
        Of the labels.
    layer
        Its name.
    """

    def __init__(self, job: Job, layer: str) -> None:
        super().__init__(
            job.folder / layer,
            shape=job.record.shape,
            dtype=job.final[layer].dtype,
            spacing_nm=job.record.spacing,
            format="blocks",
            chunk=job.record.block,
        )
        self._job, self._layer = job, layer
        self._told = lru_cache(KEPT)(self._load)

    def _load(self, number: int) -> tuple[Told, NDArray[np.unsignedinteger]]:
        told = Told(self._job, number)
        return told, final_ids(self._job, told, self._layer)

    def _read(self, box: Box) -> NDArray[Any]:
        found = np.empty(box.shape, self.dtype)
        for number in blocks_in(self._job, box):
            part = box.intersection(self._job.record.blocks[number])
            told, ids = self._told(number)
            found[part.relative_to(box.start).slices] = told.read(ids, part)
        return found


def final_ids(job: Job, told: Told, layer: str) -> NDArray[np.unsignedinteger]:
    """Give the final id of every piece of a block, (P,)."""
    table = job.final_table(layer, told.number)
    return table[told.ids(layer)].astype(job.final[layer].dtype)


def blocks_in(job: Job, box: Box) -> list[int]:
    """List the numbers of the blocks that a box lies in."""
    places = product(
        *(
            range(a // n, (b - 1) // n + 1)
            for a, b, n in zip(box.start, box.stop, job.record.block, strict=True)
        )
    )
    return [int(np.ravel_multi_index(place, job.record.grid)) for place in places]
