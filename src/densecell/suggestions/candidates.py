"""Boxes that could be labelled next: all over a volume, in groups read together."""

import itertools
import math
from collections.abc import Iterator, Sequence

from densecell.errors import ConfigError
from densecell.geometry import Box, Shape

USUAL: Shape = (1, 256, 256)  # half an hour of painting
READ: Shape = (16, 1024, 1024)  # voxels read together: a shard of a result
MOST = 100_000  # boxes that are looked at; of a larger volume evenly spread groups


def box_size(shape: Shape, asked: Shape | None = None) -> Shape:
    """Give the size of boxes: as asked, or the usual one cut to the volume.

    Raises
    ------
    ConfigError
        If boxes of that size hold nothing or are larger than the volume.
    """
    if asked is None:
        return Box.whole(USUAL).clipped(shape).shape
    if min(asked) < 1 or not Box.whole(shape).contains(Box.whole(asked)):
        raise ConfigError(
            f"--size {' '.join(map(str, asked))}: boxes need a voxel or more along "
            f"each axis and must fit into the result, of {shape} voxels (z, y, x)"
        )
    return asked


def candidate_groups(shape: Shape, size: Shape) -> Iterator[tuple[Box, ...]]:
    """Yield neighbouring boxes of one size, together covering a volume.

    Boxes that would reach over the border are shifted inwards, so that neighbours may
    overlap. Of more than 100,000 boxes only those of every n-th group are given.

    Examples
    --------
    >>> (group,) = candidate_groups((1, 6, 9), (1, 6, 4))
    >>> [box.start for box in group]
    [(0, 0, 0), (0, 0, 2), (0, 0, 5)]
    """
    axes = [
        _runs(_starts(n, s), s, r) for n, s, r in zip(shape, size, READ, strict=True)
    ]
    boxes = math.prod(sum(map(len, runs)) for runs in axes)
    every = max(1, math.ceil(boxes / MOST))
    for runs in itertools.islice(itertools.product(*axes), 0, None, every):
        box = Box((0, 0, 0), size)
        yield tuple(box.shifted((z, y, x)) for z, y, x in itertools.product(*runs))


def _starts(length: int, size: int) -> list[int]:
    """Spread boxes evenly from the first voxel to the last."""
    count = math.ceil(length / size)
    return [(length - size) * n // max(1, count - 1) for n in range(count)]


def _runs(starts: Sequence[int], size: int, most: int) -> list[tuple[int, ...]]:
    """Cut starts into runs whose boxes span at most so many voxels, or one box."""
    together = max(1, (most - size) // max(1, _step(starts)) + 1)
    return [tuple(starts[n : n + together]) for n in range(0, len(starts), together)]


def _step(starts: Sequence[int]) -> int:
    return max((b - a for a, b in itertools.pairwise(starts)), default=1)
