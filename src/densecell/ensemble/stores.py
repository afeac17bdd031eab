"""Arrays of a result in `segmentation.zarr`, with one shard per block."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.classes import ClassScheme
from densecell.config import write_text
from densecell.ensemble.blocks import BlockLabels
from densecell.geometry import FACES, Box, Shape, per_axis
from densecell.result import STORE, Run, layout
from densecell.volume import (
    Kind,
    Layout,
    OmeZarrVolume,
    create_ome_zarr,
    open_ome_zarr,
    show_as_image,
)


class Stores(NamedTuple):
    """Arrays that each block is written to."""

    classes: OmeZarrVolume
    confidence: OmeZarrVolume
    disagreement: OmeZarrVolume
    members: tuple[OmeZarrVolume, ...]
    probabilities: tuple[OmeZarrVolume, ...]
    affinities: tuple[OmeZarrVolume, ...] = ()

    def write(self, block: Box, labels: BlockLabels, scheme: ClassScheme) -> None:
        """Write one block, in voxels of the result."""
        self.classes.write(block, scheme.to_ids(labels.channels))
        self.confidence.write(block, labels.confidence)
        self.disagreement.write(block, labels.disagreement)
        for store, member in zip(self.members, labels.members, strict=False):
            store.write(block, scheme.to_ids(member))
        shares = [
            *zip(self.probabilities, labels.probabilities, strict=False),
            *zip(self.affinities, labels.affinities, strict=False),
        ]
        for store, share in shares:
            store.write(block, np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8))
        single = (self.classes, self.confidence, self.disagreement)
        several = (*self.members, *self.probabilities, *self.affinities)
        for store in (*single, *several):
            store.flush(block)


def images(run: Run) -> dict[str, Kind]:
    """Names of all arrays of the store, with the kind of each."""
    names: dict[str, Kind] = {
        layout.CONFIDENCE: "image",  # first: the store is shown as this image
        layout.DISAGREEMENT: "image",
        "labels/classes": "label",
    }
    if run.keep_members:
        names |= {f"labels/{member}": "label" for member in run.model.members}
    if run.probabilities:
        names |= {f"probability_{i}": "image" for i in run.classes.ids}
    names |= {f"affinity_{i}": "image" for i in range(len(run.affinities))}
    return names


def create_stores(run: Run, out: Path) -> None:
    """Create empty arrays in place of existing ones."""
    if run.affinities:
        pairs = {"format": 1, "offsets": run.affinities, "attractive": len(FACES)}
        write_text(out / layout.AFFINITIES, json.dumps(pairs, indent=1) + "\n")
    for name, kind in images(run).items():
        create_ome_zarr(
            out / STORE / name,
            shape=run.extent.shape,
            dtype=np.uint8,
            spacing_nm=run.spacing_nm,
            kind=kind,
            layout=Layout(chunk=_chunk(run), shard=run.inference.block),
            scheme=run.classes if kind == "label" else None,
            overwrite=True,
        )
        if name == layout.CONFIDENCE:
            show_as_image(out / STORE, name)


def open_stores(run: Run, out: Path) -> Stores:
    """Open the arrays that `create_stores` made."""

    def opened(name: str) -> OmeZarrVolume:
        return open_ome_zarr(out / STORE / name, writable=True)

    members = run.model.members if run.keep_members else ()
    ids = run.classes.ids if run.probabilities else ()
    return Stores(
        opened("labels/classes"),
        opened("confidence"),
        opened("disagreement"),
        tuple(opened(f"labels/{name}") for name in members),
        tuple(opened(f"probability_{i}") for i in ids),
        tuple(opened(f"affinity_{i}") for i in range(len(run.affinities))),
    )


def _chunk(run: Run) -> Shape:
    """Chunk of a block: what one tile writes, if it divides the block."""
    frozen = run.inference
    kept = per_axis(lambda tile, margin: tile - 2 * margin, frozen.tile, frozen.margin)
    if run.grid is not None:
        kept = per_axis(lambda k, ratio: (k * ratio).numerator, kept, run.grid.ratio)
    _, y, x = per_axis(min, kept, frozen.block)
    chunk = (frozen.block[0], y, x)
    divides = per_axis(lambda block, size: block % size == 0, frozen.block, chunk)
    return chunk if all(divides) else frozen.block
