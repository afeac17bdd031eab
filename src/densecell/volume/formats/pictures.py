"""Single greyscale pictures: PNG, JPEG and BMP.

Headers are read here, so that pictures of any size open at once.
"""

import struct
from pathlib import Path
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.volume.interface import damaged

PNG, JPEG, BMP = (".png",), (".jpg", ".jpeg"), (".bmp",)
PNG_COLOURS = {0: "greyscale", 2: "colour", 3: "palette", 4: "grey with alpha"}
JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers that begin one
JPEG_SCAN = 0xDA
MOST_HEADER = 2**20  # bytes, before the size of a JPEG


class SliceKind(NamedTuple):
    """What all slices of a folder must have in common."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    notes: tuple[str, ...] = ()


def picture_kind(file: Path) -> SliceKind:
    """Shape and dtype of a picture, from its header.

    Raises
    ------
    VolumeError
        If it is damaged, or no greyscale picture of 8 or 16 bits.
    """
    suffix = file.suffix.lower()
    if suffix in PNG:
        return _png_kind(file)
    return SliceKind(
        _jpeg_shape(file) if suffix in JPEG else _bmp_header(file).shape,
        np.dtype(np.uint8),
    )


def read_picture(file: Path) -> NDArray[Any]:
    """(Y, X) grey values of a picture."""
    suffix = file.suffix.lower()
    if suffix in BMP:
        return _read_bmp(file)
    data = file.read_bytes()
    name, decode = (
        ("PNG", imagecodecs.png_decode)
        if suffix in PNG
        else ("JPEG", imagecodecs.jpeg8_decode)
    )
    if suffix in JPEG and data.find(b"\xff\xd9", _jpeg_scan(file, data)) < 0:
        raise damaged(file, "JPEG", "it breaks off")  # decoders fill up with grey
    try:
        return decode(data)
    except (RuntimeError, ValueError) as error:
        raise damaged(file, name, error) from None


def _png_kind(file: Path) -> SliceKind:
    """Size, depth and colour are in bytes 16 to 26."""
    with file.open("rb") as stream:
        head = stream.read(26)
    if len(head) < 26 or head[:8] != b"\x89PNG\r\n\x1a\n":
        raise damaged(file, "PNG", "not a PNG file")
    width, height, bits, colour = struct.unpack(">IIBB", head[16:26])
    if colour != 0 or bits not in (8, 16):
        raise _no_greyscale(
            file, f"a PNG of {bits}-bit {PNG_COLOURS.get(colour, 'colour with alpha')}"
        )
    return SliceKind((height, width), np.dtype(np.uint8 if bits == 8 else np.uint16))


def _jpeg_shape(file: Path) -> tuple[int, int]:
    with file.open("rb") as stream:
        data = stream.read(MOST_HEADER)
    for marker, place in _jpeg_segments(file, data):
        if marker in JPEG_FRAMES:
            head = data[place : place + 6]
            if len(head) < 6:
                break
            bits, height, width, samples = struct.unpack(">BHHB", head)
            if bits != 8 or samples != 1:
                colour = "greyscale" if samples == 1 else "colour"
                raise _no_greyscale(file, f"a JPEG of {bits}-bit {colour}")
            return height, width
    raise damaged(file, "JPEG", "without a size")


def _jpeg_scan(file: Path, data: bytes) -> int:
    """Place where the compressed values begin."""
    return next((p for m, p in _jpeg_segments(file, data) if m == JPEG_SCAN), len(data))


def _jpeg_segments(file: Path, data: bytes) -> list[tuple[int, int]]:
    """Marker and place of each segment up to the compressed values."""
    if data[:2] != b"\xff\xd8":
        raise damaged(file, "JPEG", "not a JPEG file")
    place, found = 2, list[tuple[int, int]]()
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], struct.unpack_from(">H", data, place + 2)[0]
        if marker == 0xFF:  # fills up
            place += 1
            continue
        found.append((marker, place + 4))
        if marker == JPEG_SCAN:
            break
        place += 2 + length
    return found


class _BmpHeader(NamedTuple):
    shape: tuple[int, int]
    offset: int
    palette: NDArray[np.uint8]
    is_upside_down: bool


def _bmp_header(file: Path) -> _BmpHeader:
    with file.open("rb") as stream:
        head = stream.read(54)
        if len(head) < 54 or head[:2] != b"BM":
            raise damaged(file, "BMP", "not a BMP file")
        offset, size, width, height, _, bits, packed = struct.unpack_from(
            "<IIiiHHI", head, 10
        )
        used = struct.unpack_from("<I", head, 46)[0] or 256
        stream.seek(14 + size)
        colours = np.frombuffer(stream.read(4 * min(used, 256)), np.uint8)
    grey = colours[: len(colours) // 4 * 4].reshape(-1, 4)
    if bits != 8 or packed or (grey[:, :1] != grey[:, :3]).any():
        raise _no_greyscale(file, f"a BMP of {bits}-bit colour, or compressed")
    if width < 1 or height == 0 or not len(grey):
        raise damaged(file, "BMP", f"{width} x {height} voxels")
    return _BmpHeader((abs(height), width), offset, grey[:, 0], height > 0)


def _read_bmp(file: Path) -> NDArray[np.uint8]:
    """Rows are stored from the last to the first, each of a multiple of 4 bytes."""
    head = _bmp_header(file)
    rows, columns = head.shape
    stored = (rows, -(-columns // 4) * 4)
    try:
        values = np.memmap(file, np.uint8, "r", head.offset, stored)[:, :columns]
        grey = head.palette[values]
    except (ValueError, IndexError, OSError) as error:
        raise damaged(file, "BMP", error) from None
    return grey[::-1] if head.is_upside_down else grey


def _no_greyscale(file: Path, what: str) -> VolumeError:
    return VolumeError(
        f"{file}: is {what}; expected 8- or 16-bit greyscale: convert it (labels: to "
        "class ids)"
    )
