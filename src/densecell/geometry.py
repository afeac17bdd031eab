"""Boxes of voxels, their size in nanometres, and how a volume is cut into tiles.

Everything is ordered (z, y, x); boxes are half-open; lengths are voxels unless the
name ends in `_nm`.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

from densecell.errors import ConfigError

Shape = tuple[int, int, int]
CUBIC = 1.5  # longest edge of a nearly cubic voxel, in shortest ones
FACES: tuple[Shape, ...] = ((-1, 0, 0), (0, -1, 0), (0, 0, -1))  # to neighbours before


class Spacing(NamedTuple):
    """Voxel size (z, y, x) in nanometres.

    Examples
    --------
    >>> Spacing(50, 4.6, 4.6).anisotropy
    10.869565217391305
    """

    z: float
    y: float
    x: float

    @classmethod
    def checked(cls, values: tuple[float, ...] | list[float]) -> Self:
        """Take three positive, finite lengths; say what is wrong with others."""
        if len(values) != 3 or not all(math.isfinite(v) and v > 0 for v in values):
            raise ConfigError(
                f"spacing must be three positive lengths in nm (z y x), got {values}"
            )
        return cls(*(float(v) for v in values))

    @property
    def anisotropy(self) -> float:
        """How many times deeper than wide a voxel is."""
        return self.z / math.sqrt(self.y * self.x)

    @property
    def nearly_cubic(self) -> bool:
        """Tell whether no edge of a voxel is half as long again as another."""
        return max(self) <= CUBIC * min(self)

    @property
    def voxel_um3(self) -> float:
        """Volume of one voxel in cubic micrometres."""
        return math.prod(self) * 1e-9


class Box(NamedTuple):
    """Half-open box of voxels: `start` is inside, `stop` is not.

    May reach outside a volume; whoever reads it decides what lies there.

    Examples
    --------
    >>> Box((0, 0, 8), (1, 16, 16)).shape
    (1, 16, 8)
    """

    start: Shape
    stop: Shape

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Self:
        """Cover a whole volume of (z, y, x) `shape`."""
        z, y, x = shape
        return cls((0, 0, 0), (z, y, x))

    @property
    def shape(self) -> Shape:
        """Voxels along (z, y, x)."""
        z, y, x = (b - a for a, b in zip(self.start, self.stop, strict=True))
        return (z, y, x)

    @property
    def voxels(self) -> int:
        """Number of voxels inside; 0 for an empty box."""
        return math.prod(max(0, n) for n in self.shape)

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Index of the box in an array that begins at voxel 0."""
        z, y, x = map(slice, self.start, self.stop)
        return (z, y, x)

    def grown(self, margin: Shape) -> Self:
        """Widen by `margin` voxels on every side."""
        return type(self)(
            _add(self.start, (-margin[0], -margin[1], -margin[2])),
            _add(self.stop, margin),
        )

    def shifted(self, offset: Shape) -> Self:
        """Move by `offset` voxels."""
        return type(self)(_add(self.start, offset), _add(self.stop, offset))

    def relative_to(self, origin: Shape) -> Self:
        """Express in voxels counted from `origin`."""
        return self.shifted((-origin[0], -origin[1], -origin[2]))

    def clipped(self, shape: tuple[int, ...]) -> Self:
        """Keep what lies inside a volume of `shape`."""
        return self.intersection(Box.whole(shape))

    def intersection(self, other: "Box") -> Self:
        """Keep what lies in both; empty boxes have `voxels == 0`."""
        start = _each(max, self.start, other.start)
        stop = _each(max, start, _each(min, self.stop, other.stop))
        return type(self)(start, stop)

    def union(self, other: "Box") -> Self:
        """Span the smallest box around both."""
        return type(self)(
            _each(min, self.start, other.start), _each(max, self.stop, other.stop)
        )

    def contains(self, other: "Box") -> bool:
        """Tell whether `other` lies wholly inside."""
        return self.intersection(other) == other


class Tile(NamedTuple):
    """What one network call looks at, and what of it is kept."""

    read_box: Box
    write_box: Box


class Tiling(NamedTuple):
    """A lattice of equal tiles over a volume, anchored at voxel 0.

    ::

        |<------------- tile -------------->|
        |<-margin->|<--- kept --->|<-margin->|   kept = tile - 2 margin

    Every voxel is kept exactly once. A tile that would reach over the volume's border
    is shifted inwards, so that its edge is the volume's edge (`flush`); a volume
    smaller than a tile is read as one tile that reaches over its end.

    Parameters
    ----------
    shape
        The volume.
    tile
        Voxels one network call returns; one static shape everywhere.
    margin
        Voxels read around what is kept.
    step
        In-plane origins and the padded in-plane size are multiples of this, so that
        pooling windows fall on the same voxels in every tile.
    flush
        Shift border tiles inwards. Networks without padding of their own read the
        mirrored volume instead and set this to false.
    """

    shape: Shape
    tile: Shape
    margin: Shape
    step: int = 8
    flush: bool = True

    @property
    def kept(self) -> Shape:
        """Voxels that one tile writes: the lattice constant."""
        z, y, x = (
            t if self.flush and t >= n else t - 2 * m
            for t, m, n in zip(self.tile, self.margin, self.shape, strict=True)
        )
        return (z, y, x)

    def tiles(self, within: Box) -> Iterator[Tile]:
        """Yield the tiles that write into `within`, in raster order.

        The lattice stays anchored at voxel 0 wherever `within` begins, so that a crop
        is computed from the same windows as the whole.
        """
        within = within.clipped(self.shape)
        if within.voxels == 0:
            return
        starts = [
            range(a // k * k, b, k)
            for a, b, k in zip(within.start, within.stop, self.kept, strict=True)
        ]
        for z, y, x in itertools.product(*starts):
            cell = Box((z, y, x), _add((z, y, x), self.kept))
            yield Tile(self._read_box((z, y, x)), cell.intersection(within))

    def _read_box(self, corner: Shape) -> Box:
        start = []
        steps = (1, self.step, self.step)
        whole = zip(corner, self.shape, self.tile, self.margin, steps, strict=True)
        for first, size, tile, margin, step in whole:
            origin = first - margin
            if self.flush:
                padded = max(tile, round_up(size, step))
                origin = min(max(origin, 0), padded - tile)
            start.append(origin)
        z, y, x = start
        return Box((z, y, x), _add((z, y, x), self.tile))


def tile(shape: Shape, block: Shape) -> Iterator[Box]:
    """Cut a volume into boxes of at most `block` voxels, in raster order.

    Examples
    --------
    >>> [box.shape for box in tile((1, 8, 12), (1, 8, 8))]
    [(1, 8, 8), (1, 8, 4)]
    """
    starts = (range(0, n, b) for n, b in zip(shape, block, strict=True))
    for corner in itertools.product(*starts):
        z, y, x = corner
        yield Box((z, y, x), _add((z, y, x), block)).clipped(shape)


def round_up(value: int, step: int) -> int:
    """Give the next multiple of `step` that is not below `value`."""
    return -(-value // step) * step


def _add(a: Shape, b: Shape) -> Shape:
    return _each(int.__add__, a, b)


def _each(join: Callable[[int, int], int], a: Shape, b: Shape) -> Shape:
    return (join(a[0], b[0]), join(a[1], b[1]), join(a[2], b[2]))


def pairs_in(
    shape: tuple[int, ...], offset: Shape
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slice an array twice: voxel i of the second part lies at the offset from i.

    Examples
    --------
    >>> pairs_in((1, 1, 5), (0, 0, -2))[1][2]
    slice(0, 3, None)
    """
    here = tuple(
        slice(max(0, -o), max(0, n - max(0, o)))
        for o, n in zip(offset, shape, strict=True)
    )
    there = tuple(
        slice(max(0, o), max(0, n - max(0, -o)))
        for o, n in zip(offset, shape, strict=True)
    )
    return here, there
