"""A store of ids of which some files are written anew, aside, with all its levels.

::

    original     0 [####] [####] [####]     1 [########]
    written      0        [====]            1 [##====##]    read as one

Only files that hold a changed voxel are written. Coarser levels follow from finer ones
by the same votes as in a whole pyramid, so that the bytes are the same.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.disk import remove
from densecell.edits.transaction import Transaction
from densecell.geometry import Box, Shape, per_axis
from densecell.volume import OmeZarrVolume, Volume, coarse_box, open_levels

Change = Callable[[Box, NDArray[Any]], NDArray[Any]]  # of the ids in a box


class EditedStore:
    """A layer of ids in a result, before and after a correction.

    Parameters
    ----------
    name
        Path from the result to the store.
    transaction
        Gets the files that change.
    """

    def __init__(self, name: str, transaction: Transaction) -> None:
        self.name, self._transaction = name, transaction
        self._path = transaction.result / name
        self._work = transaction.folder / "work" / name
        for file in (self._path / "zarr.json", *self._path.glob("*/zarr.json")):
            copy = self._work / file.relative_to(self._path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        there = open_levels(self._path, labels=True)
        aside = open_levels(self._work, labels=True, writable=True)
        self._levels = [_Level(*both) for both in zip(there, aside, strict=True)]

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x)."""
        return self._levels[0].shape

    def read(self, box: Box) -> NDArray[Any]:
        """Ids of a box, with the changes so far."""
        return self._levels[0].read(box)

    def change(self, box: Box, change: Change) -> None:
        """Change the ids of a box; write the files in which something changed."""
        self._levels[0].change(box, change)

    def stage(self) -> None:
        """Let the coarser levels follow, and hand over all files that changed."""
        for finer, level in zip(self._levels, self._levels[1:], strict=False):
            factors = per_axis(lambda a, b: -(-a // b), finer.shape, level.shape)
            for box in [*finer.written]:
                level.change(box.coarsened(factors), partial(_votes, finer, factors))
        for level in self._levels:
            for file in level.changed_files():
                name = f"{self.name}/{file.relative_to(self._work).as_posix()}"
                if file.exists():
                    file.replace(self._transaction.staged(name))
                else:  # nothing but zeros is left
                    self._transaction.drop(name)
        remove(self._transaction.folder / "work")


class _Level(Volume):
    """A level of which some files are written aside."""

    def __init__(self, there: OmeZarrVolume, aside: OmeZarrVolume) -> None:
        super().__init__(
            there.path,
            shape=there.shape,
            dtype=there.dtype,
            spacing_nm=there.spacing_nm,
            format=there.format,
            chunk=there.chunk,
        )
        self.written: dict[Box, None] = {}  # whole files, in order
        self._there, self._aside = there, aside

    def change(self, box: Box, change: Change) -> None:
        """Change the ids of a box; write the files in which something changed."""
        for shard in self._shards(box):
            part = shard.intersection(box)
            whole = self.read(shard)
            inside = part.relative_to(shard.start).slices
            before = whole[inside].copy()
            whole[inside] = change(part, before)
            if not np.array_equal(before, whole[inside]):
                self._aside.write(shard, whole)
                self.written[shard] = None

    def changed_files(self) -> Iterator[Path]:
        """Files aside that replace those that are there."""
        for shard in self.written:
            yield from self._aside.files(shard)

    def _read(self, box: Box) -> NDArray[Any]:
        found = self._there.read(box)
        for shard in self._shards(box) if self.written else ():
            if shard in self.written:
                part = shard.intersection(box)
                found[part.relative_to(box.start).slices] = self._aside.read(part)
        return found

    def _shards(self, box: Box) -> Iterator[Box]:
        grid = box.coarsened(self._there.shard)
        for place in itertools.product(*map(range, grid.start, grid.stop)):
            z, y, x = place
            shard = Box.at((z, y, x), (1, 1, 1)).refined(self._there.shard)
            yield shard.clipped(self.shape)


def _votes(finer: Volume, factors: Shape, box: Box, _: NDArray[Any]) -> NDArray[Any]:
    """Ids of a box of a level, by the votes of the level below."""
    return coarse_box(finer, box, factors, "label")
