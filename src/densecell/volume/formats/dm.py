"""Files of Gatan's DigitalMicrograph, `.dm3` and `.dm4`, mapped into memory.

A file is a tree of tags. Numbers of its structure are big-endian, those of its content
little-endian as a rule; version 4 has eight bytes where version 3 has four::

    version, length, byte order, group
    group   two flags, number of tags, tags
    tag     20 (group) or 21 (content), length of name, name, [4: length of tag]
    content "%%%%", number of infos, infos (which type, how many), values

An image has its values, type, dimensions (x, y, z) and calibrations under `ImageList`.
"""

import math
import os
import struct
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.volume.formats.mapped import Mapped, MappedVolume
from densecell.volume.interface import damaged
from densecell.volume.spacing import nm_per, rounded

SUFFIXES = (".dm3", ".dm4")
GROUP, CONTENT = 20, 21
STRUCT, STRING, ARRAY = 15, 18, 20  # types of content
TYPES = dict(
    zip(
        range(2, 13),
        ["h", "i", "H", "I", "f", "d", "B", "B", "B", "q", "Q"],
        strict=True,
    )
)
TEXT, LONGEST_TEXT = 4, 1024  # texts are arrays of two-byte numbers
UTF16 = {"<": "utf-16-le", ">": "utf-16-be"}
DEEPEST = 40  # groups in groups
DATA_TYPES = {
    1: "int16",
    2: "float32",
    6: "uint8",
    7: "int32",
    9: "int8",
    10: "uint16",
    11: "uint32",
    12: "float64",
    14: "bool",
    39: "int64",
    40: "uint64",
}
OTHER_DATA = {3: "complex numbers", 13: "complex numbers", 5: "packed complex numbers"}
COLOURS = "colours"
BROKEN = (struct.error, ValueError, TypeError, LookupError, AttributeError, OSError)


class Values(NamedTuple):
    """Where an array lies in the file, and what it says if it is a short text."""

    place: int
    bytes: int
    text: str


Tags = dict[str, Any]
Order = Literal["<", ">"]  # of bytes, little or big end first


def open_dm(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> MappedVolume:
    """Open the image of a DigitalMicrograph file; its thumbnail is ignored.

    Raises
    ------
    VolumeError
        If the file is damaged, holds a spectrum, complex numbers or colours, or several
        images.
    """
    try:
        tags, order = _read_tags(path)
        image = _image(tags, path)
        array = _mapped(image, path, order)
        steps = [_step(axis) for axis in _calibrations(image)[: array.ndim]]
    except VolumeError:
        raise
    except BROKEN as error:
        raise damaged(path, "DM", error) from None
    if energy := [step.unit for step in steps if step.unit.lower().endswith("ev")]:
        raise VolumeError(
            f"{path}: holds spectra, with an axis in {energy[0]}; expected an image "
            "or a stack of slices: save one alone"
        )
    reopen = partial(open_dm, path, spacing_nm=spacing_nm, labels=labels)
    return MappedVolume(
        path,
        Mapped(array, f"DigitalMicrograph {path.suffix[-1]}", reopen),
        stated=_stated_spacing(steps),
        spacing_nm=spacing_nm,
        labels=labels,
    )


class _Step(NamedTuple):
    """Length of a voxel along an axis, in a unit."""

    length: float
    unit: str

    @property
    def nm(self) -> float | None:
        factor = nm_per(self.unit)
        ok = factor is not None and math.isfinite(self.length) and self.length > 0
        return rounded(self.length * factor) if ok and factor else None


def _stated_spacing(
    steps: list[_Step],
) -> tuple[tuple[float, ...] | None, str | None]:
    """Voxel size in nanometres, or that in plane, in words."""
    lengths = [step.nm for step in steps]
    known = [length for length in lengths if length is not None]
    if len(known) == 3:
        return tuple(reversed(known)), None
    if len(known) == len(lengths[:2]) == 2 and lengths[0] and lengths[1]:
        plane = f"{lengths[1]:g} x {lengths[0]:g} nm"
        return None, f"states {plane} in plane (y x) and nothing along z"
    words = " x ".join(f"{s.length:g} {s.unit}".strip() for s in steps[:3])
    return None, f"states {words} (x y z)" if words else None


def _step(calibration: Tags) -> _Step:
    unit = calibration.get("Units")
    return _Step(
        float(calibration.get("Scale", 0.0)),
        unit.text if isinstance(unit, Values) else "",
    )


def _image(tags: Tags, path: Path) -> Tags:
    """Find the one image that is no thumbnail."""
    small = {t.get("ImageIndex") for t in _children(tags.get("Thumbnails"))}
    images = [
        image
        for number, image in enumerate(_children(tags.get("ImageList")))
        if number not in small and "ImageData" in image
    ]
    if len(images) != 1:
        raise VolumeError(
            f"{path}: holds {len(images)} images besides its thumbnail; expected one "
            "stack or slice: save it alone"
        )
    return images[0]


def _mapped(image: Tags, path: Path, order: Order) -> NDArray[Any]:
    """Map the values of an image: (Z, Y, X) or (Y, X)."""
    data = image["ImageData"]
    number = int(data["DataType"])
    if number not in DATA_TYPES:
        held = OTHER_DATA.get(number, COLOURS)
        raise VolumeError(f"{path}: holds {held}; expected grey values: convert it")
    shape = tuple(int(n) for n in _children(data["Dimensions"], kind=int))[::-1]
    if len(shape) not in (2, 3) or min(shape) < 1:
        what = "a spectrum" if len(shape) == 1 else f"of shape {shape}"
        raise VolumeError(
            f"{path}: is {what}; expected an image or a stack of slices: save one alone"
        )
    dtype = np.dtype(DATA_TYPES[number]).newbyteorder(order)
    values, needed = data["Data"], math.prod(shape) * dtype.itemsize
    if not isinstance(values, Values):
        raise damaged(path, "DM", "it has no values")
    if values.bytes < needed:
        raise damaged(path, "DM", f"{needed} bytes expected, {values.bytes} found")
    return np.memmap(path, dtype, "r", values.place, shape)


def _calibrations(image: Tags) -> list[Any]:
    """Calibration of each axis: x, y, z."""
    found = image["ImageData"].get("Calibrations")
    return _children(found.get("Dimension")) if isinstance(found, dict) else []


def _children(tags: Any, kind: type = dict) -> list[Any]:
    """Values of a group that are of one kind, in their order."""
    if not isinstance(tags, Mapping):
        return []
    return [value for value in tags.values() if isinstance(value, kind)]


def _read_tags(path: Path) -> tuple[Tags, Order]:
    """Read the tree of tags, and the byte order of values."""
    with path.open("rb") as file:
        reader = _Reader(file, path)
        return reader.group(), reader.order


class _Reader:
    """Reads a tree of tags; arrays of many values stay in the file."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file, self.path = file, path
        self.size = os.fstat(file.fileno()).st_size
        version = self.take(">I")
        if version not in (3, 4):
            raise damaged(path, "DM", f"its version is {version}, not 3 or 4")
        self.wide = version == 4
        self.long()  # length of the file
        self.order: Order = "<" if self.take(">I") == 1 else ">"

    def take(self, format: str) -> Any:
        """Next number of the file."""
        return struct.unpack(format, self.bytes(struct.calcsize(format)))[0]

    def long(self) -> int:
        """Next number of the structure."""
        return int(self.take(">Q" if self.wide else ">I"))

    def bytes(self, count: int) -> bytes:
        """Next bytes; never more than the file holds."""
        if count > self.size - self.file.tell():
            raise damaged(self.path, "DM", "its tags break off")
        return self.file.read(count)

    def group(self, depth: int = 0) -> Tags:
        """Tags of a group by name; those without have their number."""
        if depth > DEEPEST:
            raise damaged(self.path, "DM", "its tags have no end")
        self.bytes(2)  # sorted, open
        tags: Tags = {}
        for number in range(self.long()):
            kind, length = self.take("B"), self.take(">H")
            if kind == 0:
                break
            name = self.bytes(length).decode("latin-1") or str(number)
            if self.wide:
                self.long()  # length of the tag
            if kind not in (GROUP, CONTENT):
                raise damaged(self.path, "DM", f"a tag is of kind {kind}")
            tags[name] = self.group(depth + 1) if kind == GROUP else self.content()
        return tags

    def content(self) -> Any:
        """Value of a tag."""
        if self.bytes(4) != b"%%%%":
            raise damaged(self.path, "DM", "a tag has no value")
        count = self.long()
        if count * (8 if self.wide else 4) > self.size:
            raise damaged(self.path, "DM", "its tags break off")
        infos = [self.long() for _ in range(count)]
        kind = infos[0]
        if kind == STRING:
            return self.bytes(infos[1]).decode("utf-16", "replace")
        if kind == STRUCT:
            return [self.take(self.order + TYPES[t]) for t in infos[4::2]]
        if kind != ARRAY:
            return self.take(self.order + TYPES[kind])
        place, width = self.file.tell(), self._width(infos)
        if infos[-1] * width > self.size - place:
            raise damaged(self.path, "DM", "its values break off")
        text = ""
        if infos[1] == TEXT and infos[-1] <= LONGEST_TEXT:
            text = self.bytes(2 * infos[-1]).decode(UTF16[self.order], "replace")
        self.file.seek(place + infos[-1] * width)
        return Values(place, infos[-1] * width, text)

    def _width(self, infos: list[int]) -> int:
        """Bytes of one value of an array."""
        kinds = [infos[1]]
        if infos[1] == STRUCT:
            kinds = infos[5:-1:2]
        if infos[1] == ARRAY:
            kinds = [infos[2]] * infos[3]
        return sum(struct.calcsize("<" + TYPES[kind]) for kind in kinds)
