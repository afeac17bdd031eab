"""Which pairs of voxels are of one cell: what affinities are learned from.

.. [1] Wolf et al. 2020, The mutex watershed and its objective, IEEE TPAMI 43:3724,
       doi:10.1109/TPAMI.2020.2980827: near pairs join, far pairs part.
"""

from collections.abc import Sequence
from pathlib import Path

import fastremap
import numpy as np
from numpy.typing import NDArray

from densecell.config import VolumeEntry
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import FACES, Box, Shape, Spacing, pairs_in
from densecell.patches.partial import PARTIAL
from densecell.volume import Volume, open_volume

UNKNOWN_PAIR = 255
FAR_NM = (80.0, 240.0)  # between the voxels of far pairs, in plane
LONGEST = 40  # pixels, where voxels are cubes: half of a window
DEEPEST = 2  # slices between those of pairs across slices, at most


def default_affinities(spacing_nm: Spacing) -> tuple[Shape, ...]:
    """Choose pairs for a voxel size: the three faces, then far ones.

    Examples
    --------
    >>> default_affinities(Spacing(40, 10, 10))[3:]
    ((-2, 0, 0), (0, -8, 0), (0, 0, -8), (0, -24, 0), (0, 0, -24))
    """
    far: list[Shape] = [(-DEEPEST, 0, 0)]
    for length in FAR_NM:
        y, x = (max(2, round(length / edge)) for edge in spacing_nm[1:])
        if spacing_nm.nearly_cubic:
            y, x = min(y, LONGEST), min(x, LONGEST)
        far.append((0, -y, 0))
        far.append((0, 0, -x))
    return (*FACES, *dict.fromkeys(far))


def load_objects(
    entry: VolumeEntry, root: Path, image: Volume, box: Box
) -> NDArray[np.int32]:
    """Read the ids of the cells in a box of a volume, numbered anew from 1.

    Raises
    ------
    ConfigError
        If the project names no ids for it.
    VolumeError
        If they are of another shape than the image, or no cell is in the box.
    """
    if entry.objects is None:
        raise ConfigError(
            f"{entry.image}: affinities are learned from an id per cell, and the "
            "project names none for it; add `objects: FILE` to the volume in "
            "project.yaml, or train without --cells"
        )
    objects = open_volume(
        root / entry.objects, spacing_nm=entry.spacing_nm, labels=True
    )
    if objects.shape != image.shape:
        raise VolumeError(
            f"{objects.path}: ids of cells are {objects.shape} voxels (z, y, x) but "
            f"the image {image.path} is {image.shape}; they must be equal"
        )
    read = objects.read(box)
    if read.dtype.kind not in "ui" or read.min() < 0:
        raise VolumeError(
            f"{objects.path}: ids of cells must be whole numbers from 0, found "
            f"{read.dtype} from {read.min()}; 0 stands for no cell"
        )
    ids, _ = fastremap.renumber(read, preserve_zero=True)
    if not ids.any():
        raise VolumeError(
            f"{objects.path}: no voxel of {box.start} to {box.stop} is of a cell; "
            "there is nothing to learn affinities from"
        )
    return ids.astype(np.int32)


def affinities_of(
    ids: NDArray[np.integer],
    channels: NDArray[np.uint8],
    offsets: Sequence[Shape],
) -> NDArray[np.uint8]:
    """Tell which pairs of voxels are of one cell [1]_.

    Parameters
    ----------
    ids
        (Z, Y, X) of cells, 0 for none.
    channels
        (Z, Y, X) classes; from 224 on they are unknown, and so is every pair with such
        a voxel.
    offsets
        (z, y, x) from a voxel to the other of its pair.

    Returns
    -------
    (A, Z, Y, X): 1 for pairs of one cell, 0 for pairs of two cells, 255 for pairs that
    leave the array or the cells, and pairs that are unknown. The classes tell what is
    outside of cells; beside so many easy pairs, those of cells that touch would count
    for nothing.

    Examples
    --------
    >>> ids = np.array([[[1, 1, 2, 0, 0]]])
    >>> affinities_of(ids, np.zeros((1, 1, 5), np.uint8), [(0, 0, -1)])
    array([[[[255,   1,   0, 255, 255]]]], dtype=uint8)
    """
    found = np.full((len(offsets), *ids.shape), UNKNOWN_PAIR, np.uint8)
    known = channels < PARTIAL
    for pairs, offset in zip(found, offsets, strict=True):
        here, there = pairs_in(ids.shape, offset)
        a, b = ids[here], ids[there]
        told = known[here] & known[there] & (a > 0) & (b > 0)
        pairs[here] = np.where(told, a == b, UNKNOWN_PAIR)
    return found
