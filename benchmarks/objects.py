"""Speed and memory of objects and tables; how well touching cells are told apart.

    python benchmarks/objects.py speed --voxels 128
    python benchmarks/objects.py speed --voxels 512 --alone
    python benchmarks/objects.py split --seeds 1 2
    python benchmarks/objects.py blocks --affinities --size 160
    python benchmarks/objects.py blocks --affinities --size 250 --spacing 10 \\
        --truth ../shared/data/neuroproof-fibsem/instances.tif

`speed` times components (with their stores), tables, cells split by distances, and
meshes on a phantom mirrored to size, in turn with the same in scipy.ndimage and
scikit-image (`object_peers.py`). Here all are read from and written to disk, block by
block in two threads; the others begin with the classes in memory. One stage makes parts
of components and of tables: its time is shared out by what its threads took. On a busy
machine the seconds of processors (of all threads) tell more than those of the clock.
`split` gives F1 at IoU 0.5 of cells from true
classes over settings, and how many cells touch. `blocks` compares cells split in blocks
with cells split in memory; with `--affinities` also cells cut by those of the truth,
blurred and with noise.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import object_peers
from skimage import measure as skimage_measure
from unsure import write_affinities

from densecell.classes import ClassScheme
from densecell.compute import trim_memory, watched_memory
from densecell.config import MeshConfig, ObjectsConfig, SplitConfig
from densecell.evaluation import count_overlaps, match_objects
from densecell.geometry import Box, Shape, Spacing, tile
from densecell.objects import Source, drop_objects, measure_objects, open_source, work
from densecell.objects.blocks import stage_1_label
from densecell.objects.cut.by_distance import split_coarse
from densecell.objects.cut.coarse import factors_of, occupancy, refined
from densecell.patches import default_affinities
from densecell.phantom import make_phantom
from densecell.phantom.cells import GAPS, make_cells
from densecell.phantom.lattice import Lattice
from densecell.surfaces import mesh_result
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
STEPS = ("components", "tables", "cells", "meshes")


def main() -> None:
    args = arguments()
    {"speed": speed, "split": split, "blocks": blocks}[args.what](args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["speed", "split", "blocks"])
    parser.add_argument("--voxels", type=int, choices=SHAPES, default=16)
    parser.add_argument("--repeat", type=int, default=1, help="in turn, medians")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--alone", action="store_true", help="without the others")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--size", type=int, default=200, help="voxels of an edge")
    parser.add_argument("--spacing", type=float, default=80.0, help="nm, of split")
    parser.add_argument("--gaps", type=float, default=GAPS, help="of phantoms")
    parser.add_argument("--necks", type=float, nargs="+", default=[0.95, 0.9, 0.8])
    parser.add_argument("--smoothings", type=float, nargs="+", default=[80.0])
    parser.add_argument("--affinities", action="store_true", help="for blocks")
    parser.add_argument("--truth", type=Path, help="ids of cells, instead of phantoms")
    parser.add_argument("--block", type=int, help="edge; without: half of the volume's")
    parser.add_argument("--folder", type=Path, help="for the volumes, dropped later")
    return parser.parse_args()


class Timed(NamedTuple):
    """What each step of one side took: seconds of the clock, and of processors."""

    seconds: dict[str, np.ndarray]
    peak: dict[str, int]  # bytes
    objects: int


def speed(args: argparse.Namespace) -> None:
    """Time both sides in turn, and print medians."""
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        path = write_classes(folder / "classes.zarr", SHAPES[args.voxels])
        sides: dict[str, list[Timed]] = {"densecell": [], "scipy, scikit-image": []}
        for _ in range(args.repeat):
            sides["densecell"].append(ours(path, folder / "ours", args.steps))
            if not args.alone:
                sides["scipy, scikit-image"].append(
                    others(path, folder / "others", args.steps)
                )
        print("| step | by | s | processor s | Mvoxels/s | peak GB | objects |")
        print("|---|---|---|---|---|---|---|")
        for step in args.steps:
            for by, runs in sides.items():
                report_step(step, by, runs, Box.whole(SHAPES[args.voxels]).voxels)


def report_step(step: str, by: str, runs: list[Timed], voxels: int) -> None:
    if runs:
        clock, processor = np.median([r.seconds[step] for r in runs], axis=0)
        peak = max(r.peak[step] for r in runs) / 1e9
        facts = f"{clock:.1f} | {processor:.1f} | {voxels / clock / 1e6:.1f}"
        print(f"| {step} | {by} | {facts} | {peak:.2f} | {runs[0].objects} |")


def now() -> np.ndarray:
    """Seconds of the clock, and of all processors."""
    return np.array([time.perf_counter(), time.process_time()])


def ours(path: Path, out: Path, steps: Sequence[str]) -> Timed:
    """Measure and mesh as a user does, from disk to disk."""
    whole = measured(path, out, split=False)
    seconds, peak = split_stages(whole)
    if "meshes" in steps:
        trim_memory()
        begin = now()
        with watched_memory() as watched:
            for _ in mesh_result(out, MeshConfig(formats=("glb",))):
                pass
        seconds["meshes"], peak["meshes"] = now() - begin, watched.grown
    shutil.rmtree(out)
    if "cells" in steps:
        cut = measured(path, out, split=True, until="objects")
        seconds["cells"] = cut.seconds["objects"] * cut.share("cut_block")
        peak["cells"] = cut.peak
        shutil.rmtree(out)
    return Timed(seconds, peak, whole.objects)


class Measurement(NamedTuple):
    """One measurement: wall time by stage, and time of threads inside the first."""

    seconds: dict[str, np.ndarray]
    inside: dict[str, float]
    peak: int
    objects: int

    def share(self, *names: str) -> float:
        """Share that some functions have of the first stage."""
        return sum(self.inside[n] for n in names) / self.inside["label_block"]


def measured(path: Path, out: Path, *, split: bool, until: str = "") -> Measurement:
    """Measure labels; where asked for, only to the end of a stage."""
    off = {"split": split}
    config = ObjectsConfig(cells=off, organelles={"split": False})
    seconds: dict[str, np.ndarray] = {}
    trim_memory()
    copy_labels(path, out)
    source = open_source(out / "segmentation.zarr" / "labels" / "classes", out=out)
    with clocks() as inside, watched_memory() as watched:
        last = now()
        for step in measure_objects(source, config):
            if until and step.stage != until:
                break
            taken, last = now() - last, now()
            seconds[step.stage] = seconds.get(step.stage, 0) + taken
    tables = out / "tables" / "organelles.csv"
    rows = len(tables.read_text().splitlines()) - 1 if tables.exists() else 0
    return Measurement(seconds, inside, watched.grown, rows)


def split_stages(m: Measurement) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Split the first stage's time between components and tables: it does both."""
    share = m.share("_sums", "_contacts")
    first = m.seconds["objects"]
    apart = first * (1 - share) + m.seconds["borders of blocks"] + m.seconds["ids"]
    told = first * share + m.seconds["surfaces"] + m.seconds["tables"]
    seconds = {"components": apart, "tables": told}
    return seconds, dict.fromkeys(seconds, m.peak)


@contextmanager
def clocks() -> Iterator[dict[str, float]]:
    """Sum up, over all threads, the seconds inside parts of the first stage."""
    taken = dict.fromkeys(("label_block", "cut_block", "_sums", "_contacts"), 0.0)

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def within(*args: Any, **more: Any) -> Any:
            begin = time.perf_counter()
            try:
                return work(*args, **more)
            finally:
                taken[name] += time.perf_counter() - begin

        return within

    with ExitStack() as stack:
        for name in taken:
            within = timed(name, getattr(stage_1_label, name))
            stack.enter_context(mock.patch.object(stage_1_label, name, within))
        whole = {"number": stage_1_label.label_block}
        stack.enter_context(mock.patch.dict(work.BLOCK_STAGES, whole))
        yield taken


def copy_labels(path: Path, out: Path) -> None:
    """Lay labels down as a segmentation would, for the meshes."""
    shutil.copytree(path, out / "segmentation.zarr" / "labels" / "classes")


def others(path: Path, out: Path, steps: Sequence[str]) -> Timed:
    """Do the same in memory, each step on its own."""
    volume = open_ome_zarr(path)
    classes = volume.read(Box.whole(volume.shape))
    seconds: dict[str, np.ndarray] = {}
    peak: dict[str, int] = {}

    def timed(step: str, work: Callable[..., Any], *args: Any) -> Any:
        if step not in (*steps, "components"):  # which the others begin with
            return None
        trim_memory()
        begin = now()
        with watched_memory() as watched:
            result = work(*args)
        seconds[step], peak[step] = now() - begin, watched.grown
        return result

    found = timed("components", object_peers.components, classes, SPACING, out)
    timed("tables", object_peers.tables, classes, found, SPACING)
    timed("cells", object_peers.split_cells, classes, SPACING)
    timed("meshes", object_peers.meshes, found, SPACING, out / "meshes")
    shutil.rmtree(out)
    count = sum(int(found[name].max()) for name in ("organelles", "parts"))
    return Timed(seconds, peak, count)


def write_classes(path: Path, shape: Shape) -> Path:
    """Write true classes of a phantom, mirrored at its faces to fill `shape`."""
    source = [min(a, b) for a, b in zip(SOURCE, shape, strict=True)]
    classes = make_phantom((source[0], source[1], source[2]), seed=1).classes
    volume = create_ome_zarr(
        path,
        shape=shape,
        dtype=np.uint8,
        spacing_nm=SPACING,
        kind="label",
        scheme=ClassScheme.platelet(),
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
            update = {"smoothing_nm": smoothing, "neck": neck}
            config = ObjectsConfig().cells.model_copy(update=update)
            found = split_whole(truth > 0, spacing, config)
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
    lattice = Lattice((edge, edge, edge), Spacing(length, length, length))
    ids = make_cells(lattice, np.random.default_rng(seed), gaps=args.gaps).ids
    return skimage_measure.label(ids, connectivity=3), lattice.spacing_nm


def split_whole(mask: np.ndarray, spacing: Spacing, config: SplitConfig) -> np.ndarray:
    """Split as `measure` does, but all at once."""
    factors = factors_of(spacing, config.voxel_nm)
    counts = occupancy(mask, factors)
    coarse = split_coarse(counts, factors, spacing_nm=spacing, split=config)
    fine = refined(coarse, factors)[Box.whole(mask.shape).slices]
    return fine * mask


def touching(cells: np.ndarray) -> float:
    """Share of cells that touch others over a fifth of their faces."""
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
