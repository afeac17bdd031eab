"""Where the voxels of a volume lie on a grid of another voxel size.

A model knows the voxel size that it learned from. It sees other volumes on its own
grid, and what it says is brought back to theirs.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from densecell.errors import SpacingError
from densecell.geometry import Box, Shape, Spacing, format_spacing

SPACING_TOLERANCE = 0.10  # relative; an axis that differs by less is left as it is
MOST_OFTEN = 8  # times that voxels may differ in length: more is a mistake
MOST_PARTS = 1000  # denominator of a ratio: voxel sizes are not known better
HALF = Fraction(1, 2)
Ratio = tuple[Fraction, Fraction, Fraction]


class Grid(NamedTuple):
    """The voxels that a model sees in place of a volume's own.

    Both begin at the volume's corner; here with a ratio of 3/2::

        volume   |   0   |   1   |   2   |   3   |   4   |   5   |
        grid     |     0     |     1     |     2     |     3     |

    Ratios are exact, so that no two blocks disagree about where a voxel lies.

    Parameters
    ----------
    volume
        Voxels (z, y, x) of the volume.
    ratio
        Edge of a voxel of the grid in voxels of the volume, along (z, y, x).

    Examples
    --------
    >>> grid = Grid((4, 6, 6), (Fraction(1), Fraction(3, 2), Fraction(3, 2)))
    >>> grid.shape
    (4, 4, 4)
    >>> grid.held(Box((0, 0, 1), (4, 4, 2)))
    Box(start=(0, 0, 1), stop=(4, 6, 3))
    """

    volume: Shape
    ratio: Ratio

    @property
    def shape(self) -> Shape:
        """Voxels of the grid: those whose centres lie in the volume, at least one."""
        z, y, x = (
            max(1, math.ceil(n / r - HALF))
            for n, r in zip(self.volume, self.ratio, strict=True)
        )
        return (z, y, x)

    def held(self, box: Box) -> Box:
        """Give the voxels of the volume whose centres lie in a box of the grid.

        The grid's last voxels also hold what reaches beyond them, so that boxes that
        cover the grid hold every voxel of the volume.
        """
        axes = zip(
            box.start, box.stop, self.ratio, self.shape, self.volume, strict=True
        )
        return _box(
            (math.ceil(a * r - HALF), m if b >= n else math.ceil(b * r - HALF))
            for a, b, r, n, m in axes
        )

    def holding(self, box: Box) -> Box:
        """Give the voxels of the grid that hold the centres of a box of the volume."""
        axes = zip(box.start, box.stop, self.ratio, self.shape, strict=True)
        return _box(
            (
                min(math.floor((a + HALF) / r), n - 1),
                min(math.floor((b - HALF) / r) + 1, n),
            )
            for a, b, r, n in axes
        )

    def within(self, box: Box) -> Box:
        """Give the voxels of the grid whose centres lie in a box of the volume.

        At least one along each axis, near a box too thin to hold any.
        """
        axes = zip(box.start, box.stop, self.ratio, self.shape, strict=True)
        return _box(
            (
                start := min(math.ceil(a / r - HALF), n - 1),
                min(max(math.ceil(b / r - HALF), start + 1), n),
            )
            for a, b, r, n in axes
        )

    def reach(self, margin: Shape) -> Shape:
        """Give the voxels of the volume that a margin on the grid looks at, at most."""
        z, y, x = (
            m if r == 1 else math.ceil((m + 1) * r) + 1
            for m, r in zip(margin, self.ratio, strict=True)
        )
        return (z, y, x)


def grid_between(
    shape: Shape, spacing_nm: Spacing, wanted_nm: Spacing, *, flat: bool, where: str
) -> Grid | None:
    """Lay a grid of another voxel size over a volume; none where its own will do.

    Axes that differ by less than `SPACING_TOLERANCE` keep their voxels.

    Parameters
    ----------
    shape, spacing_nm
        Of the volume.
    wanted_nm
        Voxel size (z, y, x) of the grid.
    flat
        For networks that see one slice: slices stay what they are.
    where
        Name of the volume, for messages.

    Raises
    ------
    SpacingError
        If the two differ so much that one of them must be wrong.
    """
    z, y, x = (
        Fraction(want / have) if abs(have / want - 1) > SPACING_TOLERANCE else 1
        for have, want in zip(spacing_nm, wanted_nm, strict=True)
    )
    ratio = (Fraction(1 if flat else z), Fraction(y), Fraction(x))
    if all(r == 1 for r in ratio):
        return None
    if max(*ratio, *(1 / r for r in ratio)) > MOST_OFTEN:
        own, learned = format_spacing(spacing_nm), format_spacing(wanted_nm)
        raise SpacingError(
            f"{where}: has voxels of {own} (z y x), more than {MOST_OFTEN} times "
            f"larger or smaller than the {learned} learned from; correct what is "
            "wrong, or shrink or enlarge the volume first"
        )
    z, y, x = (r.limit_denominator(MOST_PARTS) for r in ratio)
    return Grid(shape, (z, y, x))


def _box(spans: Iterable[tuple[int, int]]) -> Box:
    (z0, z1), (y0, y1), (x0, x1) = spans
    return Box((z0, y0, x0), (z1, y1, x1))
