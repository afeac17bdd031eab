"""Where one labelling is, where its objects go, and what lies in between on disk.

::

    blocks/measure/ensemble/      or a member's name
        number/                   provisional ids: each block numbers for itself
        number/  join/  write/    a file for each finished block
        seen/                     a file for each finished handful of objects
        cells_final.npy           final id by provisional id, all blocks in a row
"""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from densecell.address import to_address
from densecell.objects.cut.affinities import Affinities
from densecell.objects.layers import CELLS, LAYERS
from densecell.objects.record import Record
from densecell.objects.source import STORE
from densecell.volume import OmeZarrVolume, Volume, open_ome_zarr, open_volume

FOLDER = "blocks/measure"
ENSEMBLE = "ensemble"
HOST = {"organelles": "cells", "parts": "organelles"}  # the layer that each lies in


class Job:
    """The blocks of one labelling: the ensemble's, or a member's.

    Parameters
    ----------
    out
        Folder of the result.
    record
        Its `objects.yaml`.
    name
        `ensemble`, or a member; a member is also held against the ensemble's cells.
    """

    def __init__(self, out: Path, record: Record, name: str = ENSEMBLE) -> None:
        self.out, self.record, self.name = out, record, name
        self.folder = out / FOLDER / name
        self.layers = {layer.name: layer for layer in record.layers}

    @cached_property
    def labels(self) -> Volume:
        """Class ids."""
        record = self.record
        path = record.members.get(self.name, record.labels)
        return open_volume(
            self.out / to_address(path), labels=True, spacing_nm=record.spacing
        )

    @cached_property
    def affinities(self) -> Affinities | None:
        """What cells are cut by; none: by distances."""
        offsets = self.record.affinities
        return Affinities(self.out / STORE, offsets) if offsets else None

    @cached_property
    def confidence(self) -> Volume | None:
        """Bytes, of the ensemble only."""
        path = self.record.confidence
        if path is None or self.name != ENSEMBLE:
            return None
        return open_volume(self.out / path)

    @cached_property
    def reference(self) -> Volume | None:
        """Final cells of the ensemble, for members."""
        if self.name == ENSEMBLE or CELLS not in self.layers:
            return None
        return open_volume(objects_path(self.out, CELLS), labels=True)

    @cached_property
    def final(self) -> dict[str, OmeZarrVolume]:
        """Where final ids go."""
        return {
            name: open_ome_zarr(objects_path(self.out, name), writable=True)
            for name in self.layers
        }

    def mark(self, stage: str, number: int) -> Path:
        """Give the file that a finished block has."""
        suffix = "json" if stage == "write" else "npz"
        return self.folder / stage / f"{number:06d}.{suffix}"

    def final_table(self, name: str, number: int) -> NDArray[np.uint64]:
        """Give the final id by local id of a block."""
        offsets = np.load(self.folder / f"{name}_offsets.npy")
        table = np.load(self.folder / f"{name}_final.npy", mmap_mode="r")
        inside = table[offsets[number] : offsets[number + 1]]
        return np.concatenate([np.zeros(1, np.uint64), inside])


def objects_path(out: Path, layer: str) -> Path:
    """Give the place of the final ids of a layer."""
    assert layer in LAYERS
    return out / STORE / "labels" / layer
