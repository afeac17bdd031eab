"""Where the voxels of a volume lie on a grid of another voxel size.

A model expects the voxel size that it learned from. Volumes of another size are
resampled to it, and the labels are put back onto their own voxels.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from densecell.errors import SpacingError
from densecell.geometry import Box, Shape, Spacing, format_spacing, per_axis

SPACING_TOLERANCE = 0.10  # relative; an axis that differs by less is left as it is
MOST_OFTEN = 8  # times longer that a voxel may be: more is a mistake
MOST_PARTS = 1000  # denominator of a ratio: voxel sizes are not more exact
HALF = Fraction(1, 2)
Ratio = tuple[Fraction, Fraction, Fraction]


class Grid(NamedTuple):
    """Voxels of another size over a volume, as a model needs them.

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
        return per_axis(
            lambda size, ratio: max(1, math.ceil(size / ratio - HALF)),
            self.volume,
            self.ratio,
        )

    def held(self, box: Box) -> Box:
        """Voxels of the volume whose centres lie in a box of the grid.

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
        """Voxels of the grid that hold the centres of a box of the volume."""
        axes = zip(box.start, box.stop, self.ratio, self.shape, strict=True)
        return _box(
            (
                min(math.floor((a + HALF) / r), n - 1),
                min(math.floor((b - HALF) / r) + 1, n),
            )
            for a, b, r, n in axes
        )

    def within(self, box: Box) -> Box:
        """Voxels of the grid whose centres lie in a box of the volume.

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
        """How many voxels of the volume a margin on the grid covers, at most."""

        def covered(size: int, ratio: Fraction) -> int:
            return size if ratio == 1 else math.ceil((size + 1) * ratio) + 1

        return per_axis(covered, margin, self.ratio)


def grid_between(
    shape: Shape, spacing_nm: Spacing, wanted_nm: Spacing, *, flat: bool, where: str
) -> Grid | None:
    """Grid of another voxel size over a volume; None where its own voxels will do.

    Axes that differ by less than `SPACING_TOLERANCE` keep their voxels.

    Parameters
    ----------
    shape, spacing_nm
        Voxels of the volume, and their size.
    wanted_nm
        Voxel size (z, y, x) of the grid.
    flat
        Keep the slices as they are, for networks that see one slice.
    where
        Name of the volume, for messages.

    Raises
    ------
    SpacingError
        If the two differ so much that one of them must be wrong.
    """
    ratio = per_axis(_ratio, spacing_nm, wanted_nm)
    if flat:
        ratio = (Fraction(1), *ratio[1:])
    if all(r == 1 for r in ratio):
        return None
    if max(*ratio, *(1 / r for r in ratio)) > MOST_OFTEN:
        own, learned = format_spacing(spacing_nm), format_spacing(wanted_nm)
        raise SpacingError(
            f"{where}: has voxels of {own} (z y x), more than {MOST_OFTEN} times "
            f"larger or smaller than the {learned} learned from; correct what is "
            "wrong, or shrink or enlarge the volume first"
        )
    return Grid(shape, per_axis(lambda r: r.limit_denominator(MOST_PARTS), ratio))


def _ratio(have: float, want: float) -> Fraction:
    """Edge of a wanted voxel in voxels there; 1 where both are about as long."""
    alike = abs(have / want - 1) <= SPACING_TOLERANCE
    return Fraction(1) if alike else Fraction(want / have)


def _box(spans: Iterable[tuple[int, int]]) -> Box:
    (z0, z1), (y0, y1), (x0, x1) = spans
    return Box((z0, y0, x0), (z1, y1, x1))
