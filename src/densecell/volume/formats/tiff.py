"""TIFF stacks, read lazily.

Uncompressed slices are mapped into memory: only the rows of the box are read. Of
compressed slices, only the strips or tiles of the box are decoded. They are kept a
while, because neighbouring boxes need them again.
"""

import threading
import weakref
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import COMPRESSION, PHOTOMETRIC, TiffFile, TiffFrame, TiffPage

from densecell.address import split_choice
from densecell.geometry import Box
from densecell.volume.cache import SegmentCache
from densecell.volume.dtypes import stored_dtype
from densecell.volume.formats.tiff_layout import (
    Stack,
    find_stack,
    open_checked,
)
from densecell.volume.formats.tiff_spacing import stated_in_plane, stated_spacing
from densecell.volume.interface import Volume, damaged
from densecell.volume.spacing import settle_spacing


def open_tiff(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
    cache: SegmentCache | None = None,
) -> "TiffVolume":
    """Open a greyscale TIFF stack; a single image is a volume of one slice.

    Where 0 is white, values are inverted; labels never are.

    Parameters
    ----------
    path
        The file: TIFF, BigTIFF, ImageJ or OME-TIFF, of any byte order. May end in a
        channel and a time point, `#channel=1#time=3`.
    spacing_nm
        Voxel size (z, y, x), overriding what the file states.
    labels
        Also read numbers that only labels may have; see `stored_dtype`.
    cache
        Cache for decoded strips; by default each volume has its own.

    Raises
    ------
    VolumeError
        If the file is damaged, in colour, or holds more than one stack.
    """
    plain, channel, time = split_choice(path)
    file = Path(str(plain))
    tif = open_checked(file)
    try:
        stack = find_stack(tif, file, channel=channel, time=time)
        stored_dtype(np.dtype(stack.keyframe.dtype), file, labels=labels)
        return TiffVolume(
            path,
            tif,
            stack,
            spacing_nm=spacing_nm,
            labels=labels,
            cache=cache or SegmentCache(),
        )
    except BaseException:
        tif.close()
        raise


class TiffVolume(Volume):
    """The stack of a TIFF file; made by `open_tiff`."""

    def __init__(
        self,
        path: Path,
        tif: TiffFile,
        stack: Stack,
        *,
        spacing_nm: tuple[float, float, float] | None,
        labels: bool,
        cache: SegmentCache,
    ) -> None:
        stated = stated_spacing(tif)
        spacing, notes = settle_spacing(
            path,
            stated=stated,
            given=spacing_nm,
            found=None if stated or spacing_nm else stated_in_plane(tif),
        )
        shape, keyframe = stack.shape, stack.keyframe
        self._inverted, more = (False, ()) if labels else _white_is_zero(keyframe, path)
        in_plane = (1, shape[2]) if keyframe.is_contiguous else keyframe.chunks
        super().__init__(
            path,
            shape=shape,
            dtype=np.dtype(keyframe.dtype),
            spacing_nm=spacing,
            format=_format(tif, keyframe),
            chunk=(1, min(in_plane[-2], shape[1]), min(in_plane[-1], shape[2])),
            notes=(*notes, *stack.notes, *more),
        )
        self._reopen = partial(open_tiff, path, spacing_nm=spacing_nm, labels=labels)
        self._mapped = stack.mapped
        self._keyframe = keyframe
        self._pages = stack.pages
        self._numbers = stack.numbers
        self._cache = cache
        if not keyframe.is_memmappable:
            self.cache_bytes = cache.budget
        self._lock = threading.Lock()  # the file has one position to read from
        if self._mapped is None:
            weakref.finalize(self, tif.close)
        else:
            tif.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        found = self._stored(box)
        return np.invert(found, out=found) if self._inverted else found

    def _stored(self, box: Box) -> NDArray[Any]:
        """Voxels of a box as they are in the file."""
        if self._mapped is not None:
            return np.array(self._mapped[box.slices], self.dtype)
        out = np.zeros(box.shape, self.dtype)
        for plane, z in enumerate(range(box.start[0], box.stop[0])):
            try:
                self._read_slice(z, box, out[plane])
            except Exception as error:  # decoders raise whatever they like
                raise damaged(self.path, "TIFF", f"slice {z}: {error}") from error
        return out

    def _read_slice(self, z: int, box: Box, out: NDArray[Any]) -> None:
        """Fill `out` with rows and columns of one slice."""
        with self._lock:
            page = self._pages[self._numbers[z]]
            if page is not None and page.parent.filehandle.closed:  # of a set of files
                page.parent.filehandle.open()
        if page is None or not page.dataoffsets:
            raise ValueError("has no data")
        if self._keyframe.is_memmappable:
            out[:] = _mapped_page(page, self._keyframe)[box.slices[1:]]
            return
        height, width = self._keyframe.chunks[-2:]
        rows = range(box.start[1] // height, -(-box.stop[1] // height))
        columns = range(box.start[2] // width, -(-box.stop[2] // width))
        for row in rows:
            for column in columns:
                index = row * self._keyframe.chunked[-1] + column
                self._paste(page, z, index, box, out)

    def _paste(
        self,
        page: TiffPage | TiffFrame,
        z: int,
        index: int,
        box: Box,
        out: NDArray[Any],
    ) -> None:
        """Copy the part of a strip or tile that lies in the box."""
        height, width = self._keyframe.chunks[-2:]
        row, column = divmod(index, self._keyframe.chunked[-1])
        segment = self._cache.get(
            (self.path, z, index), lambda: self._decoded(page, index)
        )
        corner = (z, row * height, column * width)
        stop = (z + 1, corner[1] + segment.shape[0], corner[2] + segment.shape[1])
        common = Box(corner, stop).intersection(box)
        target = common.relative_to((z, *box.start[1:])).slices[1:]
        out[target] = segment[common.relative_to(corner).slices[1:]]

    def _decoded(self, page: TiffPage | TiffFrame, index: int) -> NDArray[Any]:
        """Decode a strip or tile: (rows, columns); empty ones are zero."""
        offset, count = page.dataoffsets[index], page.databytecounts[index]
        file = page.parent.filehandle
        with self._lock:
            [(data, _)] = file.read_segments([offset], [count], [index])
        if data is not None and len(data) < count:
            raise ValueError(f"{count} bytes expected, {len(data)} found")
        jpeg = (
            {"jpegtables": page.jpegtables, "jpegheader": self._keyframe.jpegheader}
            if self._keyframe.compression in JPEG_FAMILY
            else {}
        )
        segment, _, shape = self._keyframe.decode(data, index, **jpeg)
        if segment is None:
            return np.zeros(shape[1:3], self.dtype)
        return segment[0, :, :, 0].astype(self.dtype, copy=False)


def _white_is_zero(keyframe: TiffPage, path: Path) -> tuple[bool, tuple[str, ...]]:
    """Whether values are inverted, because 0 is white; and a note that says so."""
    if keyframe.photometric != PHOTOMETRIC.MINISWHITE:
        return False, ()
    whole = np.dtype(keyframe.dtype).kind == "u"
    how = "inverted, so that 0 is black" if whole else "read as stored"
    return whole, (f"{path}: says that 0 is white; its values are {how}",)


JPEG_FAMILY = (6, 7, 34892, 33007)


def _mapped_page(page: TiffPage | TiffFrame, keyframe: TiffPage) -> NDArray[Any]:
    """Map one uncompressed slice."""
    file, order = page.parent.filehandle, page.parent.byteorder
    dtype = np.dtype(keyframe.dtype).newbyteorder(order)
    return np.memmap(file.path, dtype, "r", page.dataoffsets[0], keyframe.shape[:2])


def _format(tif: TiffFile, keyframe: TiffPage) -> str:
    kind = "ImageJ TIFF" if tif.is_imagej else "OME-TIFF" if tif.is_ome else "TIFF"
    try:
        name = COMPRESSION(keyframe.compression).name.lower().replace("_", " ")
    except ValueError:  # unknown; its pages cannot be decoded
        name = f"compression {keyframe.compression}"
    return kind if name == "none" else f"{kind}, {name}"
