"""The one interface behind which every file format hides."""

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from densecell.address import Address
from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box, Shape, Spacing

UNSTATED = "has no voxel size"  # begins the note on what was found instead


class Volume(ABC):
    """Voxels on disk, read box by box.

    Reading is safe from several threads. Writing is safe from several threads or
    processes as long as no two of them write into the same shard or chunk.

    Parameters
    ----------
    path
        Where it lies. Named in every message; `open_volume` opens it again.
    shape
        Voxels (z, y, x).
    dtype
        Dtype of what `read` returns, in native byte order.
    spacing_nm
        Voxel size, or None when the file does not state one: see `require_spacing`.
    format
        Its format, in words for the user.
    chunk
        Voxels that are decoded together: the smallest box worth reading.
    notes
        What the user should know about how the file was read, in sentences.

    Attributes
    ----------
    cache_bytes
        Bytes of decoded chunks that are kept for the next box; 0 where no more is
        decoded than was asked for.
    """

    cache_bytes: int = 0

    def __init__(
        self,
        path: Address,
        *,
        shape: Shape,
        dtype: np.dtype[Any],
        spacing_nm: Spacing | None,
        format: str,
        chunk: Shape,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.shape = shape
        self.dtype = dtype.newbyteorder("=")
        self.spacing_nm = spacing_nm
        self.format = format
        self.chunk = chunk
        self.notes = notes

    @property
    def name(self) -> str:
        """File or folder name without its suffix."""
        return self.path.name.split(".")[0] or self.path.name

    @final
    def read(self, box: Box) -> NDArray[Any]:
        """Read a box that lies inside the volume.

        Returns
        -------
        (Z, Y, X) array of the volume's dtype, owned by the caller.

        Raises
        ------
        VolumeError
            If the box reaches outside, or the file is damaged.
        """
        self._check_inside(box)
        if box.voxels == 0:
            return np.empty(box.shape, self.dtype)
        return self._read(box)

    @final
    def write(self, box: Box, array: NDArray[Any]) -> None:
        """Write an array into a box that lies inside the volume.

        Raises
        ------
        VolumeError
            If the volume is read-only, or the array has another shape, or a dtype
            whose values the volume cannot hold.
        """
        self._check_inside(box)
        if array.shape != box.shape:
            raise VolumeError(
                f"{self.path}: cannot write an array of shape {array.shape} "
                f"into a box of shape {box.shape}; they must be equal"
            )
        if not np.can_cast(array.dtype, self.dtype, casting="safe"):
            raise VolumeError(
                f"{self.path}: cannot write {array.dtype} values into a volume of "
                f"{self.dtype}; convert them first with `astype`"
            )
        if box.voxels:
            self._write(box, array)

    @abstractmethod
    def _read(self, box: Box) -> NDArray[Any]:
        """Read a non-empty box that is known to lie inside."""

    def _write(self, box: Box, array: NDArray[Any]) -> None:
        raise VolumeError(
            f"{self.path}: {self.format} is opened for reading only; "
            "write into an OME-Zarr made by `create_ome_zarr`"
        )

    def _check_inside(self, box: Box) -> None:
        forward = all(a <= b for a, b in zip(box.start, box.stop, strict=True))
        if not (forward and Box.whole(self.shape).contains(box)):
            raise VolumeError(
                f"{self.path}: box {box.start} to {box.stop} is not inside the volume "
                f"of shape {self.shape}; clip it, or read it with `read_padded`"
            )


def damaged(path: Address, kind: str, why: object) -> VolumeError:
    """Error for a file that cannot be decoded as the kind that it seems to be."""
    reason = str(why) or type(why).__name__  # MemoryError has no text
    return VolumeError(
        f"{path}: cannot be read as {kind} ({reason}); it may be truncated or damaged: "
        "copy or save it again"
    )


def require_spacing(volume: Volume) -> Spacing:
    """Voxel size of a volume.

    Raises
    ------
    SpacingError
        If the file states none and none was given on opening; says how to give it.
    """
    if volume.spacing_nm is None:
        nothing = f"{volume.path}: {UNSTATED}"
        found = next(
            (note for note in volume.notes if note.startswith(nothing)), nothing
        )
        raise SpacingError(
            f"{found}; pass --spacing Z Y X (nanometres, for example --spacing 50 4.6 "
            "4.6)"
        )
    return volume.spacing_nm
