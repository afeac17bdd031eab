"""Find the slices of a TIFF file, and where they lie in it."""

import math
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffFrame, TiffPage, TiffPageSeries

from densecell.errors import VolumeError
from densecell.geometry import Shape
from densecell.volume.choice import format_sizes, refuse_choice, select
from densecell.volume.interface import damaged

UNNAMED = "unnamed"
NAMES = {"I": UNNAMED, "Q": UNNAMED}  # of tifffile, for axes that have none
HINT = "; if those are slices, save them as such (Fiji: Image > Properties)"
LISTED = 3  # missing files that a message names
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
        Pages of the file; not used when `mapped`.
    numbers
        Number of the page of each slice.
    mapped
        The voxels, when they lie uncompressed one after another.
    notes
        What was taken for slices, where that is not certain.
    """

    shape: Shape
    keyframe: TiffPage
    pages: Sequence[TiffPage | TiffFrame | None]
    numbers: NDArray[np.int64]
    mapped: NDArray[Any] | None
    notes: tuple[str, ...]


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


def find_stack(
    tif: TiffFile, path: Path, *, channel: str | None = None, time: str | None = None
) -> Stack:
    """Find the one stack of slices in a file, or that of a channel and a time point.

    A program that saves slice after slice leaves as many images as slices. Together
    they are a stack, if all are alike.
    """
    _check_set(tif, path)
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
    keyframe = first.keyframe
    if len(series) == 1 and first.axes == "SYX" and first.dataoffset is not None:
        return _planes(tif, first, path)
    if len(series) == 1:
        pages = _choose_pages(first, path, channel, time)
        mapped = _mapped(tif, first, pages, path)
        return Stack(
            pages.shape, keyframe, first.pages, pages.numbers, mapped, pages.notes
        )
    refuse_choice(path, channel=channel, time=time)
    shape = _choose_pages(first, path, None, None).shape
    alike = all(
        s.shape == first.shape and s.keyframe.hash == keyframe.hash for s in series
    )
    if not alike or shape[0] > 1:
        shapes = ", ".join(str(tuple(s.shape)) for s in series[:4])
        raise VolumeError(
            f"{path}: holds {len(series)} images ({shapes}); expected one stack, or "
            "single slices of one kind: save it alone"
        )
    alone = [s.pages[0] for s in series]
    shape = (len(series), *shape[1:])
    return Stack(shape, keyframe, alone, np.arange(len(alone)), None, ())


def set_names(tif: TiffFile) -> list[str]:
    """Names of the files that make up one OME-TIFF, as its metadata lists them."""
    xml = tif.ome_metadata if tif.is_ome else None
    if not xml or "UUID" not in xml:
        return []
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return []
    names = (uuid.get("FileName") for uuid in root.iterfind(".//{*}TiffData/{*}UUID"))
    return list(dict.fromkeys(name for name in names if name))


def _check_set(tif: TiffFile, path: Path) -> None:
    """Refuse an OME-TIFF of several files of which some are not there."""
    names = set_names(tif)
    if len(names) < 2:
        return
    for name in names:
        if Path(name).name != name or "\\" in name:
            raise VolumeError(
                f"{path}: names {name!r} as a part of it; expected files of its own "
                "folder: save it again as one file"
            )
    missing = [name for name in names if not (path.parent / name).is_file()]
    if missing:
        listed = ", ".join(missing[:LISTED]) + (", ..." if missing[LISTED:] else "")
        raise VolumeError(
            f"{path}: is one of the {len(names)} files of an OME-TIFF, of which "
            f"{listed} is missing; put all of them into one folder"
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


def _planes(tif: TiffFile, series: TiffPageSeries, path: Path) -> Stack:
    """Slices that were saved as if they were the colours of one image.

    Programs do so with three or four slices of 8 bits that nobody called a stack.
    """
    planes, rows, columns = series.shape
    mapped = np.memmap(
        path,
        np.dtype(series.dtype).newbyteorder(tif.byteorder),
        "r",
        series.dataoffset or 0,
        (planes, rows, columns),
    )
    note = f"{path}: has {planes} planes marked as colours, taken for slices"
    shape = (planes, rows, columns)
    return Stack(
        shape, series.keyframe, series.pages, np.arange(planes), mapped, (note,)
    )


class _Pages(NamedTuple):
    """Which pages of a series are the slices of a volume.

    Parameters
    ----------
    shape
        Voxels (z, y, x).
    sizes
        Length of each axis before rows and columns.
    place
        Index of the slices in an array of `sizes`.
    notes
        What was taken for slices, where that is not certain.
    """

    shape: Shape
    sizes: tuple[int, ...]
    place: tuple[slice | int, ...]
    notes: tuple[str, ...]

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Number of the page of each slice."""
        pages = np.arange(math.prod(self.sizes)).reshape(self.sizes)
        return np.atleast_1d(pages[self.place])


def _choose_pages(
    series: TiffPageSeries, path: Path, channel: str | None, time: str | None
) -> _Pages:
    """Find the slices of one channel of one time point in a series."""
    axes = list(zip(series.axes, series.shape, strict=True))
    samples = math.prod(n for axis, n in axes if axis == "S")
    if samples > 1:
        raise VolumeError(
            f"{path}: is a colour image with {samples} samples per voxel; expected "
            "one: convert it to greyscale (labels: to class ids)"
        )
    outer = [(NAMES.get(a, a.lower()), n) for a, n in axes if a not in "YXS"]
    rows, columns = (dict(axes).get(axis, 1) for axis in "YX")
    if series.keyframe.shape[:2] != (rows, columns):
        raise VolumeError(
            f"{path}: its pages have shape {tuple(series.keyframe.shape)}; "
            f"expected one slice of {rows} x {columns} voxels per page"
        )
    outer, notes = _slices_named(outer, path, channel, time)
    sizes = [(a, n) for a, n in outer if n > 1 or a in "ct"]
    hint = "" if "z" in dict(sizes) else HINT
    whole = [*sizes, ("y", rows), ("x", columns)]
    selection = select(path, whole, channel=channel, time=time, hint=hint)
    chosen = {"c": selection.channel, "t": selection.time}
    return _Pages(
        (dict(sizes).get("z", 1), rows, columns),
        tuple(n for _, n in outer),
        tuple(
            slice(None) if (a, n) in sizes and a == "z" else chosen.get(a, 0)
            for a, n in outer
        ),
        notes,
    )


def _slices_named(
    outer: list[tuple[str, int]], path: Path, channel: str | None, time: str | None
) -> tuple[list[tuple[str, int]], tuple[str, ...]]:
    """Call the axis z that must be the slices, and say so where it had another name."""
    long = [axis for axis, n in outer if n > 1]
    if long.count(UNNAMED) > 1 or {"z", UNNAMED} <= set(long):
        raise VolumeError(
            f"{path}: has axes {format_sizes(outer)}, y, x: slices cannot be told "
            "from channels; save one channel alone, or name the axes, in Python by "
            "tifffile.imwrite(..., imagej=True, metadata={'axes': 'ZCYX'})"
        )
    counts = dict(outer)
    taken, said = None, ""
    if UNNAMED in long:
        taken, said = UNNAMED, "has an axis without a name" if len(long) > 1 else ""
    elif long == ["t"] and time is None:
        taken, said = "t", f"has {counts['t']} time points"
    elif long == ["c"] and counts["c"] > MOST_CHANNELS and channel is None:
        taken, said = "c", f"has {counts['c']} channels"
    renamed = [("z" if n > 1 and a == taken else a, n) for a, n in outer]
    notes = (f"{path}: {said}, taken for slices",) if said else ()
    return renamed, notes


def _mapped(
    tif: TiffFile, series: TiffPageSeries, pages: _Pages, path: Path
) -> NDArray[Any] | None:
    """Map a stack whose slices lie one after another; None for others."""
    try:
        offset = series.dataoffset
    except Exception as error:  # walks over all pages, any of which may be broken
        raise damaged(path, "TIFF", error) from None
    if offset is None:
        return None
    dtype = series.dtype.newbyteorder(tif.byteorder)
    shape = (*pages.sizes, *pages.shape[1:])
    expected = offset + math.prod(shape) * dtype.itemsize
    if tif.filehandle.size < expected:
        raise damaged(
            path, "TIFF", f"{expected} bytes expected, {tif.filehandle.size} found"
        )
    return np.memmap(path, dtype, "r", offset, shape)[pages.place].reshape(pages.shape)
