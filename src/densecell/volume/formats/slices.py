"""Folders of slices, one picture each, in natural order."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume.cache import SegmentCache
from densecell.volume.dtypes import stored_dtype
from densecell.volume.formats.pictures import (
    BMP,
    JPEG,
    PNG,
    SliceKind,
    picture_kind,
    read_picture,
)
from densecell.volume.formats.slice_names import Ordered, order_slices
from densecell.volume.formats.tiff import open_tiff
from densecell.volume.formats.tiff_layout import open_checked, set_names
from densecell.volume.interface import UNSTATED, Volume
from densecell.volume.spacing import settle_spacing

TIFF = (".tif", ".tiff")
KINDS = {suffix: kind[0] for kind in (PNG, TIFF, JPEG, BMP) for suffix in kind}
LOSSY = "JPEG is lossy and leaves patterns in the image; prefer the originals"
FIRST = {PNG[0], TIFF[0]}  # JPEG and BMP beside them are previews
OTHER_IMAGES = (".gif", ".jp2", ".webp")


def open_slices(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> Volume:
    """Open a folder of slices, ordered by the numbers in their names.

    A folder that holds one OME-TIFF of several files is opened as that.

    Raises
    ------
    VolumeError
        If there are no slices, or slices of several kinds.
    """
    ordered = _slice_files(path)
    first = ordered.files[0]
    if first.suffix.lower() in TIFF and len(ordered.files) > 1:
        with open_checked(first) as tif:
            names = set_names(tif)
        if len(names) > 1 and {file.name for file in ordered.files} <= {*names}:
            return open_tiff(first, spacing_nm=spacing_nm, labels=labels)
    if labels and first.suffix.lower() in JPEG:
        raise VolumeError(
            f"{path}: holds JPEG files; JPEG is lossy and changes labels along "
            "borders: save them as PNG"
        )
    return SliceFolder(path, ordered, spacing_nm=spacing_nm, labels=labels)


class SliceFolder(Volume):
    """A folder whose images are the slices of a volume; made by `open_slices`.

    Numbers in names count as numbers: `slice_2` comes before `slice_10`. Other files
    are ignored. All slices must have the shape and dtype of the first; each is checked
    when it is read.

    Notes
    -----
    A PNG or JPEG is decoded whole, even if a part of it is read. For random access to
    slices above some hundred million voxels, convert the folder to OME-Zarr first.
    """

    def __init__(
        self,
        path: Path,
        ordered: Ordered,
        *,
        spacing_nm: tuple[float, float, float] | None,
        labels: bool,
    ) -> None:
        self.files = ordered.files
        self._cache = SegmentCache()
        self.cache_bytes = self._cache.budget
        self._reopen = partial(open_slices, path, spacing_nm=spacing_nm, labels=labels)
        self._labels = labels
        first = self._kind(self.files[0])
        spacing, notes = settle_spacing(
            path, stated=None, given=spacing_nm, found=_found_in(first)
        )
        super().__init__(
            path,
            shape=(len(self.files), *first.shape),
            dtype=stored_dtype(first.dtype, self.files[0], labels=labels),
            spacing_nm=spacing,
            format=f"folder of {_range_of(self.files)}",
            chunk=(1, *first.shape),
            notes=(
                *notes,
                *(f"{path}: {note}" for note in ordered.notes),
                *(note for note in first.notes if UNSTATED not in note),
                *([f"{path}: {LOSSY}"] if self.files[0].suffix.lower() in JPEG else []),
            ),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        out = np.empty(box.shape, self.dtype)
        for plane, z in enumerate(range(box.start[0], box.stop[0])):
            file = self.files[z]
            self._check_like_first(file)
            if file.suffix.lower() not in TIFF:
                whole = self._cache.get(file, partial(read_picture, file))
                out[plane] = whole[box.slices[1:]]
            else:
                row = Box((0, *box.start[1:]), (1, *box.stop[1:]))
                out[plane] = open_tiff(
                    file, labels=self._labels, cache=self._cache
                ).read(row)[0]
        return out

    def _check_like_first(self, file: Path) -> None:
        kind = self._kind(file)
        if kind.shape != self.shape[1:] or kind.dtype != self.dtype:
            raise VolumeError(
                f"{file}: is {kind.shape[0]} x {kind.shape[1]} voxels of {kind.dtype}; "
                f"the first slice {self.files[0].name} is {self.shape[1]} x "
                f"{self.shape[2]} of {self.dtype}: make all slices alike"
            )

    def _kind(self, file: Path) -> SliceKind:
        """Shape and dtype of one slice."""
        if file.suffix.lower() not in TIFF:
            return picture_kind(file)
        volume = open_tiff(file, labels=self._labels, cache=self._cache)
        if volume.shape[0] != 1:
            raise VolumeError(
                f"{file}: holds {volume.shape[0]} slices; expected one image per file: "
                "open this file alone, or move it out of the folder"
            )
        return SliceKind(volume.shape[1:], volume.dtype, volume.notes)


def _found_in(kind: SliceKind) -> str | None:
    """What a slice states in place of a voxel size."""
    parts = (note.partition(f"{UNSTATED}, ") for note in kind.notes)
    return next((found for _, _, found in parts if found), None)


def _range_of(files: list[Path]) -> str:
    kind = files[0].suffix.lower()
    if len(files) == 1:
        return f"one {kind} slice, {files[0].name}"
    return f"{len(files)} {kind} slices, {files[0].name} to {files[-1].name}"


def _slice_files(path: Path) -> Ordered:
    """Slices from first to last; an empty or mixed folder is refused."""
    files = [f for f in path.iterdir() if f.is_file() and not f.name.startswith(".")]
    kinds = Counter(KINDS[s] for f in files if (s := f.suffix.lower()) in KINDS)
    if FIRST & {*kinds}:
        kinds = Counter({kind: n for kind, n in kinds.items() if kind in FIRST})
    if not kinds:
        others = sorted({f.suffix.lower() for f in files} & set(OTHER_IMAGES))
        found = f"; found {', '.join(others)}, convert them to PNG" if others else ""
        raise VolumeError(
            f"{path}: holds no slices; expected PNG or TIFF images, one per slice, "
            f"or an OME-Zarr{found}"
        )
    if len(kinds) > 1:
        counts = " and ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        raise VolumeError(
            f"{path}: mixes {counts} files; expected slices of one kind: "
            "move the others out of the folder"
        )
    return order_slices([f for f in files if KINDS.get(f.suffix.lower()) in kinds])
