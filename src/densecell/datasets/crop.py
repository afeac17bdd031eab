"""A part of a volume as a folder to paint in, and what was painted there.

::

    crop_01/
        crop.yaml     of which volume, where, and what it held when it was written
        image.tif     labels.tif           for Fiji
        crop.zarr     and its labels/classes, for napari and others

One of the two labellings is painted in; the other stays as it was.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from densecell.classes import ClassScheme
from densecell.config import (
    FORMAT,
    AddressSetting,
    SchemeSetting,
    load_settings,
    save_settings,
)
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape
from densecell.volume import (
    ArrayVolume,
    create_ome_zarr,
    open_volume,
    require_spacing,
    write_tiff,
)

RECORD = "crop.yaml"
IMAGE, LABELS, STORE = "image.tif", "labels.tif", "crop.zarr"
STORED = f"{STORE}/labels/classes"
PAPER = (255, 255, 255)  # colour of voxels that nobody looked at


class CropRecord(BaseModel, frozen=True, extra="forbid"):
    """`crop.yaml`."""

    format: Literal[1] = FORMAT
    volume: AddressSetting = Field(description="that it was cut from")
    shape: Shape = Field(description="of the volume, voxels (z, y, x)")
    spacing_nm: tuple[float, float, float] = Field(description="voxel size z, y, x")
    box: tuple[Shape, Shape] = Field(description="start and stop, voxels (z, y, x)")
    classes: SchemeSetting = Field(description="that are painted")
    image: str = Field(description="SHA-256 of its grey values")
    labels: str = Field(description="SHA-256 of the labels before any painting")

    @property
    def extent(self) -> Box:
        """What it shows, in voxels of the volume."""
        return Box(*self.box)


class Crop(NamedTuple):
    """What was painted, and where it belongs."""

    name: Path  # what the user gave, or the labels in the folder given
    record: CropRecord
    labels: NDArray[np.uint8]  # (Z, Y, X) class ids


def digest(array: NDArray[Any]) -> str:
    """Hash an array: SHA-256 of its shape, type and values."""
    sha256 = hashlib.sha256(repr((array.shape, array.dtype.name)).encode())
    sha256.update(np.ascontiguousarray(array).tobytes())
    return sha256.hexdigest()


def write_crop(
    folder: Path,
    record: CropRecord,
    intensities: NDArray[np.number],
    labels: NDArray[np.uint8],
) -> None:
    """Write a crop into a new folder, as TIFF and as OME-Zarr.

    Both know the voxel size, the labels also the colours of the classes. The OME-Zarr
    has one level: napari does not paint in pyramids.

    Parameters
    ----------
    folder
        Is made.
    record
        Where it belongs; `record.box` has the shape of both arrays.
    intensities, labels
        (Z, Y, X) grey values, and class ids to begin from.
    """
    folder.mkdir(parents=True)
    spacing, scheme = record.spacing_nm, record.classes
    image = ArrayVolume(intensities, spacing_nm=spacing)
    filled = ArrayVolume(labels, spacing_nm=spacing)
    write_tiff(folder / IMAGE, image)
    write_tiff(folder / LABELS, filled, colours=_colours(scheme))
    _write_store(folder / STORE, image)
    _write_store(folder / STORED, filled, scheme)
    save_settings(record, folder / RECORD)


def painted_crops(paths: Iterable[Path]) -> tuple[list[Crop], list[Path]]:
    """Read painted crops: folders of them, single ones, or the file that was painted.

    A file or store that is named is taken as it is. In a folder, that of the two
    labellings is taken which was changed; one that nobody painted in is left out.

    Returns
    -------
    What was painted, and the folders in which nothing was.

    Raises
    ------
    VolumeError
        If a path leads to no crop, its image was painted in, both labellings were
        changed, or the painted one has another shape or ids.
    """
    painted, untouched = [], []
    for path in paths:
        if _is_one(path):
            record = _record(_folder(path))
            painted.append(_crop(_labelling(path), record))
            continue
        for folder in _folders(path):
            record = _record(folder)
            if (changed := _changed(folder, record)) is None:
                untouched.append(folder)
            else:
                painted.append(_crop(changed, record))
    return painted, untouched


def _write_store(
    path: Path, volume: ArrayVolume, scheme: ClassScheme | None = None
) -> None:
    store = create_ome_zarr(
        path,
        shape=volume.shape,
        dtype=volume.dtype,
        spacing_nm=require_spacing(volume),
        kind="image" if scheme is None else "label",
        scheme=scheme,
    )
    store.write(Box.whole(volume.shape), volume.array)


def _colours(scheme: ClassScheme) -> NDArray[np.uint8]:
    """Give a (256, 3) table in which what nobody looked at is white."""
    table = scheme.colour_table()
    table[scheme.ignore] = PAPER
    return table


def _is_one(path: Path) -> bool:
    """Tell whether a path is a labelling, and no folder of one or more crops."""
    return path.is_file() or (path.is_dir() and STORE in path.parts)


def _labelling(path: Path) -> Path:
    """Give the labels where the store around them is named; refuse the image."""
    if path.name == IMAGE:
        raise VolumeError(
            f"{path}: is the image; give {LABELS} beside it, or the whole folder"
        )
    return path.parent / STORED if path.name == STORE else path


def _folder(path: Path) -> Path:
    """Find the crop that a labelling lies in."""
    for folder in path.absolute().parents:
        if (folder / RECORD).is_file():
            return folder
        if STORE not in folder.parts:
            break
    raise VolumeError(
        f"{path}: no {RECORD} lies beside it, so nobody knows which part of which "
        "volume it shows; save what you paint into the folder that `densecell suggest` "
        "wrote, or name labels of a whole volume in project.yaml"
    )


def _folders(path: Path) -> list[Path]:
    """List the crops in a folder, or give the one that it is."""
    if (path / RECORD).is_file():
        return [path]
    found = sorted(record.parent for record in path.glob(f"*/{RECORD}"))
    if not found:
        what = "holds no crop" if path.is_dir() else "does not exist"
        raise VolumeError(
            f"{path}: {what}; give a folder that `densecell suggest` wrote (with "
            f"{RECORD} in it), the folder of all of them, or the labels painted there"
        )
    return found


def _record(folder: Path) -> CropRecord:
    """Read what a crop is; refuse one whose image was painted in."""
    record = load_settings(folder / RECORD, CropRecord)
    image = folder / IMAGE
    if image.exists() and digest(_whole(image)) != record.image:
        raise VolumeError(
            f"{image}: is not the image that was written there; paint in {LABELS}, and "
            f"remove {IMAGE} if a program saved it in its own way"
        )
    return record


def _changed(folder: Path, record: CropRecord) -> Path | None:
    """Find the labelling that was painted in."""
    there = [folder / n for n in (LABELS, STORED) if (folder / n).exists()]
    if not there:
        raise VolumeError(
            f"{folder}: neither {LABELS} nor {STORED} is there; put one of them back"
        )
    digests = {p: digest(_crop(p, record).labels) for p in there}
    changed = [p for p, found in digests.items() if found != record.labels]
    if len({digests[p] for p in changed}) > 1:
        raise VolumeError(
            f"{folder}: both {LABELS} and {STORED} were painted in, differently; give "
            "the one that counts"
        )
    return changed[0] if changed else None


def _crop(path: Path, record: CropRecord) -> Crop:
    """Read a labelling and check that it can be one of its crop."""
    ids = _whole(path, labels=True)
    if ids.shape != record.extent.shape:
        raise VolumeError(
            f"{path}: has shape {ids.shape}, but the crop has {record.extent.shape} "
            "voxels (z, y, x); save all of it, neither cut nor scaled"
        )
    record.classes.check(ids, where=str(path))
    return Crop(path, record, ids.astype(np.uint8))


def _whole(path: Path, *, labels: bool = False) -> NDArray[Any]:
    volume = open_volume(path, labels=labels)
    return volume.read(Box.whole(volume.shape))
