"""The stores of objects, and the pyramid level that an object is read from."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.errors import VolumeError
from densecell.geometry import Box, Shape, per_axis
from densecell.result import Result, layer_path
from densecell.surfaces.extract import surface_of
from densecell.surfaces.surface import Surface
from densecell.volume import OmeZarrVolume, open_levels, require_spacing
from densecell.volume import fingerprint as volume_fingerprint


class Levels(NamedTuple):
    """A store of objects, finest level first."""

    levels: tuple[OmeZarrVolume, ...]

    @property
    def finest(self) -> OmeZarrVolume:
        """The store as it was measured."""
        return self.levels[0]

    def surface(self, number: int, box: Box, *, max_voxels: int) -> tuple[Surface, int]:
        """Surface of an object, and the level that it is from.

        Parameters
        ----------
        number
            Id of the object.
        box
            Box around it, in voxels of the finest level.
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
            f"{self.finest.path}: object {number} is not where its table says, at "
            f"voxels {box.start} to {box.stop}; measure again with --overwrite"
        )

    def _level(self, box: Box, max_voxels: int) -> int:
        sizes = (self._box(box, level).voxels for level in range(len(self.levels)))
        fitting = (level for level, size in enumerate(sizes) if size <= max_voxels)
        return next(fitting, len(self.levels) - 1)

    def _box(self, box: Box, level: int) -> Box:
        """Voxels of a level that cover a box of the finest one."""
        volume = self.levels[level]
        fine, coarse = require_spacing(self.finest), require_spacing(volume)
        factors: Shape = per_axis(lambda a, b: round(b / a), fine, coarse)
        return box.coarsened(factors).clipped(volume.shape)


def levels_of(result: Result) -> dict[str, Levels]:
    """Open all levels of the objects of a result, by layer."""
    return {
        layer: Levels(open_levels(layer_path(result.path, layer), labels=True))
        for layer in result.objects
    }


def objects_fingerprint(result: Result) -> str:
    """Digest of the finest levels: sizes of files, shapes, sampled voxels."""
    digest = hashlib.sha256()
    for layer, volume in sorted(result.objects.items()):
        folder = Path(str(volume.path)) / "0"
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{layer}/{name} {path.stat().st_size}\n".encode())
        spacing = tuple(require_spacing(volume))
        digest.update(f"{spacing} {volume_fingerprint(volume)}\n".encode())
    return digest.hexdigest()
