"""Time of image tiles in the studio, from a large store with a pyramid.

    python benchmarks/studio.py STORE.zarr [--make Z Y X] [--tiles 400]

Makes the store if asked to (uint8, structured noise), opens it in a session, and reads
tiles in random walks of a person: neighbours of a view, slices up and down, other axes,
other levels. Prints percentiles, and the peak of memory.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from densecell.geometry import Box, Spacing, tile
from densecell.session.picture import ImageTiles
from densecell.session.plane import SlicePlane
from densecell.volume import build_pyramid, create_ome_zarr, open_volume

SPACING_NM = (8.0, 8.0, 8.0)


def make(path, shape):
    store = create_ome_zarr(
        path, shape=shape, dtype="uint8", spacing_nm=SPACING_NM, kind="image"
    )
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 60, (store.shard[0] + 64, 1088, 1088)).astype(np.uint8)
    for box in tile(shape, store.shard):
        z, y, x = rng.integers(0, 64, 3)
        d, h, w = box.shape
        store.write(box, noise[z : z + d, y : y + h, x : x + w] + np.uint8(80))
    build_pyramid(path, kind="image")


def walk(tiles, count):
    """Yield tiles as a person asks for them: a view of nine, then a move."""
    rng = np.random.default_rng(1)
    shape = tiles.volume.shape
    done = 0
    while done < count:
        axis = "zzzyx"[rng.integers(5)]
        level = int(rng.integers(len(tiles.levels)))
        plane = SlicePlane(axis, int(rng.integers(shape["zyx".index(axis)])))
        rows, columns = plane.size(tiles.levels[level].shape)
        top = int(rng.integers(max(1, rows // 256 - 2)))
        left = int(rng.integers(max(1, columns // 256 - 2)))
        for _ in range(3):  # the same view in three slices
            for row in range(top, min(top + 3, -(-rows // 256))):
                for column in range(left, min(left + 3, -(-columns // 256))):
                    yield plane, level, row, column
                    done += 1
            last = shape["zyx".index(axis)] - 1
            plane = SlicePlane(axis, min(plane.at + 2**level, last))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--make", type=int, nargs=3)
    parser.add_argument("--tiles", type=int, default=900)
    words = parser.parse_args()
    if words.make:
        start = time.monotonic()
        make(words.store, tuple(words.make))
        print(f"made in {time.monotonic() - start:.0f} s")
    volume = open_volume(words.store)
    start = time.monotonic()
    tiles = ImageTiles(volume, Spacing(*SPACING_NM), words.store / "scratch")
    opened = time.monotonic() - start
    times = []
    for plane, level, row, column in walk(tiles, words.tiles):
        start = time.monotonic()
        tiles.tile(plane, level, row, column)
        times.append(1000 * (time.monotonic() - start))
    voxels = Box.whole(volume.shape).voxels / 1e9
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    p50, p95, p99 = np.percentile(times, (50, 95, 99))
    quick = 100 * np.mean(np.array(times) < 100)
    levels = len(tiles.levels)
    print(f"{voxels:.2f} gigavoxels, {levels} levels, opened in {opened:.2f} s")
    print(f"{len(times)} tiles: 50 % {p50:.1f}, 95 % {p95:.1f}, 99 % {p99:.1f} ms")
    print(f"under 100 ms: {quick:.1f} %, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
