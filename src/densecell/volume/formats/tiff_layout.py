"""Find the slices of a TIFF file, and where they lie in it."""

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffFrame, TiffPage, TiffPageSeries

from densecell.errors import VolumeError
from densecell.geometry import Shape
from densecell.volume.interface import damaged

DEPTH_AXES = "ZTIQ"  # Fiji often calls slices frames; unnamed axes are I or Q
MOST_CHANNELS = 4  # more than these are slices that a program called channels


class Stack(NamedTuple):
    """A stack of slices in a TIFF file.

    Parameters
    ----------
    shape
        Voxels (z, y, x).
    keyframe
        One of the pages. All have its dtype, compression, and strips or tiles.
    pages
        One page a slice; not used when `mapped`.
    mapped
        The voxels, when they lie uncompressed one after another.
    """

    shape: Shape
    keyframe: TiffPage
    pages: Sequence[TiffPage | TiffFrame | None]
    mapped: NDArray[Any] | None


def open_checked(path: Path) -> TiffFile:
    """Open a file, and check that its list of pages is whole."""
    try:
        tif = TiffFile(path)
    except Exception as error:  # broken headers raise whatever they like
        raise damaged(path, "TIFF", str(error) or "not a TIFF file") from None
    try:
        _check_page_list(tif, path)
    except VolumeError:
        tif.close()
        raise
    return tif


def find_stack(tif: TiffFile, path: Path) -> Stack:
    """Find the one stack of slices in a file.

    A program that saves slice after slice leaves as many images as slices. Together
    they are a stack, if all are alike.
    """
    try:
        series = tif.series
    except RuntimeError:
        raise VolumeError(
            f"{path}: its pages differ in shape, dtype or compression; expected one "
            "stack: save it again"
        ) from None
    except Exception as error:  # broken headers raise whatever they like
        raise damaged(path, "TIFF", error) from None
    if not series:
        raise damaged(path, "TIFF", "holds no image")
    first = series[0]
    shape, keyframe = _stack_shape(first, path), first.keyframe
    if len(series) == 1:
        mapped = _mapped(tif, first, shape, path)
        return Stack(shape, keyframe, first.pages, mapped)
    alike = all(
        s.shape == first.shape and s.keyframe.hash == keyframe.hash for s in series
    )
    if not alike or shape[0] > 1:
        shapes = ", ".join(str(tuple(s.shape)) for s in series[:4])
        raise VolumeError(
            f"{path}: holds {len(series)} images ({shapes}); expected one stack, or "
            "single slices of one kind: save it alone"
        )
    return Stack(
        (len(series), *shape[1:]), keyframe, [s.pages[0] for s in series], None
    )


def _check_page_list(tif: TiffFile, path: Path) -> None:
    """Refuse a truncated file, whose list of pages breaks off.

    tifffile opens the pages before the break without a message.
    """
    layout, file = tif.tiff, tif.filehandle
    position = 8 if tif.is_bigtiff else 4  # where the first page lies
    for page in range(file.size):
        file.seek(position)
        link = file.read(layout.offsetsize)
        if len(link) < layout.offsetsize:
            raise damaged(
                path, "TIFF", f"the list of pages breaks off after page {page}"
            )
        offset = struct.unpack(layout.offsetformat, link)[0]
        if offset == 0:
            return
        file.seek(offset)
        count = file.read(layout.tagnosize)
        if len(count) < layout.tagnosize:
            raise damaged(
                path, "TIFF", f"the list of pages breaks off after page {page}"
            )
        tags = struct.unpack(layout.tagnoformat, count)[0]
        position = offset + layout.tagnosize + tags * layout.tagsize
    raise damaged(path, "TIFF", "the list of pages has no end")


def _stack_shape(series: TiffPageSeries, path: Path) -> Shape:
    """Find depth, rows and columns among the axes of a series."""
    axes = dict(zip(series.axes, series.shape, strict=True))
    if axes.get("S", 1) > 1:
        raise VolumeError(
            f"{path}: is a colour image with {axes['S']} samples per voxel; expected "
            "one: convert it to greyscale (labels: to class ids)"
        )
    long = {a: n for a, n in axes.items() if a not in "YXS" and n > 1}
    depth_axes = DEPTH_AXES + ("C" if axes.get("C", 1) > MOST_CHANNELS else "")
    if len(long) > 1 or any(a not in depth_axes for a in long):
        found = ", ".join(f"{a}={n}" for a, n in axes.items())
        raise VolumeError(
            f"{path}: has axes {found}; expected one stack of slices (Z, Y, X): "
            "save one channel and one time point, or, if those are slices, save them "
            "as such (Fiji: Image > Properties)"
        )
    depth = next(iter(long.values()), 1)
    rows, columns = axes.get("Y", 1), axes.get("X", 1)
    if series.keyframe.shape[:2] != (rows, columns):
        raise VolumeError(
            f"{path}: its pages have shape {tuple(series.keyframe.shape)}; "
            f"expected one slice of {rows} x {columns} voxels per page"
        )
    return (depth, rows, columns)


def _mapped(
    tif: TiffFile, series: TiffPageSeries, shape: Shape, path: Path
) -> NDArray[Any] | None:
    """Map a stack whose slices lie one after another; None for others."""
    try:
        offset = series.dataoffset
    except Exception as error:  # walks over all pages, any of which may be broken
        raise damaged(path, "TIFF", error) from None
    if offset is None:
        return None
    dtype = series.dtype.newbyteorder(tif.byteorder)
    expected = offset + math.prod(shape) * dtype.itemsize
    if tif.filehandle.size < expected:
        raise damaged(
            path, "TIFF", f"{expected} bytes expected, {tif.filehandle.size} found"
        )
    return np.memmap(path, dtype, "r", offset, shape)
