"""The image of a volume as tiles: its levels, its contrast, a bounded cache.

A volume without coarser levels gets them in the background, in a folder of the project.
"""

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from densecell.disk import written_aside
from densecell.errors import DensecellError, VolumeError
from densecell.geometry import Box, Shape, Spacing, per_axis, tile
from densecell.session.plane import NORMAL, SlicePlane
from densecell.volume import (
    OmeZarrVolume,
    Volume,
    create_ome_zarr,
    open_levels,
    sampled_boxes,
)
from densecell.volume.ome_zarr.pyramid import downsample, pyramid_factors

TILE = 256
CACHE_BYTES = 256_000_000  # of tiles, and as many of the chunks that they lie in
SLAB_BYTES = 16_000_000  # of chunks under one tile that are kept
WINDOW = (0.5, 99.5)  # percentiles of grey values shown as black and white
SAMPLED = 12  # boxes for the window
BUILT = (32, 512, 512)  # voxels of a level that are made at a time


class Level(NamedTuple):
    """One level of the pyramid."""

    shape: Shape
    spacing_nm: Spacing
    factors: Shape  # voxels of level 0 in one voxel
    volume: Volume | None  # None: not made yet


class ImageTiles:
    """Tiles of an image.

    Parameters
    ----------
    volume
        The image.
    spacing_nm
        Its voxel size.
    scratch
        Folder for levels that the volume lacks.
    """

    def __init__(self, volume: Volume, spacing_nm: Spacing, scratch: Path) -> None:
        self.volume, self.spacing_nm, self._scratch = volume, spacing_nm, scratch
        self._cache: LRUCache[tuple[Any, ...], NDArray[np.uint8]] = LRUCache(
            CACHE_BYTES, getsizeof=lambda tile: tile.nbytes + 100
        )
        self._slabs: LRUCache[tuple[int, Box], NDArray[Any]] = LRUCache(
            CACHE_BYTES, getsizeof=lambda slab: slab.nbytes
        )
        self._lock = threading.Lock()
        self.levels = _levels(volume, spacing_nm, scratch)
        self.window = contrast_window(volume)

    @property
    def complete(self) -> bool:
        """Whether every level is there."""
        return all(level.volume is not None for level in self.levels)

    def tile(
        self, plane: SlicePlane, level: int, row: int, column: int
    ) -> NDArray[np.uint8] | None:
        """One tile as grey values from 0 to 255; None where there is none.

        A level that is not made yet is computed from the finer ones, if few voxels.
        """
        if not 0 <= level < len(self.levels):
            raise VolumeError(
                f"level {level} does not exist; {self.volume.name} has 0 to "
                f"{len(self.levels) - 1}"
            )
        key = (plane, level, row, column)
        with self._lock:
            found = self._cache.get(key)
        if found is None:
            found = self._read(plane, level, row, column)
            if found is not None:
                with self._lock:
                    self._cache[key] = found
        return found

    def grey(self, array: NDArray[Any]) -> NDArray[np.uint8]:
        """Intensities as grey values from 0 to 255, after the window."""
        low, high = self.window
        scaled = (array.astype(np.float32) - low) * (255 / max(high - low, 1e-12))
        return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)

    def build(
        self, report: Callable[[int, int], None], stopped: Callable[[], bool]
    ) -> None:
        """Make the missing levels. Continues an earlier run."""
        total = sum(Box.whole(le.shape).voxels for le in self.levels if not le.volume)
        needed = total * self.volume.dtype.itemsize
        self._scratch.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._scratch).free < 2 * needed:
            raise VolumeError(
                f"{self._scratch}: a pyramid of {self.volume.name} needs "
                f"{needed / 1e6:.0f} MB, which is not free there; make room"
            )
        done = 0
        for number, level in enumerate(self.levels):
            if level.volume is not None:
                continue
            path = self._scratch / f"level_{number}.zarr"
            source = self.volume if number == 0 else self.levels[number - 1].volume
            assert source is not None  # made in the round before
            factors = _steps(self.levels, number)
            with written_aside(path, overwrite=True) as aside:
                target = create_ome_zarr(
                    aside,
                    shape=level.shape,
                    dtype=self.volume.dtype,
                    spacing_nm=level.spacing_nm,
                    kind="image",
                )
                for box in tile(level.shape, (target.shard[0], *BUILT[1:])):
                    if stopped():
                        return
                    finer = box.refined(factors).clipped(source.shape)
                    target.write(box, downsample(source.read(finer), factors, "image"))
                    done += box.voxels
                    report(done, total)
            self.levels[number] = level._replace(volume=open_levels(path)[0])

    def _read(
        self, plane: SlicePlane, level: int, row: int, column: int
    ) -> NDArray[np.uint8] | None:
        wanted = self.levels[level]
        box = tile_box(plane, wanted.shape, wanted.factors, row, column)
        if box is None:
            return None
        if wanted.volume is not None:
            return self.grey(plane.flat(self._sliced(plane, level, box)))
        if level == 0:
            return self.grey(plane.flat(self.volume.read(box)))
        finer = next(n for n in range(level, -1, -1) if self.levels[n].volume or n == 0)
        source = self.levels[finer].volume or self.volume
        step = per_axis(lambda a, b: a // b, wanted.factors, self.levels[finer].factors)
        fine = box.refined(step).clipped(source.shape)
        start = list(fine.start)
        stop = list(fine.stop)
        normal = NORMAL[plane.axis]
        stop[normal] = start[normal] + 1  # one slice of the finer level
        read = source.read(Box(tuple(start), tuple(stop)))  # type: ignore[arg-type]
        steps = list(step)
        steps[normal] = 1
        return self.grey(plane.flat(read[:: steps[0], :: steps[1], :: steps[2]]))

    def _sliced(self, plane: SlicePlane, level: int, box: Box) -> NDArray[Any]:
        """Voxels of a box; chunks are kept whole, for the slices beside it."""
        volume = self.levels[level].volume
        assert volume is not None  # asked before
        normal, chunk = NORMAL[plane.axis], volume.chunk
        first = box.start[normal] // chunk[normal] * chunk[normal]
        start, stop = list(box.start), list(box.stop)
        start[normal] = first
        stop[normal] = min(first + chunk[normal], volume.shape[normal])
        slab = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        if slab.voxels * volume.dtype.itemsize > SLAB_BYTES:
            return volume.read(box)
        key = (level, slab)
        with self._lock:
            found = self._slabs.get(key)
        if found is None:
            found = volume.read(slab)
            with self._lock:
                self._slabs[key] = found
        return found[box.relative_to(slab.start).slices]


def tile_box(
    plane: SlicePlane, shape: Shape, factors: Shape, row: int, column: int
) -> Box | None:
    """Voxels of a level in one of its tiles; None outside the level."""
    normal = NORMAL[plane.axis]
    index = min(plane.at // factors[normal], shape[normal] - 1)
    rows, columns = SlicePlane(plane.axis, index).size(shape)
    top, left = row * TILE, column * TILE
    if not (0 <= top < rows and 0 <= left < columns):
        return None
    corners = (top, left, min(top + TILE, rows), min(left + TILE, columns))
    return SlicePlane(plane.axis, index).box(corners)


def contrast_window(volume: Volume) -> tuple[float, float]:
    """Grey values that are shown as black and as white."""
    boxes = list(sampled_boxes(volume.shape))
    step = max(1, len(boxes) // SAMPLED)
    values = []
    for box in boxes[::step][:SAMPLED]:
        thin = Box(box.start, (box.start[0] + 1, *box.stop[1:]))
        values.append(volume.read(thin)[:, ::2, ::2].ravel())
    sample = np.concatenate(values).astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not len(sample):
        return 0.0, 1.0
    low, high = np.percentile(sample, WINDOW)
    return float(low), float(high if high > low else low + 1)


def _levels(volume: Volume, spacing_nm: Spacing, scratch: Path) -> list[Level]:
    """Levels of the volume itself, or of the scratch folder."""
    own: Sequence[OmeZarrVolume] = ()
    if isinstance(volume, OmeZarrVolume):
        own = open_levels(volume.path)
    if len(own) > 1:
        return [
            Level(v.shape, _scaled(spacing_nm, f), f, v)
            for v in own
            for f in [
                per_axis(lambda a, b: max(1, round(a / b)), own[0].shape, v.shape)
            ]
        ]
    factors, shape = (1, 1, 1), volume.shape
    first = volume if own else _made(scratch, 0, shape)
    levels = [Level(shape, spacing_nm, factors, first)]
    for step in pyramid_factors(shape, spacing_nm):
        factors = per_axis(int.__mul__, factors, step)
        shape = per_axis(lambda n, f: -(-n // f), shape, step)
        level = _made(scratch, len(levels), shape)
        levels.append(Level(shape, _scaled(spacing_nm, factors), factors, level))
    return levels


def _made(scratch: Path, number: int, shape: Shape) -> Volume | None:
    path = scratch / f"level_{number}.zarr"
    try:
        found = open_levels(path)[0] if path.exists() else None
    except DensecellError:
        return None
    return found if found is not None and found.shape == shape else None


def _scaled(spacing_nm: Spacing, factors: Shape) -> Spacing:
    return Spacing(*per_axis(lambda length, f: length * f, spacing_nm, factors))


def _steps(levels: list[Level], number: int) -> Shape:
    if number == 0:
        return (1, 1, 1)
    return per_axis(
        lambda a, b: a // b, levels[number].factors, levels[number - 1].factors
    )
