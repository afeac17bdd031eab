"""Boxes of voxels, their size in nanometres, and how a volume is cut into tiles.

Everything is ordered (z, y, x); boxes are half-open; lengths are voxels unless the
name ends in `_nm`.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self, TypeVar

from densecell.errors import ConfigError

Shape = tuple[int, int, int]
T = TypeVar("T")
SHORTEST_NM, LONGEST_NM = 1e-3, 1e12  # of a voxel's edge: beyond all that is meant
CUBIC = 1.5  # longest edge of a nearly cubic voxel, in shortest ones
FACES: tuple[Shape, ...] = ((-1, 0, 0), (0, -1, 0), (0, 0, -1))  # to neighbours before


def per_axis(function: Callable[..., T], *triples: Sequence[Any]) -> tuple[T, T, T]:
    """Apply a function to z, y and x of one or more triples, one axis at a time.

    Raises
    ------
    ValueError
        If one of them does not have three values.

    Examples
    --------
    >>> per_axis(min, (5, 300, 300), (16, 256, 512))
    (5, 256, 300)
    >>> per_axis(lambda size, block: -(-size // block), (10, 100, 100), (4, 64, 32))
    (3, 2, 4)
    """
    z, y, x = (function(*values) for values in zip(*triples, strict=True))
    return (z, y, x)


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
        if not all(SHORTEST_NM <= v <= LONGEST_NM for v in values):
            raise ConfigError(
                f"spacing must be lengths from {SHORTEST_NM:g} to {LONGEST_NM:g} nm "
                f"(z y x), got {values}"
            )
        return cls(*(float(v) for v in values))

    @property
    def anisotropy(self) -> float:
        """How many times deeper than wide a voxel is."""
        return self.z / math.sqrt(self.y * self.x)

    @property
    def nearly_cubic(self) -> bool:
        """Whether no edge of a voxel is 1.5 times as long as another."""
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
        return per_axis(lambda start, stop: stop - start, self.start, self.stop)

    @classmethod
    def at(cls, start: Shape, shape: Shape) -> Self:
        """Box of a `shape` whose first voxel is `start`."""
        return cls(start, per_axis(int.__add__, start, shape))

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
            per_axis(int.__sub__, self.start, margin),
            per_axis(int.__add__, self.stop, margin),
        )

    def shifted(self, offset: Shape) -> Self:
        """Move by `offset` voxels."""
        return type(self)(
            per_axis(int.__add__, self.start, offset),
            per_axis(int.__add__, self.stop, offset),
        )

    def relative_to(self, origin: Shape) -> Self:
        """Express in voxels counted from `origin`."""
        return self.shifted(per_axis(int.__neg__, origin))

    def clipped(self, shape: tuple[int, ...]) -> Self:
        """Keep what lies inside a volume of `shape`."""
        return self.intersection(Box.whole(shape))

    def intersection(self, other: "Box") -> Self:
        """Keep what lies in both; empty boxes have `voxels == 0`."""
        start = per_axis(max, self.start, other.start)
        stop = per_axis(max, start, per_axis(min, self.stop, other.stop))
        return type(self)(start, stop)

    def union(self, other: "Box") -> Self:
        """Span the smallest box around both."""
        return type(self)(
            per_axis(min, self.start, other.start), per_axis(max, self.stop, other.stop)
        )

    def contains(self, other: "Box") -> bool:
        """Whether `other` lies wholly inside."""
        return self.intersection(other) == other

    def coarsened(self, factors: Shape) -> Self:
        """Smallest box of voxels `factors` times as large that covers this one."""
        return type(self)(
            per_axis(int.__floordiv__, self.start, factors),
            per_axis(lambda stop, factor: -(-stop // factor), self.stop, factors),
        )

    def refined(self, factors: Shape) -> Self:
        """Box in voxels that are `factors` times smaller."""
        return type(self)(
            per_axis(int.__mul__, self.start, factors),
            per_axis(int.__mul__, self.stop, factors),
        )


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

        def kept(tile: int, margin: int, size: int) -> int:
            return tile if self.flush and tile >= size else tile - 2 * margin

        return per_axis(kept, self.tile, self.margin, self.shape)

    def tiles(self, within: Box) -> Iterator[Tile]:
        """Yield the tiles that write into `within`, in raster order.

        The lattice stays anchored at voxel 0 wherever `within` begins, so that a crop
        is computed from the same windows as the whole.
        """
        within = within.clipped(self.shape)
        if within.voxels == 0:
            return
        starts = per_axis(
            lambda first, stop, kept: range(first // kept * kept, stop, kept),
            within.start,
            within.stop,
            self.kept,
        )
        for corner in itertools.product(*starts):
            cell = Box.at(corner, self.kept)
            yield Tile(self._read_box(corner), cell.intersection(within))

    def _read_box(self, corner: Shape) -> Box:
        def origin(first: int, size: int, tile: int, margin: int, step: int) -> int:
            start = first - margin
            if not self.flush:
                return start
            padded = max(tile, round_up(size, step))
            return min(max(start, 0), padded - tile)

        steps = (1, self.step, self.step)
        start = per_axis(origin, corner, self.shape, self.tile, self.margin, steps)
        return Box.at(start, self.tile)


def tile(shape: Shape, block: Shape) -> Iterator[Box]:
    """Cut a volume into boxes of at most `block` voxels, in raster order.

    Examples
    --------
    >>> [box.shape for box in tile((1, 8, 12), (1, 8, 8))]
    [(1, 8, 8), (1, 8, 4)]
    """
    starts = per_axis(lambda size, step: range(0, size, step), shape, block)
    for corner in itertools.product(*starts):
        yield Box.at(corner, block).clipped(shape)


def format_box(box: Box) -> str:
    """Both corners of a box, in words.

    Examples
    --------
    >>> format_box(Box((0, 0, 8), (1, 16, 16)))
    '(0, 0, 8) to (1, 16, 16)'
    """
    return f"{box.start} to {box.stop}"


def format_spacing(spacing_nm: tuple[float, ...]) -> str:
    """Voxel size, or another triple of lengths in nm, for people to read.

    Examples
    --------
    >>> format_spacing((50, 4.6, 4.6))
    '50 x 4.6 x 4.6 nm'
    """
    return " x ".join(f"{length:.6g}" for length in spacing_nm) + " nm"


def round_up(value: int, step: int) -> int:
    """Next multiple of `step` that is not below `value`."""
    return -(-value // step) * step


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
