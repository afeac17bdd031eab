"""Where the objects of a result lie, what they are, and which cell holds them.

One pass over the stores; memory grows with the number of objects, not of voxels.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.classes import ClassScheme, Role
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, tile
from densecell.volume import Volume

BLOCK: Shape = (64, 256, 256)  # voxels read at a time
Told = Callable[[int, int], None]


class Listed(NamedTuple):
    """An object of a store.

    Parameters
    ----------
    id
        From 1.
    class_id
        The class that heads the store's objects, and most voxels under it lie in.
    cell
        The most frequent cell under it, 0 for none; of a cell itself its id.
    box
        Around it, in voxels.
    voxels
        How many it has.
    """

    id: int
    class_id: int
    cell: int
    box: Box
    voxels: int


def list_objects(
    objects: Volume,
    labels: Volume,
    scheme: ClassScheme,
    *,
    role: Role,
    depth: int = 0,
    cells: Volume | None = None,
    own_cell: bool = False,
    told: Told | None = None,
) -> list[Listed]:
    """List the objects of a store by ascending id.

    Parameters
    ----------
    objects
        Ids, 0 for none.
    labels
        Class ids of the same voxels.
    role
        Of the classes that the store is made of. A class that lies in one of these
        counts as that one; others count where these are missing.
    depth
        In how many classes of this role these lie: 0 for organelles, 1 for their parts.
    cells
        Ids of the cells that may hold the objects.
    own_cell
        Whether the objects are cells themselves.
    told
        Is called with the voxels looked at and those of all.

    Raises
    ------
    VolumeError
        If the stores have different shapes.
    """
    for other in (labels, cells or labels):
        if other.shape != objects.shape:
            raise VolumeError(
                f"{objects.path}: has shape {objects.shape}, but {other.path} has "
                f"{other.shape}; measure the result again with --overwrite"
            )
    boxes: dict[int, Box] = {}
    voxels: Counter[int] = Counter()
    classes: Counter[tuple[int, int]] = Counter()
    inside: Counter[tuple[int, int]] = Counter()
    done, total = 0, Box.whole(objects.shape).voxels
    for block in tile(objects.shape, BLOCK):
        found = objects.read(block)
        where = found > 0
        if where.any():
            ids, numbers = np.unique(found[where], return_inverse=True)
            for number, part in enumerate(_boxes(where, numbers)):
                i = int(ids[number])
                whole = part.shifted(block.start)
                boxes[i] = boxes[i].union(whole) if i in boxes else whole
            voxels.update(
                dict(zip(ids.tolist(), np.bincount(numbers).tolist(), strict=True))
            )
            classes.update(_votes(ids, numbers, labels.read(block)[where]))
            if cells is not None:
                inside.update(_votes(ids, numbers, cells.read(block)[where]))
        done += block.voxels
        if told:
            told(done, total)
    heads = _heads(scheme, role, depth)
    of_heads: Counter[tuple[int, int]] = Counter()
    for (i, class_id), n in classes.items():
        of_heads[i, heads.get(class_id, class_id)] += n
    class_of = _winners(of_heads, prefer=set(heads.values()))
    cell_of = _winners(inside, prefer={cell for _, cell in inside} - {0})
    return [
        Listed(
            i, class_of[i], i if own_cell else cell_of.get(i, 0), boxes[i], voxels[i]
        )
        for i in sorted(boxes)
    ]


def _heads(scheme: ClassScheme, role: Role, depth: int) -> dict[int, int]:
    """Give the class whose objects each class is a part of; only those that are."""
    heads = {}
    for class_id in scheme.ids:
        chain = (class_id, *scheme.ancestors(class_id))
        of_role = [i for i in chain if scheme.classes[i].role == role]
        if len(of_role) > depth:
            heads[class_id] = of_role[-1 - depth]
    return heads


def _boxes(where: NDArray[np.bool_], numbers: NDArray[np.intp]) -> list[Box]:
    """Give the box of each number, counted from 0."""
    renumbered = np.zeros(where.shape, np.int32)
    renumbered[where] = numbers + 1
    boxes = []
    for z, y, x in ndimage.find_objects(renumbered):
        boxes.append(Box((z.start, y.start, x.start), (z.stop, y.stop, x.stop)))
    return boxes


def _votes(
    ids: NDArray[np.integer], numbers: NDArray[np.intp], under: NDArray[np.integer]
) -> dict[tuple[int, int], int]:
    """Count voxels by (id, what lies under it)."""
    values, which = np.unique(under, return_inverse=True)
    pairs, count = np.unique(numbers * len(values) + which, return_counts=True)
    return {
        (int(ids[p // len(values)]), int(values[p % len(values)])): n
        for p, n in zip(pairs.tolist(), count.tolist(), strict=True)
    }


def _winners(votes: Counter[tuple[int, int]], *, prefer: set[int]) -> dict[int, int]:
    """Give each id its most frequent value: `prefer` first, then the lowest."""
    best: dict[int, tuple[bool, int, int]] = {}
    for (i, value), n in votes.items():
        ahead = (value in prefer, n, -value)
        best[i] = max(best.get(i, ahead), ahead)
    return {i: -value for i, (_, _, value) in best.items()}
