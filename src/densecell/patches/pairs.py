"""Pairs of voxels that belong to one cell or to two: the targets of affinities.

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
FAR_NM = (80.0, 240.0)  # lengths of far pairs in plane
LONGEST = 40  # pixels, where voxels are cubes: half of a window
DEEPEST = 2  # slices, the length of the longest pair across slices


def default_affinities(spacing_nm: Spacing) -> tuple[Shape, ...]:
    """Offsets of the pairs to learn for a voxel size: the three faces, then far ones.

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
    """Read the ids of the cells in a box of a volume, renumbered from 1.

    Raises
    ------
    ConfigError
        If the project names no file of cell ids for it.
    VolumeError
        If the shape differs from the image's, or no cell is in the box.
    """
    if entry.objects is None:
        raise ConfigError(
            f"{entry.image}: affinities are learned from cell ids, but project.yaml "
            "names no file of ids for it; add `objects: FILE` to the volume, or train "
            "without --cells"
        )
    objects = open_volume(
        root / entry.objects, spacing_nm=entry.spacing_nm, labels=True
    )
    if objects.shape != image.shape:
        raise VolumeError(
            f"{objects.path}: cell ids have {objects.shape} voxels (z, y, x), the "
            f"image {image.path} has {image.shape}; they must be equal"
        )
    read = objects.read(box)
    if read.dtype.kind not in "ui" or read.min() < 0:
        raise VolumeError(
            f"{objects.path}: cell ids must be whole numbers from 0 (no cell), found "
            f"{read.dtype} with a minimum of {read.min()}"
        )
    ids, _ = fastremap.renumber(read, preserve_zero=True)
    if not ids.any():
        raise VolumeError(
            f"{objects.path}: no cell lies in {box.start} to {box.stop}, so there is "
            "nothing to learn affinities from"
        )
    return ids.astype(np.int32)


def pair_targets(
    ids: NDArray[np.integer],
    channels: NDArray[np.uint8],
    offsets: Sequence[Shape],
) -> NDArray[np.uint8]:
    """Whether the voxels of each pair belong to one cell [1]_.

    Parameters
    ----------
    ids
        (Z, Y, X) cell ids, 0 for none.
    channels
        (Z, Y, X) classes. From 224 on they are unknown, and so is every pair with such
        a voxel.
    offsets
        (z, y, x) from a voxel to the other voxel of its pair.

    Returns
    -------
    (A, Z, Y, X): 1 for pairs within one cell, 0 for pairs of two cells, 255 for pairs
    that are unknown or leave the array or the cells. Pairs outside of cells do not
    count: they are easy, the classes already show them, and there are so many that
    pairs of touching cells would have no effect.

    Examples
    --------
    >>> ids = np.array([[[1, 1, 2, 0, 0]]])
    >>> pair_targets(ids, np.zeros((1, 1, 5), np.uint8), [(0, 0, -1)])
    array([[[[255,   1,   0, 255, 255]]]], dtype=uint8)
    """
    found = np.full((len(offsets), *ids.shape), UNKNOWN_PAIR, np.uint8)
    known = channels < PARTIAL
    for pairs, offset in zip(found, offsets, strict=True):
        here, there = pairs_in(ids.shape, offset)
        a, b = ids[here], ids[there]
        counts = known[here] & known[there] & (a > 0) & (b > 0)
        pairs[here] = np.where(counts, a == b, UNKNOWN_PAIR)
    return found
