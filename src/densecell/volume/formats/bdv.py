"""BigDataViewer's XML, and the HDF5 file or N5 folder that it describes.

::

    cells.xml     setups: name, voxel size and unit; time points; name of the data
    cells.h5      t00000/s00/0/cells: time point, setup, level
    cells.n5      setup0/timepoint0/s0: setup, time point, level

A setup is chosen as a channel is, by number or name. HDF5 keeps uint16 as int16, which
is turned round as BigDataViewer does.
"""

import re
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

import numpy as np
from numpy.typing import NDArray

from densecell.address import split_choice
from densecell.errors import MissingVolumeError, VolumeError
from densecell.geometry import Box, Spacing
from densecell.volume.choice import select
from densecell.volume.dtypes import stored_dtype
from densecell.volume.formats.hdf5 import open_hdf5
from densecell.volume.formats.n5 import open_n5
from densecell.volume.interface import Volume, damaged
from densecell.volume.spacing import nm_per, rounded, settle_spacing

SUFFIXES = (".xml",)
MOST_XML = 64 * 2**20  # bytes
LOADERS = {"bdv.hdf5": "hdf5", "bdv.n5": "n5"}
MOST_TIMES = 1_000_000
TINY = 1e-6  # of a turned registration
BROKEN = (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError)


class _Setup(NamedTuple):
    number: int
    name: str
    spacing_nm: tuple[float, ...] | None
    found: str | None


class _Data(NamedTuple):
    """What an XML describes."""

    file: Path
    setups: list[_Setup]
    times: list[int]
    turned: bool


def open_bdv(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> "BdvVolume":
    """Open one setup of one time point by its XML, at its finest level.

    Parameters
    ----------
    path
        The XML. May end in a setup and a time point, `#channel=1#time=3`.

    Raises
    ------
    VolumeError
        If the XML is damaged, names a file outside its folder or a format that is not
        read, or describes several setups or time points of which none was chosen.
    MissingVolumeError
        If the file that it names is not there.
    """
    plain, channel, time = split_choice(path)
    data = _described(Path(str(plain)))
    sizes = [("t", len(data.times)), ("c", len(data.setups)), *((a, 1) for a in "zyx")]
    chosen = select(
        plain,
        sizes,
        channel=channel,
        time=time,
        names=[setup.name for setup in data.setups],
    )
    setup, at = data.setups[chosen.channel], data.times[chosen.time]
    if data.file.is_dir():
        place = data.file / f"setup{setup.number}" / f"timepoint{at}"
        if not place.is_dir():
            raise _lacking(plain, place)
        inner: Volume = open_n5(place, labels=labels)
    else:
        place = data.file / f"t{at:05d}" / f"s{setup.number:02d}" / "0" / "cells"
        inner = open_hdf5(place, labels=labels)
    return BdvVolume(path, inner, setup, data, spacing_nm=spacing_nm, labels=labels)


class BdvVolume(Volume):
    """A setup of an XML of BigDataViewer; made by `open_bdv`."""

    def __init__(
        self,
        path: Path,
        inner: Volume,
        setup: _Setup,
        data: _Data,
        *,
        spacing_nm: tuple[float, float, float] | None,
        labels: bool,
    ) -> None:
        spacing, notes = settle_spacing(
            path, stated=setup.spacing_nm, given=spacing_nm, found=setup.found
        )
        if data.turned:
            notes += (
                f"{path}: turns or shears its views by a registration, which is passed "
                "over; voxels come as they are stored",
            )
        unsigned = inner.dtype == np.int16 and not data.file.is_dir()
        if unsigned:
            notes += (f"{path}: keeps int16, read as uint16, as BigDataViewer does",)
        self._own = notes
        super().__init__(
            path,
            shape=inner.shape,
            dtype=np.dtype(np.uint16)
            if unsigned
            else stored_dtype(inner.dtype, path, labels=labels),
            spacing_nm=spacing,
            format=f"BigDataViewer, setup {setup.number} {setup.name!r} of "
            f"{len(data.setups)}, {inner.format}",
            chunk=inner.chunk,
            notes=notes,
        )
        self.cache_bytes = inner.cache_bytes
        self._inner = inner
        self._reopen = partial(open_bdv, path, spacing_nm=spacing_nm, labels=labels)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        found = self._inner.read(box)
        lost = [n for n in self._inner.notes if "chunks are missing" in n]
        self.notes = (*self._own, *lost)
        return found.view(self.dtype)


def _described(path: Path) -> _Data:
    """Read an XML."""
    try:
        if path.stat().st_size > MOST_XML:
            raise damaged(path, "XML", "it is larger than 64 MiB")
        root = fromstring(path.read_bytes())
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, VolumeError):
            raise
        raise damaged(path, "XML", error) from None
    loader = root.find("SequenceDescription/ImageLoader")
    if root.tag != "SpimData" or loader is None:
        raise VolumeError(
            f"{path}: is an XML, but not of BigDataViewer; expected SpimData with an "
            "ImageLoader: open the image itself"
        )
    try:
        file = _file(path, root, loader)
        setups = [_setup(e) for e in root.iterfind(".//ViewSetups/ViewSetup")]
        times = _times(root)
        affines = [
            [float(n) for n in (e.text or "").split()]
            for e in root.iterfind(".//affine")
        ]
    except VolumeError:
        raise
    except BROKEN as error:
        raise damaged(path, "BigDataViewer's XML", error) from None
    if not setups or not times:
        raise damaged(path, "BigDataViewer's XML", "no setups, or no time points")
    turning = [
        n
        for affine in affines
        for place, n in enumerate(affine)
        if place % 5 and place % 4 != 3  # neither on the diagonal nor a shift
    ]
    return _Data(file, setups, times, any(abs(n) > TINY for n in turning))


def _file(path: Path, root: Element, loader: Element) -> Path:
    """The data that an XML names, which must lie beside it."""
    kind = loader.get("format", "")
    if kind not in LOADERS:
        raise VolumeError(
            f"{path}: describes data of {kind or 'no format'}, which densecell does "
            f"not read; expected {' or '.join(LOADERS)}: save it again as one of these"
        )
    named = loader.find(LOADERS[kind])
    text = (named.text or "").strip() if named is not None else ""
    base = (root.findtext("BasePath") or ".").strip()
    inside = PurePosixPath(base.replace("\\", "/")) / text.replace("\\", "/")
    file = path.parent / inside
    outside = inside.is_absolute() or ".." in inside.parts or ":" in str(inside)
    if not text or outside:
        raise VolumeError(
            f"{path}: names its data as {text!r} in {base!r}, outside its own folder; "
            "copy the data beside the XML, and write their name into it"
        )
    if not file.exists():
        raise _lacking(path, file)
    return file


def _lacking(path: object, file: Path) -> MissingVolumeError:
    return MissingVolumeError(
        f"{path}: describes {file}, which does not exist; copy it too"
    )


def _setup(element: Element) -> _Setup:
    number = int(element.findtext("id") or "")
    name = (element.findtext("name") or "").strip()
    lengths = (element.findtext("voxelSize/size") or "").split()
    unit = (element.findtext("voxelSize/unit") or "").strip()
    if len(lengths) != 3:
        return _Setup(number, name, None, None)
    steps = tuple(rounded(float(length)) for length in reversed(lengths))
    factor = nm_per(unit)
    if factor is None:
        words = " x ".join(f"{step:g}" for step in steps)
        said = f"in {unit!r}, no unit of length" if unit else "without a unit"
        return _Setup(number, name, None, f"states {words} (z y x) {said}")
    return _Setup(number, name, Spacing(*(s * factor for s in steps)), None)


def _times(root: Element) -> list[int]:
    """Numbers of the time points: a range, or a pattern such as `0-2, 5`."""
    element = root.find(".//Timepoints")
    if element is None:
        return [0]
    if element.get("type") == "range":
        ends = [int(element.findtext(end) or "") for end in ("first", "last")]
        return _between(*ends)
    text = element.findtext("integerpattern") or "0"
    found: list[int] = []
    for part in re.split(r"\s*,\s*", text.strip()):
        first, _, last = part.partition("-")
        found += _between(int(first), int(last or first))
    return found


def _between(first: int, last: int) -> list[int]:
    if last - first > MOST_TIMES:
        raise ValueError(f"it has {last - first} time points")
    return list(range(first, last + 1))
