"""Speed and memory of objects and tables; how well touching cells are told apart.

    python benchmarks/objects.py speed --voxels 128
    python benchmarks/objects.py speed --voxels 512 --alone
    python benchmarks/objects.py split --seeds 1 2
    python benchmarks/objects.py blocks --affinities --size 160
    python benchmarks/objects.py blocks --affinities --size 250 --spacing 10 \\
        --truth ../shared/data/neuroproof-fibsem/instances.tif

`speed` holds each step against scipy.ndimage or scikit-image doing the same, in one
run, on a phantom mirrored to size. `split` gives F1 at IoU 0.5 of cells from true
classes over settings, and how many cells touch. `blocks` compares cells split in blocks
with cells split in memory; with `--affinities` also cells cut by those of the truth,
blurred and with noise.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage
from skimage import measure as skimage_measure
from skimage import segmentation
from unsure import write_affinities

from densecell.classes import ClassScheme
from densecell.compute import watched_memory
from densecell.config import ObjectsConfig
from densecell.evaluation.instances import count_overlaps, match_objects
from densecell.geometry import Box, Shape, Spacing, tile
from densecell.objects import drop_objects, measure_objects, open_source
from densecell.objects.coarse import factors_of, refined, split_coarse
from densecell.objects.source import Source
from densecell.patches import default_affinities
from densecell.phantom import make_phantom
from densecell.phantom.cells import make_cells
from densecell.phantom.grid import Grid
from densecell.volume import (
    create_ome_zarr,
    open_ome_zarr,
    open_volume,
    read_padded,
)

SPACING = Spacing(40, 10, 10)
SHAPES: dict[int, Shape] = {
    2: (16, 352, 352),
    16: (32, 704, 704),
    128: (64, 1408, 1408),
    512: (128, 2048, 2048),
}
SOURCE: Shape = (32, 512, 512)


def main() -> None:
    args = arguments()
    {"speed": speed, "split": split, "blocks": blocks}[args.what](args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["speed", "split", "blocks"])
    parser.add_argument("--voxels", type=int, choices=SHAPES, default=16)
    parser.add_argument("--alone", action="store_true", help="without the others")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--size", type=int, default=200, help="voxels of an edge")
    parser.add_argument("--spacing", type=float, default=80.0, help="nm, of split")
    parser.add_argument("--necks", type=float, nargs="+", default=[0.95, 0.9, 0.8])
    parser.add_argument("--smoothings", type=float, nargs="+", default=[80.0])
    parser.add_argument("--affinities", action="store_true", help="for blocks")
    parser.add_argument("--truth", type=Path, help="ids of cells, instead of phantoms")
    parser.add_argument("--block", type=int, help="edge; without: half of the volume's")
    parser.add_argument("--folder", type=Path, help="for the volumes, dropped later")
    return parser.parse_args()


def speed(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        path = write_classes(Path(name) / "classes.zarr", SHAPES[args.voxels])
        print("| step | s | Mvoxels/s | peak GB |\n|---|---|---|---|", flush=True)
        ours(path, Path(name) / "out", split=False)
        ours(path, Path(name) / "out", split=True)
        if not args.alone:
            others(path)


def ours(path: Path, out: Path, *, split: bool) -> None:
    """Measure as a user does, from disk to disk; time every step."""
    off = {"split": split}
    config = ObjectsConfig(cells=off, organelles=off)
    source = open_source(path, out=out, classes="platelet")
    voxels = Box.whole(source.labels.shape).voxels
    begin = last = time.perf_counter()
    taken: dict[str, float] = {}
    with watched_memory() as peak:
        for step in measure_objects(source, config):
            now = time.perf_counter()
            taken[step.what] = taken.get(step.what, 0.0) + now - last
            last = now
        taken["tables, pyramids"] = time.perf_counter() - last
    total = time.perf_counter() - begin
    for name, seconds in (*taken.items(), ("all", total)):
        kind = "split" if split else "whole"
        row(f"{kind}: {name}", seconds, voxels, peak.grown)
    shutil.rmtree(out)


def others(path: Path) -> None:
    """Do the same in memory with scipy.ndimage and scikit-image."""
    volume = open_ome_zarr(path)
    classes = volume.read(Box.whole(volume.shape))
    scheme = ClassScheme.platelet()
    mask = classes > 0

    def components() -> list[Any]:
        found = [ndimage.label(mask, np.ones((3, 3, 3)))[0]]
        for i in scheme.organelle_ids[:-1]:
            own = np.isin(classes, (5, 6)) if i == 5 else classes == i
            found.append(ndimage.label(own, np.ones((3, 3, 3)))[0])
        return found

    found = timed("scipy: components", components, classes.size)
    properties = ("area", "bbox", "centroid", "inertia_tensor_eigvals")

    def tables() -> None:
        for ids in found:
            skimage_measure.regionprops_table(
                ids, spacing=tuple(SPACING), properties=properties
            )

    timed("scikit-image: tables", tables, classes.size)

    def surfaces() -> None:
        for ids in found:
            for one in skimage_measure.regionprops(ids):
                vertices, faces, _, _ = skimage_measure.marching_cubes(
                    np.pad(one.image, 1), 0.5, spacing=tuple(SPACING)
                )
                skimage_measure.mesh_surface_area(vertices, faces)

    timed("scikit-image: surfaces", surfaces, classes.size)

    def cells() -> None:
        depth = ndimage.distance_transform_edt(mask, sampling=SPACING)
        smooth = ndimage.gaussian_filter(depth, [80 / s for s in SPACING])
        peaks = mask & (smooth >= ndimage.maximum_filter(smooth, 3))
        seeds, _ = ndimage.label(peaks, np.ones((3, 3, 3)))
        segmentation.watershed(-smooth, seeds, mask=mask)

    timed("scipy, scikit-image: cells", cells, classes.size)


def timed(name: str, work: Callable[[], Any], voxels: int) -> Any:
    begin = time.perf_counter()
    with watched_memory() as peak:
        result = work()
    row(name, time.perf_counter() - begin, voxels, peak.grown)
    return result


def row(name: str, seconds: float, voxels: int, peak: int) -> None:
    rate = voxels / max(seconds, 1e-9) / 1e6
    print(f"| {name} | {seconds:.1f} | {rate:.1f} | {peak / 1e9:.2f} |", flush=True)


def write_classes(path: Path, shape: Shape) -> Path:
    """Write true classes of a phantom, mirrored at its faces to fill `shape`."""
    source = [min(a, b) for a, b in zip(SOURCE, shape, strict=True)]
    classes = make_phantom((source[0], source[1], source[2]), seed=1).classes
    volume = create_ome_zarr(
        path, shape=shape, dtype=np.uint8, spacing_nm=SPACING, kind="label"
    )
    for box in tile(shape, volume.shard):
        volume.write(box, read_padded(classes, box))
    return path


def split(args: argparse.Namespace) -> None:
    print("| seed | cells | touch | smoothing nm | neck | found | F1 |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for seed in args.seeds:
        truth, spacing = cells_of(seed, args)
        share = touching(truth)
        for smoothing, neck in settings(args):
            found = split_whole(truth > 0, spacing, smoothing, neck)
            m = match_objects(count_overlaps(truth, found))
            facts = (seed, m.truth, f"{100 * share:.0f} %", smoothing, neck)
            results = (m.predicted, f"{m.f1:.3f}")
            print("|", *(f"{x} |" for x in (*facts, *results)), flush=True)


def settings(args: argparse.Namespace) -> Iterator[tuple[float, float]]:
    for smoothing in args.smoothings:
        for neck in args.necks:
            yield smoothing, neck


def cells_of(seed: int, args: argparse.Namespace) -> tuple[np.ndarray, Spacing]:
    """Make the true cells of a phantom, connected pieces numbered."""
    edge, length = args.size, args.spacing
    grid = Grid((edge, edge, edge), Spacing(length, length, length))
    ids = make_cells(grid, np.random.default_rng(seed)).ids
    return skimage_measure.label(ids, connectivity=3), grid.spacing_nm


def split_whole(
    mask: np.ndarray, spacing: Spacing, smoothing: float, neck: float
) -> np.ndarray:
    config = ObjectsConfig().cells.model_copy(
        update={"smoothing_nm": smoothing, "neck": neck}
    )
    factors = factors_of(spacing, config.voxel_nm)
    coarse = split_coarse(mask, factors, spacing_nm=spacing, split=config)
    fine = refined(coarse, factors)[Box.whole(mask.shape).slices]
    return fine * mask


def touching(cells: np.ndarray) -> float:
    """Give the share of cells that touch others over a fifth of their faces."""
    count = int(cells.max()) + 1
    faces, shared = np.zeros(count), np.zeros(count)
    for axis in range(3):
        moved = np.moveaxis(cells, axis, 0)
        for a, b in ((moved[:-1], moved[1:]), (moved[1:], moved[:-1])):
            differ = a != b
            faces += np.bincount(a[differ], minlength=count)
            shared += np.bincount(a[differ & (b > 0)], minlength=count)
    return float((shared[1:] > 0.2 * faces[1:]).mean())


def blocks(args: argparse.Namespace) -> None:
    """Split cells in blocks and in memory, and match both."""
    truth, spacing = truth_of(args) if args.truth else cells_of(args.seeds[0], args)
    many = args.block or max(truth.shape) // 2
    print("| cells by | block | cells | F1 with memory | F1 with truth | s | peak GB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        store = Path(name) / "segmentation.zarr"
        offsets = default_affinities(spacing) if args.affinities else ()
        if offsets:
            seed = args.seeds[0]
            write_affinities(store, truth, offsets, spacing_nm=spacing, seed=seed)
        np.save(Path(name) / "classes.npy", (truth > 0).astype(np.uint8))
        for way in ("affinities", "distances") if offsets else ("distances",):
            found = []
            for edge in (many, max(truth.shape)):  # memory last: it is not given back
                config = ObjectsConfig(block=(edge, edge, edge), cells_by=way)
                source = open_source(
                    Path(name) / "classes.npy",
                    out=Path(name),
                    classes="platelet",
                    spacing_nm=tuple(spacing),
                )._replace(affinities=offsets)
                found.append(measured_cells(source, config))
            report_blocks(way, many, truth, found)


class Measured(NamedTuple):
    """Cells of one way to cut them, and what it took."""

    ids: np.ndarray
    seconds: float
    peak: int


def measured_cells(source: Source, config: ObjectsConfig) -> Measured:
    """Measure, read the cells, and drop what was made."""
    begin = time.perf_counter()
    with watched_memory() as peak:
        for _ in measure_objects(source, config):
            pass
    seconds = time.perf_counter() - begin
    cells = open_ome_zarr(source.out / "segmentation.zarr" / "labels" / "cells")
    ids = cells.read(Box.whole(cells.shape))
    drop_objects(source.out)
    return Measured(ids, seconds, peak.grown)


def report_blocks(
    way: str, edge: int, truth: np.ndarray, found: list[Measured]
) -> None:
    for what, each in zip((str(edge), "whole"), found, strict=True):
        same = match_objects(count_overlaps(found[-1].ids, each.ids), threshold=0.9)
        true = match_objects(count_overlaps(truth, each.ids), threshold=0.5)
        f1 = f"{same.f1:.4f} | {true.f1:.3f}"
        took = f"{each.seconds:.1f} | {each.peak / 1e9:.2f}"
        print(f"| {way} | {what} | {same.predicted} | {f1} | {took} |", flush=True)


def truth_of(args: argparse.Namespace) -> tuple[np.ndarray, Spacing]:
    """Read true cells, connected pieces numbered."""
    volume = open_volume(args.truth, spacing_nm=(args.spacing,) * 3)
    ids = volume.read(Box.whole(volume.shape).clipped((args.size,) * 3))
    pieces = skimage_measure.label(ids.astype(np.int32), connectivity=3)
    return pieces, Spacing(*(args.spacing,) * 3)


if __name__ == "__main__":
    main()
