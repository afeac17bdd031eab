"""The object stores of a result, and the levels that an object is read from."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from densecell.address import to_address
from densecell.classes import ClassScheme, Role
from densecell.errors import VolumeError
from densecell.evaluation.measured import RECORD, read_measured
from densecell.geometry import Box
from densecell.surfaces.extract import surface_of
from densecell.surfaces.surface import Surface
from densecell.volume import (
    OmeZarrVolume,
    Volume,
    open_levels,
    open_ome_zarr,
    open_volume,
    read_scheme,
    require_spacing,
)
from densecell.volume import fingerprint as volume_fingerprint

Kind = Literal["cells", "organelles", "parts"]
KINDS: Mapping[Kind, tuple[Role, int]] = {  # inside how many others of the role
    "cells": ("cell", 0),
    "organelles": ("organelle", 0),
    "parts": ("organelle", 1),  # such as cores
}
STORE = "segmentation.zarr"


class Levels(NamedTuple):
    """An object store, finest level first."""

    levels: tuple[OmeZarrVolume, ...]

    @property
    def finest(self) -> OmeZarrVolume:
        """The store as it was measured."""
        return self.levels[0]

    def surface(self, number: int, box: Box, *, max_voxels: int) -> tuple[Surface, int]:
        """Wrap the surface of an object; give it with the level that it is from.

        Parameters
        ----------
        number
            Id of the object.
        box
            Around it, in voxels of the finest level.
        max_voxels
            The finest level is taken at which `box` has no more voxels; a finer one
            where nothing of the object is left there.
        """
        for level in range(self._level(box, max_voxels), -1, -1):
            volume = self.levels[level]
            spacing = require_spacing(volume)
            part = self._box(box, level)
            mask = volume.read(part) == number
            if mask.any():
                z, y, x = np.multiply(part.start, spacing).tolist()
                origin = (z, y, x)
                return surface_of(mask, spacing_nm=spacing, origin_nm=origin), level
        raise VolumeError(
            f"{self.finest.path}: object {number} is not where it was, at voxels "
            f"{box.start} to {box.stop}: mesh the result again with --overwrite"
        )

    def _level(self, box: Box, max_voxels: int) -> int:
        sizes = (self._box(box, level).voxels for level in range(len(self.levels)))
        fitting = (level for level, size in enumerate(sizes) if size <= max_voxels)
        return next(fitting, len(self.levels) - 1)

    def _box(self, box: Box, level: int) -> Box:
        """Give the voxels of a level that hold a box of the finest."""
        volume = self.levels[level]
        fine, coarse = require_spacing(self.finest), require_spacing(volume)
        times = [round(c / f) for c, f in zip(coarse, fine, strict=True)]
        z0, y0, x0 = (n // t for n, t in zip(box.start, times, strict=True))
        z1, y1, x1 = (math.ceil(n / t) for n, t in zip(box.stop, times, strict=True))
        return Box((z0, y0, x0), (z1, y1, x1)).clipped(volume.shape)


class ObjectStores(NamedTuple):
    """What `densecell measure` made of a result, ready to be read."""

    objects: dict[Kind, Levels]
    labels: Volume
    scheme: ClassScheme

    @property
    def coarsest_edge_nm(self) -> float:
        """Longest edge of a voxel of the finest level of the objects."""
        return max(
            edge
            for levels in self.objects.values()
            for edge in require_spacing(levels.finest)
        )


def open_object_stores(result: Path) -> ObjectStores:
    """Open the objects of a result, or of labels that were measured by themselves.

    Raises
    ------
    VolumeError
        If it is no result, or has not been measured yet.
    """
    folder = result / STORE / "labels"
    measured = read_measured(result)
    if measured is None and not (folder / "classes").is_dir():
        raise VolumeError(
            f"{result}: is no result of densecell (neither {STORE}/labels/classes nor "
            f"{RECORD} in it); give the folder that `densecell segment` or `measure` "
            "wrote"
        )
    there = [kind for kind in KINDS if (folder / kind).is_dir()]
    if not there:
        raise VolumeError(
            f"{result}: has no objects yet; `densecell measure {result}` finds them"
        )
    if measured is None:
        labels, scheme = _stored_classes(folder / "classes")
    else:
        path = result / to_address(measured.labels)
        labels = open_volume(path, labels=True, spacing_nm=measured.spacing_nm)
        scheme = measured.classes
    objects = {kind: Levels(open_levels(folder / kind, labels=True)) for kind in there}
    for levels in objects.values():
        _check_shape(levels.finest, labels)
    return ObjectStores(objects, labels, scheme)


def fingerprint(stores: ObjectStores) -> str:
    """Give a digest of the finest levels: sizes of files, shapes, sampled voxels."""
    digest = hashlib.sha256()
    for kind, levels in sorted(stores.objects.items()):
        folder = Path(str(levels.finest.path)) / "0"
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{kind}/{name} {path.stat().st_size}\n".encode())
        spacing = tuple(require_spacing(levels.finest))
        digest.update(f"{spacing} {volume_fingerprint(levels.finest)}\n".encode())
    return digest.hexdigest()


def _stored_classes(path: Path) -> tuple[Volume, ClassScheme]:
    """Open class labels that name their classes."""
    scheme = read_scheme(path)
    if scheme is None:
        raise VolumeError(f"{path}: names no classes; segment the volume again")
    return open_ome_zarr(path, labels=True), scheme


def _check_shape(objects: OmeZarrVolume, labels: Volume) -> None:
    if objects.shape != labels.shape:
        raise VolumeError(
            f"{objects.path}: has {objects.shape} voxels (z, y, x), the labels "
            f"that it belongs to have {labels.shape}; `densecell measure --overwrite` "
            "makes them anew"
        )
