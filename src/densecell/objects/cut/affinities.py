"""Affinities that a segmentation wrote beside its labels."""

import json
import math
from copy import copy
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from densecell.config import parse_settings
from densecell.errors import VolumeError
from densecell.geometry import FACES, Box, Shape, Spacing
from densecell.volume import Volume, open_ome_zarr

FILE = "affinities.json"


class AffinityFile(BaseModel, frozen=True, extra="forbid"):
    """`segmentation.zarr/affinities.json`: the pairs that each store tells of."""

    format: Literal[1]
    offsets: tuple[Shape, ...]  # (z, y, x) in voxels, the faces first
    attractive: Literal[3]  # how many of the first join; the others part


class Affinities:
    """The stores of all pairs.

    Parameters
    ----------
    store
        `segmentation.zarr` of a result.
    offsets
        (z, y, x) of each pair.
    """

    def __init__(self, store: Path, offsets: tuple[Shape, ...]) -> None:
        self.offsets = offsets
        self._volumes = [
            open_ome_zarr(store / f"affinity_{n}") for n in range(len(offsets))
        ]

    def read(self, box: Box) -> NDArray[np.uint8]:
        """Give (A, Z, Y, X) bytes, 255: surely of one cell."""
        return np.stack([volume.read(box) for volume in self._volumes])

    def within(self, reach_nm: float, spacing_nm: Spacing) -> Self:
        """Give those of pairs that are no farther apart; the faces stay."""
        near = [
            n
            for n, offset in enumerate(self.offsets)
            if n < len(FACES)
            or math.hypot(*np.multiply(offset, spacing_nm)) <= reach_nm
        ]
        found = copy(self)
        found.offsets = tuple(self.offsets[n] for n in near)
        found._volumes = [self._volumes[n] for n in near]
        return found

    def check(self, labels: Volume) -> None:
        """Refuse stores that do not cover the labels.

        Raises
        ------
        VolumeError
            Naming the first that does not.
        """
        for volume in self._volumes:
            if volume.shape != labels.shape or volume.dtype != np.uint8:
                raise VolumeError(
                    f"{volume.path}: is {volume.shape} voxels (z, y, x) of "
                    f"{volume.dtype}, but the labels are {labels.shape} and affinities "
                    "are uint8; segment the volume again"
                )


def find_affinities(store: Path, labels: Volume) -> tuple[Shape, ...]:
    """Give the offsets of the affinities in a result; none if it has none.

    Raises
    ------
    VolumeError
        If stores are missing, or do not cover the labels.
    ConfigError
        If the file that names the offsets is damaged or of an unknown format.
    """
    path = store / FILE
    if not path.exists():
        return ()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise VolumeError(f"{path}: is no JSON ({error}); segment again") from None
    offsets = parse_settings(values, AffinityFile, where=str(path)).offsets
    if offsets[: len(FACES)] != FACES:
        raise VolumeError(f"{path}: its first offsets must be the faces {FACES}")
    Affinities(store, offsets).check(labels)
    return offsets
