"""A numpy array, in memory or in an .npy file, as a volume."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume.dtypes import stored_dtype
from densecell.volume.interface import Volume
from densecell.volume.spacing import settle_spacing


class ArrayVolume(Volume):
    """A (Z, Y, X) array behind the interface of `Volume`; writes go into the array.

    Parameters
    ----------
    array
        (Z, Y, X). Not copied.
    spacing_nm
        Voxel size (z, y, x), in nanometres; None means unknown.
    path
        Name for messages.

    Examples
    --------
    >>> volume = ArrayVolume(np.zeros((5, 7, 9), np.uint8), spacing_nm=(50, 4, 4))
    >>> volume.read(Box((0, 0, 0), (1, 2, 3))).shape
    (1, 2, 3)
    """

    def __init__(
        self,
        array: NDArray[Any],
        *,
        spacing_nm: tuple[float, float, float] | None = None,
        path: Path = Path("array"),
        labels: bool = False,
    ) -> None:
        if array.ndim != 3:
            raise VolumeError(
                f"{path}: expected a (Z, Y, X) array, got shape {array.shape}"
            )
        spacing, notes = settle_spacing(path, stated=None, given=spacing_nm)
        z, y, x = array.shape
        super().__init__(
            path,
            shape=(z, y, x),
            dtype=stored_dtype(array.dtype, path, labels=labels),
            spacing_nm=spacing,
            format="numpy array",
            chunk=(1, 1, x),
            notes=notes,
        )
        self.array = array

    def _read(self, box: Box) -> NDArray[Any]:
        return np.array(self.array[box.slices], self.dtype)

    def _write(self, box: Box, array: NDArray[Any]) -> None:
        if not self.array.flags.writeable:
            super()._write(box, array)
        self.array[box.slices] = array


def open_npy(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> ArrayVolume:
    """Open an .npy file, read-only and lazily."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")  # never a pickle
    except Exception as error:  # a broken header raises whatever parsing it does
        raise VolumeError(
            f"{path}: cannot be read as .npy ({error}); save it again with numpy.save"
        ) from None
    return ArrayVolume(array, spacing_nm=spacing_nm, path=path, labels=labels)
