"""A crop of a volume: a folder to paint labels in, and the labels painted there.

::

    crop_01/
        crop.yaml     which volume it shows, where, and checksums of what was written
        image.tif     labels.tif           for Fiji
        crop.zarr     and its labels/classes, for napari and others

The labels are stored twice. Paint in one of the two, and leave the other alone.
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
PAPER = (255, 255, 255)  # colour of voxels that are not annotated


class CropRecord(BaseModel, frozen=True, extra="forbid"):
    """`crop.yaml`."""

    format: Literal[1] = FORMAT
    volume: AddressSetting = Field(description="volume that it was cut from")
    shape: Shape = Field(description="shape of the volume, voxels (z, y, x)")
    spacing_nm: tuple[float, float, float] = Field(description="voxel size z, y, x")
    box: tuple[Shape, Shape] = Field(description="start and stop, voxels (z, y, x)")
    classes: SchemeSetting = Field(description="classes to paint")
    image: str = Field(description="SHA-256 of its grey values")
    labels: str = Field(description="SHA-256 of the labels before any painting")

    @property
    def extent(self) -> Box:
        """The part of the volume that it shows."""
        return Box(*self.box)


class PaintedCrop(NamedTuple):
    """Labels that were painted, and where they belong."""

    path: Path  # of the labels
    record: CropRecord
    labels: NDArray[np.uint8]  # (Z, Y, X) class ids


def hash_array(array: NDArray[Any]) -> str:
    """SHA-256 of the shape, type and values of an array."""
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

    Both hold the voxel size; the labels hold the colours of their classes too. The
    OME-Zarr has one level, since napari cannot paint in pyramids.

    Parameters
    ----------
    folder
        Folder to make.
    record
        Where the crop belongs; `record.box` has the shape of both arrays.
    intensities
        (Z, Y, X) grey values.
    labels
        (Z, Y, X) class ids to start painting from.
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


def read_painted_crops(paths: Iterable[Path]) -> tuple[list[PaintedCrop], list[Path]]:
    """Read the painted labels of crops.

    Parameters
    ----------
    paths
        Crops, folders of crops, or labels inside a crop. Labels are taken as they are.
        In a crop, the labels that were changed are taken; a crop without changes is
        left out.

    Returns
    -------
    The painted labels, and the folders of crops that nobody painted in.

    Raises
    ------
    VolumeError
        If a path leads to no crop, its image was changed, its two labels were changed
        differently, or the changed ones have another shape or unknown ids.
    """
    painted, untouched = [], []
    for path in paths:
        if _is_labels(path):
            record = _record(_folder(path))
            painted.append(_read_labels(_labels_path(path), record))
            continue
        for folder in _folders(path):
            record = _record(folder)
            if (changed := _changed(folder, record)) is None:
                untouched.append(folder)
            else:
                painted.append(_read_labels(changed, record))
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
    """Colours by class id, (256, 3); voxels that are not annotated are white."""
    table = scheme.colour_table()
    table[scheme.ignore] = PAPER
    return table


def _is_labels(path: Path) -> bool:
    """Whether a path leads to labels, not to a folder of one or more crops."""
    return path.is_file() or (path.is_dir() and STORE in path.parts)


def _labels_path(path: Path) -> Path:
    """Path of the labels, also if the store around them is named."""
    if path.name == IMAGE:
        raise VolumeError(
            f"{path}: is the image; give {LABELS} beside it, or the whole folder"
        )
    return path.parent / STORED if path.name == STORE else path


def _folder(path: Path) -> Path:
    """Folder of the crop that labels lie in."""
    for folder in path.absolute().parents:
        if (folder / RECORD).is_file():
            return folder
        if STORE not in folder.parts:
            break
    raise VolumeError(
        f"{path}: no {RECORD} lies beside it, which says which part of which volume it "
        "shows; save what you paint into the folder of the crop, or "
        "name labels of a whole volume in project.yaml"
    )


def _folders(path: Path) -> list[Path]:
    """Crops in a folder, which may be a crop itself."""
    if (path / RECORD).is_file():
        return [path]
    found = sorted(record.parent for record in path.glob(f"*/{RECORD}"))
    if not found:
        what = "holds no crop" if path.is_dir() else "does not exist"
        raise VolumeError(
            f"{path}: {what}; give a folder that `densecell crops` or "
            f"`densecell suggest` wrote (with {RECORD} in it), the folder of all of "
            "them, or the labels painted there"
        )
    return found


def _record(folder: Path) -> CropRecord:
    """Read the record of a crop; refuse it if the image was changed."""
    record = load_settings(folder / RECORD, CropRecord)
    image = folder / IMAGE
    if image.exists() and hash_array(_whole(image)) != record.image:
        raise VolumeError(
            f"{image}: is not the image that was written there; paint in {LABELS}, and "
            f"remove {IMAGE} if a program saved it in its own way"
        )
    return record


def _changed(folder: Path, record: CropRecord) -> Path | None:
    """The labels that were changed, if any."""
    there = [folder / n for n in (LABELS, STORED) if (folder / n).exists()]
    if not there:
        raise VolumeError(
            f"{folder}: neither {LABELS} nor {STORED} is there; put one of them back"
        )
    digests = {p: hash_array(_read_labels(p, record).labels) for p in there}
    changed = [p for p, found in digests.items() if found != record.labels]
    if len({digests[p] for p in changed}) > 1:
        raise VolumeError(
            f"{folder}: both {LABELS} and {STORED} were painted in, differently; give "
            "the one that counts"
        )
    return changed[0] if changed else None


def _read_labels(path: Path, record: CropRecord) -> PaintedCrop:
    """Read the labels of a crop; refuse another shape and unknown ids."""
    ids = _whole(path, labels=True)
    if ids.shape != record.extent.shape:
        raise VolumeError(
            f"{path}: has shape {ids.shape}, but the crop has {record.extent.shape} "
            "voxels (z, y, x); save all of it, neither cut nor scaled"
        )
    record.classes.check(ids, where=str(path))
    return PaintedCrop(path, record, ids.astype(np.uint8))


def _whole(path: Path, *, labels: bool = False) -> NDArray[Any]:
    volume = open_volume(path, labels=labels)
    return volume.read(Box.whole(volume.shape))
