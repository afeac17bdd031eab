"""The ids that blocks gave for themselves, read back from their marks.

A block keeps its runs, the piece that each run is of, and each layer's id of a piece.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.objects.job import Job
from densecell.objects.keys import joint_keys
from densecell.objects.npz import load_arrays


class Plane(NamedTuple):
    """Ids of one layer in a box."""

    ids: NDArray[np.uint64]  # block << 32 | local id, 0 for none
    group: NDArray[np.uint8]


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

    def filled(
        self, of_piece: NDArray[np.unsignedinteger]
    ) -> NDArray[np.unsignedinteger]:
        """Give every voxel of the block what its piece has, (P,) to (Z, Y, X)."""
        start, piece = self._arrays["start"], self._arrays["piece"]
        length = np.diff(start, append=self.core.voxels)
        return np.repeat(of_piece[piece], length).reshape(self.core.shape)

    def pieces(self, box: Box) -> NDArray[np.int64]:
        """Give the piece of every voxel of a box inside the block."""
        start, stop = box.relative_to(self.core.start)
        z, y, x = (np.arange(a, b) for a, b in zip(start, stop, strict=True))
        _, rows, width = self.core.shape
        place = (z[:, None, None] * rows + y[:, None]) * width + x
        run = np.searchsorted(self._arrays["start"], place, side="right") - 1
        return self._arrays["piece"][run]

    def plane(self, layer: str, pieces: NDArray[np.int64]) -> Plane:
        """Give ids and groups of pieces."""
        local = self.ids(layer)[pieces]
        ids = joint_keys(np.uint64(self.number), local)
        ids[local == 0] = 0
        return Plane(ids, self._arrays[f"{layer}.group"][local])
