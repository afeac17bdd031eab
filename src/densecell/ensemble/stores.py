"""The arrays of a result: `segmentation.zarr`, one shard per block."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.classes import ClassScheme
from densecell.config import write_text
from densecell.ensemble.blocks import BlockLabels
from densecell.ensemble.run import Run
from densecell.geometry import FACES, Box
from densecell.volume import Kind, Layout, OmeZarrVolume, create_ome_zarr, open_ome_zarr

STORE = "segmentation.zarr"
AFFINITIES = "affinities.json"  # offsets of the pairs that `affinity_*` tell of


class Stores(NamedTuple):
    """What a block is written to."""

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
    """Every array of the store with its kind."""
    names: dict[str, Kind] = {
        "labels/classes": "label",
        "confidence": "image",
        "disagreement": "image",
    }
    if run.keep_members:
        names |= {f"labels/{member}": "label" for member in run.model.members}
    if run.probabilities:
        names |= {f"probability_{i}": "image" for i in run.classes.ids}
    names |= {f"affinity_{i}": "image" for i in range(len(run.affinities))}
    return names


def create_stores(run: Run, out: Path) -> None:
    """Make empty arrays, dropping what is there."""
    if run.affinities:
        pairs = {"format": 1, "offsets": run.affinities, "attractive": len(FACES)}
        write_text(out / STORE / AFFINITIES, json.dumps(pairs, indent=1) + "\n")
    frozen = run.inference
    block = frozen.block
    kept = [t - 2 * m for t, m in zip(frozen.tile, frozen.margin, strict=True)]
    if run.grid is not None:
        kept = [(k * r).numerator for k, r in zip(kept, run.grid.ratio, strict=True)]
    chunk = (block[0], *(min(k, b) for k, b in zip(kept[1:], block[1:], strict=True)))
    if any(b % c for b, c in zip(block, chunk, strict=True)):
        chunk = block
    for name, kind in images(run).items():
        create_ome_zarr(
            out / STORE / name,
            shape=run.extent.shape,
            dtype=np.uint8,
            spacing_nm=run.spacing_nm,
            kind=kind,
            layout=Layout(chunk=(chunk[0], chunk[1], chunk[2]), shard=block),
            scheme=run.classes if kind == "label" else None,
            overwrite=True,
        )


def open_stores(run: Run, out: Path) -> Stores:
    """Open what `create_stores` made."""

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
