"""Slices through a volume along an axis, and where their voxels lie."""

from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box, Shape

Axis = Literal["z", "y", "x"]
NORMAL: dict[str, int] = {"z": 0, "y": 1, "x": 2}
ROWS_COLUMNS: dict[str, tuple[int, int]] = {"z": (1, 2), "y": (0, 2), "x": (1, 0)}
Corners = tuple[int, int, int, int]  # first row, first column, end of both


class SlicePlane(NamedTuple):
    """One slice. z: rows are y, columns x; y: rows z, columns x; x: rows y, columns z.

    Examples
    --------
    >>> SlicePlane("y", 7).box((0, 2, 4, 8))
    Box(start=(0, 7, 2), stop=(4, 8, 8))
    """

    axis: Axis
    at: int  # number of the slice

    @property
    def in_plane(self) -> tuple[int, int]:
        """Axes of the volume that rows and columns run along."""
        return ROWS_COLUMNS[self.axis]

    def size(self, shape: Shape) -> tuple[int, int]:
        """Rows and columns of a slice of a volume."""
        rows, columns = self.in_plane
        return shape[rows], shape[columns]

    def box(self, corners: Corners) -> Box:
        """Box of the volume under a rectangle of the slice."""
        rows, columns = self.in_plane
        start, stop = [self.at] * 3, [self.at + 1] * 3
        start[rows], start[columns], stop[rows], stop[columns] = corners
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    def flat(self, array: NDArray[Any]) -> NDArray[Any]:
        """Rows and columns of a (Z, Y, X) array that is one voxel thick."""
        rows, columns = self.in_plane
        flat = array.squeeze(axis=NORMAL[self.axis])
        return flat if rows < columns else flat.T

    def deep(self, flat: NDArray[Any]) -> NDArray[Any]:
        """A slice as a (Z, Y, X) array that is one voxel thick."""
        rows, columns = self.in_plane
        ordered = flat if rows < columns else flat.T
        index: list[Any] = [slice(None)] * 3
        index[NORMAL[self.axis]] = None
        return ordered[tuple(index)]

    def check(self, shape: Shape) -> None:
        """Refuse a slice that the volume does not have."""
        last = shape[NORMAL[self.axis]] - 1
        if not 0 <= self.at <= last:
            raise VolumeError(
                f"slice {self.at} along {self.axis} does not exist; the volume has "
                f"0 to {last}"
            )


def clip_corners(corners: Corners, size: tuple[int, int]) -> Corners:
    """Part of a rectangle that lies inside a slice; may be empty."""
    top, left = max(0, corners[0]), max(0, corners[1])
    return (
        top,
        left,
        max(top, min(corners[2], size[0])),
        max(left, min(corners[3], size[1])),
    )
