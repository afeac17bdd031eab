"""Affinities as an unsure network would write them, made from true cells."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.geometry import FACES, Box, Shape, Spacing
from densecell.volume import create_ome_zarr

BLUR = 1.0  # voxels, sigma
NOISE = 0.15  # sigma, of 0 to 1


def write_affinities(
    store: Path,
    cells: NDArray[np.integer],
    offsets: Sequence[Shape],
    *,
    spacing_nm: Spacing,
    seed: int,
) -> None:
    """Write what `densecell segment` does with a model that learned affinities.

    Parameters
    ----------
    store
        `segmentation.zarr` of a result.
    cells
        (Z, Y, X) true ids; 0 is of no cell.
    offsets
        (z, y, x) of each pair, the faces first.
    """
    rng = np.random.default_rng(seed)
    for number, offset in enumerate(offsets):
        there = np.roll(cells, [-o for o in offset], (0, 1, 2))
        same = ((there == cells) & (cells > 0)).astype(np.float32)
        sure = ndimage.gaussian_filter(same, BLUR)
        sure += rng.normal(0, NOISE, cells.shape).astype(np.float32)
        volume = create_ome_zarr(
            store / f"affinity_{number}",
            shape=cells.shape,
            dtype=np.uint8,
            spacing_nm=spacing_nm,
            kind="image",
        )
        box = Box.whole(cells.shape)
        volume.write(box, np.rint(255 * sure.clip(0, 1)).astype(np.uint8))
    pairs = {"format": 1, "offsets": list(offsets), "attractive": len(FACES)}
    (store / "affinities.json").write_text(json.dumps(pairs), encoding="utf-8")
