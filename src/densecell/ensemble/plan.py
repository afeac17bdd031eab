"""Estimate blocks, memory, disk and time of a segmentation before it starts.

A few tiles of the volume are segmented into a temporary folder, by the same code as in
the real run. Their time and bytes are scaled to all voxels.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.ensemble.blocks import Runner
from densecell.ensemble.labeller import Labeller, make_runners
from densecell.ensemble.load import Ensemble
from densecell.ensemble.resolve import SegmentRequest, resolve_with_memory
from densecell.ensemble.stores import create_stores, images
from densecell.errors import OutputError
from densecell.geometry import Box, Shape, per_axis
from densecell.inference import block_unit
from densecell.result import STORE, Run
from densecell.volume import Volume, build_pyramid

PROBE_S = 20.0  # no further place is probed after this time
PLACES = ((0.5, 0.5, 0.5), (0, 0.2, 0.2), (1, 0.8, 0.2), (0, 0.2, 0.8), (1, 1, 1))


class SegmentationPlan(NamedTuple):
    """Estimate of a segmentation."""

    run: Run
    blocks: int
    tiles: int
    bytes_of_memory: int  # of one process
    bytes_on_disk: int
    seconds: float


class _Probe(NamedTuple):
    """Cost of some places of the volume."""

    voxels: int
    tiles: int
    labelling_s: float
    coarser_s: float
    bytes: int


def plan_segmentation(
    volume: Volume, ensemble: Ensemble, request: SegmentRequest, *, beside: Path
) -> SegmentationPlan:
    """Estimate what `segment_volume` with the same arguments will take.

    Parameters
    ----------
    volume, ensemble, request
        Arguments of `segment_volume`.
    beside
        A folder on the disk that the result will be written to.
    """
    begin = time.perf_counter()
    run, memory = resolve_with_memory(volume, ensemble, request)
    runners = make_runners(run, ensemble)
    ready_s = time.perf_counter() - begin
    try:
        with tempfile.TemporaryDirectory(dir=beside, prefix=".densecell-plan-") as name:
            probe = _probed(run, volume, runners, Path(name))
    except OSError as error:
        raise OutputError(
            f"{beside}: cannot write a trial there ({error.strerror or error}); choose "
            "an --out in a folder that may be written to"
        ) from None
    tiles = _count(runners[0], run.extent)
    voxels = run.extent.voxels
    seconds = (
        ready_s
        + probe.labelling_s * tiles / probe.tiles
        + probe.coarser_s * voxels / probe.voxels
    )
    return SegmentationPlan(
        run,
        blocks=len(run.blocks),
        tiles=tiles,
        bytes_of_memory=memory,
        bytes_on_disk=probe.bytes * voxels // probe.voxels,
        seconds=seconds,
    )


def _probed(
    run: Run, volume: Volume, runners: Sequence[Runner], folder: Path
) -> _Probe:
    """Segment single tiles at some places, for at most `PROBE_S`."""
    probe = _Probe(0, 0, 0.0, 0.0, 0)
    written = block_unit(run.grid, runners[0].tiling)
    begin = time.perf_counter()
    for box in _places(run.extent, written):
        warm = probe.voxels > 0
        part, out = _cropped(run, box), folder / str(len(list(folder.iterdir())))
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
    """Bytes of all chunks; metadata does not grow with the volume."""
    files = (p for p in folder.rglob("*") if p.name != "zarr.json")
    return sum(p.stat().st_size for p in files if p.is_file())


def _places(extent: Box, kept: Shape) -> Iterator[Box]:
    """Yield boxes that one tile writes: in the middle, then towards the corners."""

    def start(first: int, stop: int, kept: int, share: float) -> int:
        low, high = first // kept, (stop - 1) // kept
        return round(low + share * (high - low)) * kept

    seen = set()
    for shares in PLACES:
        corner = per_axis(start, extent.start, extent.stop, kept, shares)
        box = Box.at(corner, kept).intersection(extent)
        if box not in seen:
            seen.add(box)
            yield box


def _cropped(run: Run, box: Box) -> Run:
    """Same run for a small box, in one block."""
    inference = run.inference.model_copy(update={"block": box.shape})
    return run.model_copy(update={"box": (box.start, box.stop), "inference": inference})
