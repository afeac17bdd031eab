"""Where the blocks of one labelling are, where its objects go, and what lies between.

::

    blocks/measure/ensemble/      or a member's name
        number/  join/  write/    a file for each finished block, see `block_file`
        seen/                     a file for each finished batch of objects
        cells_final.npy           final id by provisional id, all blocks in a row
        cells_offsets.npy         where those of each block begin
"""

from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from densecell.address import to_address
from densecell.compute import Stage
from densecell.geometry import Box, per_axis
from densecell.objects.blocks.block_file import BlockFile, BlockIds, save_array
from densecell.objects.cut.affinities import Affinities
from densecell.objects.layers import ObjectLayer, layers_of
from densecell.result import CELLS, ORGANELLES, PARTS, Measurement, layer_path
from densecell.result.layout import MEASURE_STAGE, STORE
from densecell.volume import OmeZarrVolume, Volume, open_ome_zarr, open_volume

OF_ENSEMBLE = "ensemble"
HOST = {ORGANELLES: CELLS, PARTS: ORGANELLES}  # the layer that each lies in


class Job:
    """The blocks of one labelling: the ensemble's, or a member's.

    Parameters
    ----------
    out
        Folder of the result.
    measurement
        Its `objects.yaml`.
    name
        `ensemble`, or a member, whose objects are also compared with the ensemble's
        cells.
    """

    def __init__(
        self, out: Path, measurement: Measurement, name: str = OF_ENSEMBLE
    ) -> None:
        self.out, self.measurement, self.name = out, measurement, name
        self.folder = out / MEASURE_STAGE / name
        layers = layers_of(measurement.classes, measurement.objects)
        self.layers: dict[str, ObjectLayer] = {layer.name: layer for layer in layers}

    @cached_property
    def labels(self) -> Volume:
        """Class ids."""
        path = self.measurement.members.get(self.name, self.measurement.labels)
        return open_volume(
            self.out / to_address(path),
            labels=True,
            spacing_nm=self.measurement.spacing,
        )

    @cached_property
    def affinities(self) -> Affinities | None:
        """Affinities that cells are cut by; none: they are cut by distances."""
        offsets = self.measurement.affinities
        return Affinities(self.out, offsets) if offsets else None

    @cached_property
    def confidence(self) -> Volume | None:
        """Confidence of the ensemble in bytes; none: labels from elsewhere."""
        path = self.measurement.confidence
        return None if path is None else open_volume(self.out / path)

    @cached_property
    def probabilities(self) -> dict[int, Volume]:
        """Probabilities in bytes by number of the class, where the ensemble kept them.

        Those of organelles only, which a body's class is chosen from.
        """
        classes = self.measurement.classes
        if self.confidence is None or self.name != OF_ENSEMBLE:
            return {}
        stores = {
            classes.ids.index(i): self.out / STORE / f"probability_{i}"
            for i in classes.organelle_ids
        }
        return {k: open_ome_zarr(p) for k, p in stores.items() if p.is_dir()}

    @property
    def votes_are_probable(self) -> bool:
        """Whether bodies vote with the probabilities of all organelles."""
        known = len(self.probabilities)
        organelles = len(self.measurement.classes.organelle_ids)
        return self.joins_splinters and known == organelles > 0

    @property
    def joins_splinters(self) -> bool:
        """Whether unsure splinters join the body that they lie on."""
        return self.measurement.objects.one_class and self.confidence is not None

    @cached_property
    def reference(self) -> Volume | None:
        """Final cells of the ensemble, for members."""
        if self.name == OF_ENSEMBLE or CELLS not in self.layers:
            return None
        return open_volume(layer_path(self.out, CELLS), labels=True)

    @cached_property
    def final(self) -> dict[str, OmeZarrVolume]:
        """Stores of the final ids, by layer."""
        return {
            name: open_ome_zarr(layer_path(self.out, name), writable=True)
            for name in self.layers
        }

    def stage(self, name: str, count: int | None = None) -> Stage:
        """Marks of a stage: of all blocks, or of `count` batches of objects."""
        suffix = ".json" if name == "write" else ".npz"
        blocks = len(self.measurement.blocks)
        return Stage(self.folder / name, blocks if count is None else count, suffix)

    def mark(self, stage: str, number: int) -> Path:
        """File that a finished block has."""
        return self.stage(stage).mark(number)

    def file(self, number: int) -> BlockFile:
        """File of a numbered block."""
        return BlockFile(self.mark("number", number))

    def files(self) -> list[BlockFile]:
        """Files of all numbered blocks."""
        return [self.file(number) for number in range(len(self.measurement.blocks))]

    def ids(self, number: int) -> BlockIds:
        """Ids that a numbered block gave to its voxels."""
        core = self.measurement.blocks[number]
        return BlockIds(self.file(number), core, self.layers)

    def blocks_in(self, box: Box) -> list[int]:
        """Numbers of the blocks that a box lies in."""
        places = product(
            *per_axis(
                lambda start, stop, size: range(start // size, (stop - 1) // size + 1),
                box.start,
                box.stop,
                self.measurement.block,
            )
        )
        grid = self.measurement.grid
        return [int(np.ravel_multi_index(place, grid)) for place in places]

    def save_final(
        self, layer: str, offsets: NDArray[np.int64], final: NDArray[np.uint64]
    ) -> None:
        """Write the final id of every provisional one, and where each block's begin."""
        save_array(self.folder / f"{layer}_offsets.npy", offsets)
        save_array(self.folder / f"{layer}_final.npy", final)

    def final_table(self, layer: str, number: int) -> NDArray[np.uint64]:
        """Final id by local id of a block."""
        offsets = np.load(self.folder / f"{layer}_offsets.npy")
        table = np.load(self.folder / f"{layer}_final.npy", mmap_mode="r")
        inside = table[offsets[number] : offsets[number + 1]]
        return np.concatenate([np.zeros(1, np.uint64), inside])

    def final_ids(
        self, ids: BlockIds, number: int, layer: str
    ) -> NDArray[np.unsignedinteger]:
        """Final id of every piece of a block, (P,)."""
        table = self.final_table(layer, number)
        return table[ids.of(layer)].astype(self.final[layer].dtype)
