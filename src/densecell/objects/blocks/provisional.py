"""The ids that blocks gave for themselves, read back from their marks.

A block keeps its runs, the piece that each run is of, and each layer's id of a piece:
a few bytes for each run, from which any box is read faster than from a store.
"""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.blocks.block_file import load_arrays
from densecell.objects.blocks.job import Job
from densecell.objects.runs.encoding import spread


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

    @property
    def start(self) -> NDArray[np.unsignedinteger]:
        """Give the index of each run's first voxel into the flat block, (R,)."""
        return self._arrays["start"]

    @property
    def piece(self) -> NDArray[np.unsignedinteger]:
        """Give the piece that each run is of, (R,)."""
        return self._arrays["piece"]

    def ids(self, layer: str) -> NDArray[np.uint32]:
        """Give the local id of every piece, (P,)."""
        return self._arrays[f"{layer}.ids"]

    def group(self, layer: str) -> NDArray[np.uint8]:
        """Give the number of the group of every piece, (P,)."""
        return self._arrays[f"{layer}.group"][self.ids(layer)]

    def read(self, of_piece: NDArray[Any], box: Box) -> NDArray[Any]:
        """Give every voxel of a box inside the block what its piece has."""
        inside = box.relative_to(self.core.start)
        return spread(of_piece[self.piece], self.start, self.core.shape, inside)


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
