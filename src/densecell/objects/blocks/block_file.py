"""What stages leave on disk for each block: every key of these files stands here.

::

    number/000000.npz    NumberedBlock, read part by part through BlockFile
    join/000000.npz      MatchedBlock

A block keeps its runs, the piece that each run is of, and each layer's id of a piece:
a few bytes for each run, from which any box is read faster than from a store.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from densecell.disk import written_aside
from densecell.geometry import Box
from densecell.objects.cut.blockwise import HaloView
from densecell.objects.runs.encoding import spread
from densecell.objects.runs.sums import Sums

IdPairs = NDArray[np.uint64]


class NumberedLayer(NamedTuple):
    """The objects of one layer in one block, with ids of this block alone."""

    ids: NDArray[np.uint32]  # (P,) local id of each piece: 1..N without gaps, or 0
    group: NDArray[np.uint8]  # (N + 1,) number of the group by local id, or HOLE
    around: IdPairs  # (M, 2) an empty piece, an object at a face of it
    sums: Sums  # of each of N
    views: dict[int, HaloView]  # of each cut group, by its number
    touches: NDArray[np.int64]  # (T, 5) two objects of different groups, shared faces
    host: NDArray[np.int64] | None  # (R, 3) this, one of the layer above, voxels
    in_cells: NDArray[np.int64] | None  # (R, 3) this, cell of the ensemble, voxels


class NumberedBlock(NamedTuple):
    """Content of the file of a numbered block."""

    start: NDArray[np.int64]  # (R,) index of each run's first voxel in the flat block
    piece: NDArray[np.int64]  # (R,) piece of each run
    voxels: NDArray[np.int64]  # (K,) by class
    contacts: NDArray[np.int64]  # (K, K) areas of patches that begin in the block
    layers: dict[str, NumberedLayer]

    def save(self, path: Path) -> None:
        """Write the file, all at once."""
        arrays: dict[str, NDArray[Any] | None] = {
            "voxels": self.voxels,
            "contacts": self.contacts,
            "start": self.start,
            "piece": self.piece,
        }
        for name, layer in self.layers.items():
            arrays |= {f"{name}.{f}": v for f, v in layer.sums._asdict().items()}
            arrays |= {
                f"{name}.touches": layer.touches,
                f"{name}.host": layer.host,
                f"{name}.cells": layer.in_cells,
                f"{name}.ids": layer.ids,
                f"{name}.group": layer.group,
                f"{name}.around": layer.around,
            }
            for group, view in layer.views.items():
                arrays[f"{name}.seen{group}"] = view.objects
                box = [*view.box.start, *view.box.stop, view.last]
                arrays[f"{name}.seen{group}.box"] = np.array(box)
        save_arrays(path, {k: v for k, v in arrays.items() if v is not None})


class MatchedLayer(NamedTuple):
    """Pairs (N, 2) of provisional ids: block << 32 | local id."""

    same: IdPairs  # two that are one object
    around: IdPairs  # an empty piece, and an object at a face of it
    touching: IdPairs  # two objects of different groups
    faces: NDArray[np.int64]  # (N, 3) that those share, across z, y and x


class MatchedBlock(NamedTuple):
    """Content of the file of a block that was matched with those before it."""

    layers: dict[str, MatchedLayer]

    def save(self, path: Path) -> None:
        """Write the file, all at once."""
        arrays = {
            f"{name}.{field}": pairs
            for name, layer in self.layers.items()
            for field, pairs in layer._asdict().items()
        }
        save_arrays(path, arrays)

    @classmethod
    def load(cls, path: Path, layers: Iterable[str]) -> Self:
        """Read the file."""
        arrays = load_arrays(path)
        fields = MatchedLayer._fields
        return cls(
            {n: MatchedLayer(*(arrays[f"{n}.{f}"] for f in fields)) for n in layers}
        )


class BlockIds:
    """The ids that a block gave to its voxels, by pieces.

    Parameters
    ----------
    file
        File of the block.
    core
        Box of the block.
    layers
        Names of its layers.
    """

    def __init__(self, file: "BlockFile", core: Box, layers: Iterable[str]) -> None:
        self.core = core
        keys = [f"{name}.{what}" for name in layers for what in ("ids", "group")]
        self._arrays = load_arrays(file.path, "start", "piece", *keys)

    @property
    def start(self) -> NDArray[np.unsignedinteger]:
        """Index of each run's first voxel in the flat block, (R,)."""
        return self._arrays["start"]

    @property
    def piece(self) -> NDArray[np.unsignedinteger]:
        """Piece of each run, (R,)."""
        return self._arrays["piece"]

    def of(self, layer: str) -> NDArray[np.uint32]:
        """Local id of every piece, (P,)."""
        return self._arrays[f"{layer}.ids"]

    def group(self, layer: str) -> NDArray[np.uint8]:
        """Number of the group of every piece, (P,)."""
        return self._arrays[f"{layer}.group"][self.of(layer)]

    def spread(self, of_piece: NDArray[Any], box: Box) -> NDArray[Any]:
        """Value of every voxel of a box inside the block, given those of pieces."""
        inside = box.relative_to(self.core.start)
        return spread(of_piece[self.piece], self.start, self.core.shape, inside)


class BlockFile(NamedTuple):
    """File of a numbered block. Reads only the parts that are asked for."""

    path: Path

    def voxels(self) -> NDArray[np.int64]:
        """Voxels by class, (K,)."""
        return self._one("voxels")

    def contacts(self) -> NDArray[np.int64]:
        """Areas of contacts between classes, (K, K)."""
        return self._one("contacts")

    def group(self, layer: str) -> NDArray[np.uint8]:
        """Number of the group by local id, (N + 1,)."""
        return self._one(f"{layer}.group")

    def touches(self, layer: str) -> NDArray[np.int64]:
        """Rows (object, object of another group, faces across z, y, x)."""
        return self._one(f"{layer}.touches")

    def host(self, layer: str) -> NDArray[np.int64]:
        """Rows (object, object of the layer above, shared voxels), of local ids."""
        return self._one(f"{layer}.host")

    def in_cells(self, layer: str) -> NDArray[np.int64]:
        """Rows (object, cell of the ensemble, shared voxels)."""
        return self._one(f"{layer}.cells")

    def objects(self, layer: str) -> tuple[NDArray[np.uint8], IdPairs, Sums]:
        """Group by local id, pairs of holes and objects around, sums over objects."""
        keys = ("group", "around", *Sums._fields)
        found = load_arrays(self.path, *(f"{layer}.{key}" for key in keys))
        group, around, *sums = (found[f"{layer}.{key}"] for key in keys)
        return group, around, Sums(*sums)

    def view(self, layer: str, group: int) -> HaloView | None:
        """A cut group in the block and its halo; none if nothing of it is there."""
        key = f"{layer}.seen{group}"
        found = load_arrays(self.path, key, f"{key}.box")
        if key not in found:
            return None
        z0, y0, x0, z1, y1, x1, last = found[f"{key}.box"].tolist()
        return HaloView(Box((z0, y0, x0), (z1, y1, x1)), found[key], last)

    def _one(self, key: str) -> NDArray[Any]:
        return load_arrays(self.path, key)[key]


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as `.npz`, all at once; nothing is pickled."""
    with written_aside(path, overwrite=True) as aside, aside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write one array as `.npy`, all at once."""
    with written_aside(path, overwrite=True) as aside, aside.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def load_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read arrays by name, as far as they are there; all of them if none is named."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in names or file.files if name in file.files}
