"""N5 stores, read by tensorstore: plain, of Paintera, n5-viewer and BigDataViewer.

::

    cells.n5/                      a container
        volumes/raw/               a pyramid; `pixelResolution` or `resolution`
            s0/  s1/               its levels: `dimensions`, x first, and blocks
        labels/                    of Paintera: the pyramid is in `data`

.. [1] https://github.com/saalfeldlab/n5, README.md
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from densecell.address import split_choice
from densecell.errors import MissingVolumeError, VolumeError
from densecell.geometry import Spacing
from densecell.volume.choice import Selection, select
from densecell.volume.formats.chunked import ChunkedVolume, open_chunks, read_attributes
from densecell.volume.formats.n5_spacing import axes_stated, spacing_stated
from densecell.volume.interface import damaged
from densecell.volume.spacing import settle_spacing

SUFFIX = ".n5"
ATTRIBUTES = "attributes.json"
LEVEL = re.compile(r"s(\d+)")
DEEPEST = 8  # groups in groups
LISTED = 20  # data sets that a message names
MOST_FOLDERS = 10_000  # that are looked through for data sets
COMPRESSIONS = ("raw", "gzip", "bzip2", "xz", "blosc", "zstd")
USUAL_AXES = ("x", "y", "z")
MULTISET = "isLabelMultiset"


class _Found(NamedTuple):
    """A data set of a container: its levels, finest first."""

    folder: Path
    levels: tuple[Path, ...]


def is_n5(folder: Path) -> bool:
    """Whether a folder is an N5 container, or a part of one."""
    return (folder / ATTRIBUTES).is_file() or any(
        part.suffix == SUFFIX for part in (folder, *folder.parents)
    )


def open_n5(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
    level: int = 0,
) -> ChunkedVolume:
    """Open one level of a data set of an N5 container.

    Parameters
    ----------
    path
        A level, a pyramid, or a container of one data set. May end in a channel and a
        time point, where the data set names its axes: `#channel=1#time=3`.
    spacing_nm
        Voxel size (z, y, x) of the finest level, overriding what is stated.
    level
        Number of the level; 0 is the finest.

    Raises
    ------
    VolumeError
        If there is no data set or are several, or it is damaged, or holds label
        multisets.
    MissingExtraError
        If tensorstore is not installed.
    """
    plain, channel, time = split_choice(path)
    found = _data_set(Path(str(plain)))
    if not 0 <= level < len(found.levels):
        raise VolumeError(
            f"{found.folder}: has no level {level}; it has 0 to {len(found.levels) - 1}"
        )
    folder = found.levels[level]
    attributes = _checked(folder)
    place = {"driver": "file", "path": f"{folder}/"}
    store = open_chunks({"driver": "n5", "kvstore": place}, folder, kind="N5")
    if not _folders(folder):
        raise VolumeError(
            f"{folder}: holds metadata, but no blocks of voxels; copy the whole folder"
        )
    around = read_attributes(folder.parent / ATTRIBUTES)
    selection = _selection(folder, store.array.shape, attributes, around, channel, time)
    size = spacing_stated(attributes, around, selection.axes, level)
    given = None
    if spacing_nm is not None:
        pairs = zip(spacing_nm, size.factors, strict=True)
        given = Spacing(*(length * factor for length, factor in pairs))
    address = Path(f"{found.folder}{str(path).removeprefix(str(plain))}")
    spacing, notes = settle_spacing(
        address, stated=size.spacing_nm, given=given, found=size.found
    )
    packed = attributes.get("compression", {}).get("type", "raw")
    return ChunkedVolume(
        address,
        store,
        selection,
        spacing_nm=spacing,
        format=f"N5, {packed}, level {level} of {len(found.levels)}",
        labels=labels,
        notes=notes,
        reopen=partial(
            open_n5, address, spacing_nm=spacing_nm, labels=labels, level=level
        ),
    )


def _data_set(folder: Path) -> _Found:
    """The data set that a folder is, or the only one in it."""
    _refuse_multisets(folder)
    if "dimensions" in read_attributes(folder / ATTRIBUTES):
        return _Found(folder, (folder,))
    for outer in folder.parents:
        if "dimensions" in read_attributes(outer / ATTRIBUTES):
            raise VolumeError(
                f"{folder}: is a folder of blocks inside the N5 data set {outer}: open "
                "that"
            )
        if outer.suffix == SUFFIX:
            break
    found = list(_inside(folder))
    if len(found) == 1:
        _refuse_multisets(found[0].folder)
        return found[0]
    if not found:
        raise MissingVolumeError(
            f"{folder}: holds no N5 data set; expected a folder whose {ATTRIBUTES} "
            "names dimensions"
        )
    names = [data.folder.relative_to(folder).as_posix() for data in found]
    listed = ", ".join(names[:LISTED])
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    raise VolumeError(
        f"{folder}: holds several data sets: {listed}{more}; open one of them, such as "
        f"{found[0].folder}"
    )


def _inside(folder: Path) -> Iterator[_Found]:
    """Data sets below a folder; the levels of a pyramid are one."""
    todo, seen = [(folder, 0)], 0
    while todo and seen < MOST_FOLDERS:
        here, depth = todo.pop()
        seen += 1
        attributes = read_attributes(here / ATTRIBUTES)
        if "dimensions" in attributes:
            yield _Found(here, (here,))
            continue
        if levels := _levels(here):
            yield _Found(here, levels)
            continue
        if "painteraData" in attributes:  # beside the data lie its indices
            todo.append((here / "data", depth + 1))
        elif depth < DEEPEST and here.is_dir():
            inner = sorted(
                (e.path for e in os.scandir(here) if e.is_dir()), reverse=True
            )
            todo += [(Path(path), depth + 1) for path in inner]


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir())


def _levels(folder: Path) -> tuple[Path, ...]:
    """Levels of a pyramid, finest first; none where it is none."""
    found: list[Path] = []
    while (level := folder / f"s{len(found)}").is_dir():
        if "dimensions" not in read_attributes(level / ATTRIBUTES):
            break
        found.append(level)
    return tuple(found)


def _refuse_multisets(folder: Path) -> None:
    """Refuse Paintera's lists of labels, in a level or its pyramid."""
    inside = (folder, folder / "s0", folder / "data")
    if any(read_attributes(place / ATTRIBUTES).get(MULTISET) for place in inside):
        raise VolumeError(
            f"{folder}: holds label multisets of Paintera, several labels a voxel; "
            "expected one: export it by `paintera-convert to-scalar`"
        )


def _checked(folder: Path) -> Mapping[str, Any]:
    """Attributes of a data set, if its compression is one that is read."""
    attributes = read_attributes(folder / ATTRIBUTES)
    packed = attributes.get("compression", {})
    name = packed.get("type", "raw") if isinstance(packed, dict) else packed
    if not isinstance(packed, dict):
        raise damaged(folder, "N5", f"its compression is {packed}")
    if name not in COMPRESSIONS:
        raise VolumeError(
            f"{folder}: is compressed by {name}, which densecell does not read; "
            f"expected {', '.join(COMPRESSIONS)}: save it with one of these"
        )
    return attributes


def _selection(
    folder: Path,
    shape: tuple[int, ...],
    attributes: Mapping[str, Any],
    around: Mapping[str, Any],
    channel: str | None,
    time: str | None,
) -> Selection:
    """Axes of a data set: those that it names; else x, y, z, where it has three."""
    axes = axes_stated(attributes, around, len(shape))
    if axes is None and len(shape) in (2, 3):
        axes = USUAL_AXES[: len(shape)]
    if axes is None or not {"x", "y"} <= set(axes) or len(set(axes)) != len(axes):
        named = f"its axes are named {', '.join(axes)}" if axes else "no names of axes"
        raise VolumeError(
            f"{folder}: has {len(shape)} axes of {shape} voxels, and {named}; expected "
            "x, y, z, or `axes` in its attributes: save one channel alone"
        )
    sizes = list(zip(axes, shape, strict=True))
    return select(folder, sizes, channel=channel, time=time)
