"""MRC files of electron tomography: `.mrc`, `.map`, `.rec`, `.st`.

The header says which axis of the file is x, y and z, and the size of the whole cell in
angstrom; both are turned into (z, y, x) and nanometres here.

.. [1] Cheng et al. 2015, MRC2014: Extensions to the MRC format header, Journal of
       Structural Biology 192:146-150, doi:10.1016/j.jsb.2015.04.002.
"""

import re
import warnings
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.disk import reserve, written_aside
from densecell.errors import VolumeError
from densecell.geometry import Shape, Spacing
from densecell.volume.extra import imported
from densecell.volume.formats.mapped import Mapped, MappedVolume
from densecell.volume.interface import damaged
from densecell.volume.spacing import nm_per, rounded

SUFFIXES = (".mrc", ".map", ".rec", ".st")
MODES = {"uint8": 6, "uint16": 6, "int16": 1, "float32": 2}  # mode 0 is signed
USUAL_AXES = (1, 2, 3)  # columns are x, rows y, sections z
IMOD_STAMP = 1146047817  # where IMOD says whether its bytes are signed
ANGSTROM_PER_NM = 10
HEADER_BYTES = 1024


def open_mrc(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> MappedVolume:
    """Open an MRC file, mapped into memory.

    Bytes (mode 0) are signed and become int16, unless IMOD's stamp or the statistics in
    the header say that they are unsigned. To IMOD's signed bytes it adds 128, and so do
    labels here.

    Raises
    ------
    VolumeError
        If the file is damaged, or holds complex numbers or several volumes.
    MissingExtraError
        If mrcfile is not installed.
    """
    mrcfile = imported("mrcfile", what="MRC files")
    try:
        with warnings.catch_warnings():  # about bytes after the data, which do no harm
            warnings.simplefilter("ignore", RuntimeWarning)
            opened = mrcfile.mmap(path, mode="r")
    except (ValueError, OSError, OverflowError, MemoryError) as error:
        if mode := re.search(r"Unrecognised mode '(\d+)'", str(error)):
            raise VolumeError(
                f"{path}: is MRC of mode {mode[1]}, which densecell does not read; "
                "expected mode 0, 1, 2 or 6: save it as one of these"
            ) from None
        raise damaged(path, "MRC", error) from None
    header, data = opened.header, opened.data
    if opened.is_volume_stack() or data.ndim not in (2, 3):
        raise VolumeError(
            f"{path}: has shape {data.shape}; expected one volume (Z, Y, X): save one "
            "alone"
        )
    sections = data if data.ndim == 3 else data[np.newaxis]
    array, added, note = _bytes(sections, header, labels=labels)
    array = array.transpose(_order(header, path))
    reopen = partial(open_mrc, path, spacing_nm=spacing_nm, labels=labels)
    volume = MappedVolume(
        path,
        Mapped(array, f"MRC, mode {header.mode}", reopen, added),
        stated=_stated_spacing(header),
        spacing_nm=spacing_nm,
        labels=labels,
    )
    volume.notes += (f"{path}: {note}",) if note else ()
    return volume


def write_mrc(
    path: Path,
    slices: Iterable[NDArray[Any]],
    *,
    shape: Shape,
    dtype: np.dtype[Any],
    spacing_nm: Spacing,
    overwrite: bool = False,
) -> None:
    """Write (Y, X) slices as an MRC2014 file; uint8 is widened to uint16.

    Raises
    ------
    VolumeError
        If MRC cannot hold the dtype.
    OutputError
        If the file exists and `overwrite` is false.
    """
    mrcfile = imported("mrcfile", what="MRC files")
    if dtype.name not in MODES:
        raise VolumeError(
            f"{path}: MRC holds {', '.join(MODES)}, the volume is {dtype}; write "
            ".zarr, .h5, .nii or .tif instead"
        )
    with (
        written_aside(path, overwrite=overwrite) as aside,
        mrcfile.new_mmap(aside, shape, mrc_mode=MODES[dtype.name]) as new,
    ):
        reserve(aside, new.data.nbytes + HEADER_BYTES)
        new.set_volume()
        new.voxel_size = tuple(ANGSTROM_PER_NM * s for s in reversed(spacing_nm))
        new.header.label[0] = "densecell"  # in place of a time
        for z, plane in enumerate(slices):
            new.data[z] = plane
        new.update_header_stats()


def _order(header: Any, path: Path) -> tuple[int, int, int]:
    """Which axes of the array, sections first, are z, y and x."""
    columns_first = (int(header.mapc), int(header.mapr), int(header.maps))
    if columns_first == (0, 0, 0):  # old programs left it empty
        columns_first = USUAL_AXES
    if sorted(columns_first) != [1, 2, 3]:
        raise VolumeError(
            f"{path}: its header says that columns, rows and sections are axes "
            f"{columns_first}; expected 1, 2, 3 in any order: save it again"
        )
    axes = columns_first[::-1]
    return (axes.index(3), axes.index(2), axes.index(1))


def _bytes(
    data: NDArray[Any], header: Any, *, labels: bool
) -> tuple[NDArray[Any], int, str]:
    """Bytes as unsigned, where they are; what to add to them; and a note."""
    if data.dtype != np.int8:
        return data, 0, ""
    unsigned = data.view(np.uint8)
    stamp, flags = np.frombuffer(
        header.extra2.tobytes(), header.mode.dtype, count=2, offset=40
    )
    low, high = float(header.dmin), float(header.dmax)
    if stamp == IMOD_STAMP and not flags & 1:
        return unsigned, 0, ""
    if stamp == IMOD_STAMP and labels and low < 0:
        return unsigned, 128, "its labels are IMOD's signed bytes; 128 is added"
    if low >= 0 and high > 127:  # no signed byte is as large
        return (
            unsigned,
            0,
            f"its bytes are unsigned: the header states {high:g} as largest",
        )
    if stamp != IMOD_STAMP and low >= high:  # as written by who does not know
        return data, 0, "does not say whether its bytes are signed; read as signed"
    return data, 0, ""


def _stated_spacing(
    header: Any,
) -> tuple[tuple[float, ...] | None, str | None]:
    """Voxel size in nanometres: cell by intervals. A cell of zero states none."""
    cell = [float(header.cella[axis]) for axis in ("z", "y", "x")]
    counts = [int(n) for n in (header.mz, header.my, header.mx)]
    if not all(cell) or not all(counts):
        words = " x ".join(f"{length:g}" for length in cell)
        return None, f"has a header with a cell of {words} angstrom, a size of zero"
    nm = nm_per("angstrom") or 0.0
    return tuple(rounded(c / n * nm) for c, n in zip(cell, counts, strict=True)), None
