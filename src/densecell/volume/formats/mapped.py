"""Voxels that lie uncompressed in one file, mapped into memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box
from densecell.volume.dtypes import stored_dtype
from densecell.volume.interface import Volume
from densecell.volume.spacing import settle_spacing

StatedSpacing = tuple[tuple[float, ...] | None, str | None]  # or what was found


class Mapped(NamedTuple):
    """An array in a file, and how it is opened again.

    Parameters
    ----------
    array
        (Z, Y, X), or (Y, X) of one slice; mapped from the file. int8 is read as int16,
        which other programs know.
    format
        Its format, in words for the user.
    reopen
        Opens the volume again, in another process.
    added
        Number that is added to each value; what exceeds the dtype wraps.
    """

    array: NDArray[Any]
    format: str
    reopen: Callable[[], "MappedVolume"]
    added: int = 0


class MappedVolume(Volume):
    """An array in a file, of MRC, DigitalMicrograph or Amira.

    Parameters
    ----------
    stated
        Voxel size (z, y, x) that the file states, in nanometres; or None, and what was
        found in its place, in words.
    """

    def __init__(
        self,
        path: Path,
        mapping: Mapped,
        *,
        stated: StatedSpacing,
        spacing_nm: tuple[float, float, float] | None,
        labels: bool,
    ) -> None:
        size, found = stated
        spacing, notes = settle_spacing(
            path, stated=size, given=spacing_nm, found=found
        )
        array = mapping.array
        self._array = array if array.ndim == 3 else array[np.newaxis]
        self._mapping = mapping
        z, y, x = self._array.shape
        held = np.dtype(np.int16) if array.dtype == np.int8 else array.dtype
        super().__init__(
            path,
            shape=(z, y, x),
            dtype=stored_dtype(held, path, labels=labels),
            spacing_nm=spacing,
            format=mapping.format,
            chunk=(1, 1, x),
            notes=notes,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return self._mapping.reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        found = np.array(self._array[box.slices], self.dtype, order="C")
        if self._mapping.added:
            found += found.dtype.type(self._mapping.added)
        return found
