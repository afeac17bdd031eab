"""What a segmentation will take: blocks, memory, disk, time, before it starts.

A few tiles of the volume are segmented into a folder that is then dropped, by the very
steps of the real run; their time and bytes are scaled to all voxels.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.ensemble.blocks import Runner
from densecell.ensemble.freeze import settle
from densecell.ensemble.load import Ensemble
from densecell.ensemble.run import Run, Wish
from densecell.ensemble.stores import STORE, create_stores, images
from densecell.ensemble.work import Labeller, make_runners
from densecell.errors import OutputError
from densecell.geometry import Box, Shape
from densecell.inference import block_unit
from densecell.volume import Volume, build_pyramid

PROBE_S = 20.0  # after which no further place is probed
PLACES = 5


class Plan(NamedTuple):
    """What is foreseen."""

    run: Run
    blocks: int
    tiles: int
    bytes_of_memory: int  # of one process
    bytes_on_disk: int
    seconds: float


class _Probe(NamedTuple):
    """What some places of the volume took."""

    voxels: int
    tiles: int
    labelling_s: float
    coarser_s: float
    bytes: int


def plan(volume: Volume, ensemble: Ensemble, wish: Wish, *, beside: Path) -> Plan:
    """Foresee what `segment_volume` with the same arguments will take.

    Parameters
    ----------
    volume, ensemble, wish
        As there.
    beside
        A folder of the file system that the result will lie on.
    """
    begin = time.perf_counter()
    run, memory = settle(volume, ensemble, wish)
    runners = make_runners(run, ensemble)
    ready_s = time.perf_counter() - begin
    try:
        with tempfile.TemporaryDirectory(dir=beside, prefix=".densecell-plan-") as name:
            probe = _probed(run, volume, runners, Path(name))
    except OSError as error:
        raise OutputError(
            f"{beside}: nothing can be tried out there ({error.strerror or error}); "
            "choose an --out in a folder that may be written to"
        ) from None
    tiles = _count(runners[0], run.extent)
    voxels = run.extent.voxels
    seconds = (
        ready_s
        + probe.labelling_s * tiles / probe.tiles
        + probe.coarser_s * voxels / probe.voxels
    )
    return Plan(
        run,
        blocks=len(run.blocks()),
        tiles=tiles,
        bytes_of_memory=memory,
        bytes_on_disk=probe.bytes * voxels // probe.voxels,
        seconds=seconds,
    )


def _probed(
    run: Run, volume: Volume, runners: Sequence[Runner], folder: Path
) -> _Probe:
    """Segment a tile here and there, until that took long enough."""
    probe = _Probe(0, 0, 0.0, 0.0, 0)
    written = block_unit(run.grid, runners[0].tiling)
    begin = time.perf_counter()
    for box in _places(run.extent, written):
        warm = probe.voxels > 0
        part, out = _run_of(run, box), folder / str(len(list(folder.iterdir())))
        create_stores(part, out)
        labeller = Labeller(part, volume, runners, out)
        if not warm:
            labeller(0)  # the first call of an engine takes longer
        start = time.perf_counter()
        labeller(0)
        labelled = time.perf_counter()
        for name, kind in images(part).items():
            build_pyramid(out / STORE / name, kind=kind)
        ended = time.perf_counter()
        probe = _Probe(
            probe.voxels + box.voxels,
            probe.tiles + _count(runners[0], box),
            probe.labelling_s + labelled - start,
            probe.coarser_s + ended - labelled,
            probe.bytes + _size(out / STORE),
        )
        if ended - begin > PROBE_S:
            break
    return probe


def _count(runner: Runner, box: Box) -> int:
    return sum(1 for _ in runner.tiles(box))


def _size(folder: Path) -> int:
    """Add up the chunks; metadata does not grow with the volume."""
    files = (p for p in folder.rglob("*") if p.name != "zarr.json")
    return sum(p.stat().st_size for p in files if p.is_file())


def _places(extent: Box, kept: Shape) -> Iterator[Box]:
    """Yield what a tile keeps: in the middle, then towards the corners."""
    shares = ((0.5, 0.5, 0.5), (0, 0.2, 0.2), (1, 0.8, 0.2), (0, 0.2, 0.8), (1, 1, 1))
    seen = set()
    for share in shares[:PLACES]:
        cells = [
            (a // k, (b - 1) // k)
            for a, b, k in zip(extent.start, extent.stop, kept, strict=True)
        ]
        z, y, x = (
            round(first + s * (last - first)) * k
            for (first, last), s, k in zip(cells, share, kept, strict=True)
        )
        box = Box((z, y, x), (z + kept[0], y + kept[1], x + kept[2]))
        box = box.intersection(extent)
        if box not in seen:
            seen.add(box)
            yield box


def _run_of(run: Run, box: Box) -> Run:
    """Give the same run for a small box alone, in one block."""
    inference = run.inference.model_copy(update={"block": box.shape})
    return run.model_copy(update={"box": (box.start, box.stop), "inference": inference})
