"""Affinities that a segmentation wrote beside its labels, fine and coarse."""

import math
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from densecell.config import parse_settings
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import FACES, Box, Shape, Spacing, per_axis
from densecell.objects.cut.coarse import filled_up
from densecell.result.layout import AFFINITIES, STORE
from densecell.settings import read_json
from densecell.volume import Volume, open_ome_zarr

SUREST = 255  # of a byte of affinity


class AffinityFile(BaseModel, frozen=True, extra="forbid"):
    """`segmentation.zarr/affinities.json`: the pair of voxels that each store is of."""

    format: Literal[1]
    offsets: tuple[Shape, ...]  # (z, y, x) in voxels, the faces first
    attractive: Literal[3]  # how many of the first join; the others part


class Affinities:
    """The stores of all pairs.

    Parameters
    ----------
    result
        Folder of the result.
    offsets
        (z, y, x) of each pair.
    """

    def __init__(self, result: Path, offsets: tuple[Shape, ...]) -> None:
        self.offsets = offsets
        self._volumes = [
            open_ome_zarr(result / STORE / f"affinity_{n}") for n in range(len(offsets))
        ]

    def read(self, box: Box) -> NDArray[np.uint8]:
        """(A, Z, Y, X) bytes, 255: surely of one cell."""
        return np.stack([volume.read(box) for volume in self._volumes])

    def within(self, reach_nm: float, spacing_nm: Spacing) -> Self:
        """The pairs that are no farther apart than `reach_nm`, and all faces."""
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


def find_affinities(result: Path, labels: Volume) -> tuple[Shape, ...]:
    """Offsets of the affinities in a result; none if it has none.

    Raises
    ------
    VolumeError
        If stores are missing, or do not cover the labels.
    ConfigError
        If the file that names the offsets is damaged or of an unknown format.
    """
    path = result / AFFINITIES
    if not path.exists():
        return ()
    try:
        values = read_json(path)
    except ConfigError as error:
        raise VolumeError(f"{error}; segment again") from None
    offsets = parse_settings(values, AffinityFile, where=str(path)).offsets
    if offsets[: len(FACES)] != FACES:
        raise VolumeError(f"{path}: its first offsets must be the faces {FACES}")
    Affinities(result, offsets).check(labels)
    return offsets


def coarse_affinities(
    affinities: NDArray[np.uint8], offsets: Sequence[Shape], factors: Shape
) -> tuple[NDArray[np.float32], list[Shape]]:
    """Affinities between coarse voxels, 0 to 1, and their offsets.

    Two neighbours are as sure as the least sure pair on the way from the middle of one
    to that of the other, on average over all such ways. Far pairs are averaged over a
    coarse voxel; those that come to lie on a face or on another far pair are left out.
    """
    near = [_along(affinities[n], factors, axis=n) for n in range(len(FACES))]
    steps: dict[Shape, NDArray[np.float32]] = dict(zip(FACES, near, strict=True))
    for channel, offset in list(zip(affinities, offsets, strict=True))[len(FACES) :]:
        step = per_axis(lambda o, f: round(o / f), offset, factors)
        if any(step) and step not in steps:
            steps[step] = _pooled(channel, factors, np.mean)
    together = np.stack(list(steps.values())).astype(np.float32)
    together /= SUREST
    return together, list(steps)


def _along(
    channel: NDArray[np.uint8], factors: Shape, *, axis: int
) -> NDArray[np.float32]:
    """Least affinity between the middles of coarse neighbours."""
    factor = factors[axis]
    if factor > 1:  # shifted so that a group ends at the middle of its coarse voxel
        before = [(0, 0)] * 3
        before[axis] = (factor - factor // 2 - 1, 0)
        size = channel.shape[axis]
        padded = np.pad(channel, before, constant_values=SUREST)
        channel = np.moveaxis(np.moveaxis(padded, axis, 0)[:size], 0, axis)
    only = tuple(f if a == axis else 1 for a, f in enumerate(factors))
    across = tuple(1 if a == axis else f for a, f in enumerate(factors))
    least = _pooled(channel, (only[0], only[1], only[2]), np.min)
    return _pooled(least, (across[0], across[1], across[2]), np.mean)


def _pooled(
    array: NDArray[Any], factors: Shape, how: Callable[..., NDArray[Any]]
) -> NDArray[Any]:
    """Reduce groups of voxels to one; the last are repeated to fill a group."""
    if factors == (1, 1, 1):
        return array
    padded = filled_up(array, factors)
    z, y, x = per_axis(int.__floordiv__, padded.shape, factors)
    cut = padded.reshape(z, factors[0], y, factors[1], x, factors[2])
    return how(cut, axis=(1, 3, 5))
