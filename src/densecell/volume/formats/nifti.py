"""NIfTI files, `.nii` and `.nii.gz`.

NIfTI has x first and fastest, so that its bytes lie as those of a (Z, Y, X) array. The
place and direction in the scanner are ignored: voxels come as they are stored.

.. [1] https://nifti.nimh.nih.gov/nifti-1
"""

import gzip
import math
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from densecell.disk import written_aside
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.volume.cache import SegmentCache
from densecell.volume.dtypes import stored_dtype
from densecell.volume.extra import imported
from densecell.volume.interface import Volume, damaged
from densecell.volume.spacing import nm_per, rounded, settle_spacing

SUFFIXES = (".nii", ".nii.gz")
LONGEST_1 = 2**15 - 1  # voxels along an axis of NIfTI-1; longer ones are NIfTI-2
NM_PER_MICRON = 1000


def is_nifti(path: Path) -> bool:
    """Whether a file is NIfTI, by its name."""
    return path.name.lower().endswith(SUFFIXES)


def open_nifti(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> "NiftiVolume":
    """Open a NIfTI file; values with a scale become float32.

    Raises
    ------
    VolumeError
        If the file is damaged or truncated, in colour, or has a fourth axis.
    MissingExtraError
        If nibabel is not installed.
    """
    nibabel = imported("nibabel", what="NIfTI files")
    try:
        image = nibabel.load(path, keep_file_open=True)
        proxy, header = image.dataobj, image.header
        needed = proxy.offset + math.prod(proxy.shape) * proxy.dtype.itemsize
    except Exception as error:  # it raises whatever it likes
        raise damaged(path, "NIfTI", error) from None
    shape = tuple(int(n) for n in proxy.shape)
    flat = (*shape[:2], *(shape[2:3] or (1,)))
    if len(shape) < 2 or math.prod(shape) != math.prod(flat):
        raise VolumeError(
            f"{path}: has shape {shape} (x, y, z, ...); expected three axes: save one "
            "channel of one time point alone"
        )
    packed = path.name.lower().endswith(".gz")
    if not packed and path.stat().st_size < needed:
        raise damaged(
            path, "NIfTI", f"{needed} bytes expected, {path.stat().st_size} found"
        )
    return NiftiVolume(
        path, proxy, header, packed=packed, spacing_nm=spacing_nm, labels=labels
    )


class NiftiVolume(Volume):
    """The voxels of a NIfTI file; made by `open_nifti`.

    Notes
    -----
    A `.nii.gz` can only be unpacked from its beginning. Slices are read one after the
    other and kept a while. For random access, convert the file first.
    """

    def __init__(
        self,
        path: Path,
        proxy: Any,
        header: Any,
        *,
        packed: bool,
        spacing_nm: tuple[float, float, float] | None,
        labels: bool,
    ) -> None:
        stated, found = _stated_spacing(header)
        spacing, notes = settle_spacing(
            path, stated=stated, given=spacing_nm, found=found
        )
        x, y, z = (*proxy.shape, 1)[:3]
        scaled = (proxy.slope, proxy.inter) != (1.0, 0.0) and proxy.dtype.kind in "iuf"
        super().__init__(
            path,
            shape=(z, y, x),
            dtype=stored_dtype(
                np.dtype(np.float32) if scaled else proxy.dtype, path, labels=labels
            ),
            spacing_nm=spacing,
            format="NIfTI, gzip" if packed else "NIfTI",
            chunk=(1, y, x) if packed else (1, 1, x),
            notes=notes,
        )
        self._proxy = proxy
        self._packed = packed
        self._cache = SegmentCache()
        self._lock = threading.Lock()  # the file has one position to read from
        if packed:
            self.cache_bytes = self._cache.budget
        self._reopen = partial(open_nifti, path, spacing_nm=spacing_nm, labels=labels)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        if not self._packed:
            return self._voxels(box)
        out = np.empty(box.shape, self.dtype)
        for plane, z in enumerate(range(box.start[0], box.stop[0])):
            whole = Box((z, 0, 0), (z + 1, *self.shape[1:]))
            kept = self._cache.get(z, partial(self._voxels, whole))
            out[plane] = kept[0][box.slices[1:]]
        return out

    def _voxels(self, box: Box) -> NDArray[Any]:
        axes = len(self._proxy.shape)
        further = (0,) * (axes - 3)  # of one element
        try:
            with self._lock:
                found = np.asarray(self._proxy[(*box.slices[::-1], *further)[:axes]])
        except Exception as error:  # decoders raise whatever they like
            raise damaged(self.path, "NIfTI", error) from error
        turned = found.reshape(box.shape[::-1], order="F").T  # (Z, Y, X)
        return np.array(turned, self.dtype, order="C")


def write_nifti(
    path: Path,
    slices: Iterable[NDArray[Any]],
    *,
    shape: Shape,
    dtype: np.dtype[Any],
    spacing_nm: Spacing,
    labels: bool = False,
    overwrite: bool = False,
) -> None:
    """Write (Y, X) slices as NIfTI, in micrometres; NIfTI-2 where an axis is long.

    Raises
    ------
    OutputError
        If the file exists and `overwrite` is false.
    """
    nibabel = imported("nibabel", what="NIfTI files")
    long = max(shape) > LONGEST_1
    header = (nibabel.Nifti2Header if long else nibabel.Nifti1Header)(endianness="<")
    header.set_data_dtype(dtype)
    header.set_data_shape(shape[::-1])
    sizes = [length / NM_PER_MICRON for length in reversed(spacing_nm)]
    header.set_sform(np.diag([*sizes, 1]), code="scanner")
    header.set_qform(np.diag([*sizes, 1]), code="scanner")  # also the voxel size
    header.set_xyzt_units("micron")
    header.set_slope_inter(1, 0)
    if labels:
        header.set_intent("label")
    little = dtype.newbyteorder("<")
    with (
        written_aside(path, overwrite=overwrite) as aside,
        _created(aside, packed=path.name.lower().endswith(".gz")) as file,
    ):
        header.write_to(file)
        for plane in slices:
            file.write(np.ascontiguousarray(plane, little).data)


@contextmanager
def _created(path: Path, *, packed: bool) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Open a new file; a packed one without name and time, so that bytes repeat."""
    with path.open("wb") as file:
        if not packed:
            yield file
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as zipped:
            yield zipped


def _stated_spacing(
    header: Any,
) -> tuple[tuple[float, ...] | None, str | None]:
    """Voxel size in nanometres, or what was found in its place, in words."""
    x, y, z = (*(rounded(length) for length in header.get_zooms()), 1.0)[:3]
    try:
        unit = str(header.get_xyzt_units()[0])
    except KeyError:
        unit = "unknown"
    factor = nm_per(unit)
    if factor is None:
        return None, f"states {z:g} x {y:g} x {x:g} (z y x) without a unit"
    return (z * factor, y * factor, x * factor), None
