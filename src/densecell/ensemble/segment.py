"""A volume of any size to class labels, confidence and disagreement.

Each block is computed, written and marked on disk. A killed run continues with the
blocks that have no mark, and ends with the same bytes.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from densecell.checksums import write_checksums
from densecell.claim import claimed, is_empty, refuse_claimed
from densecell.compute import Cluster, Progress, Stage, begin_or_resume
from densecell.config import write_text
from densecell.disk import drop_partial, remove, writing
from densecell.ensemble.labeller import (
    Labeller,
    label_anywhere,
    make_runners,
    read_confusion,
    segment_stage,
)
from densecell.ensemble.load import Ensemble
from densecell.ensemble.resolution import warn_of_spacing
from densecell.ensemble.resolve import SegmentRequest, resolve_run
from densecell.ensemble.resume import check_same_run, check_same_voxels
from densecell.ensemble.scratch import drop_scratch, unpacked
from densecell.ensemble.stores import create_stores, images
from densecell.errors import OutputError
from densecell.result import RUN, STORE, Run, is_segmented, layout
from densecell.volume import Volume, build_pyramid, show_as_image

SEGMENT = "segment"  # stage of progress and of checksums


def segment_volume(
    volume: Volume,
    ensemble: Ensemble,
    out: Path,
    request: SegmentRequest,
    *,
    cluster: Cluster | None = None,
    overwrite: bool = False,
) -> Iterator[Progress]:
    """Label a volume block by block into `out`; yield progress after each block.

    The same call again continues where it stopped. Finished results are left as they
    are. Progress counts voxels, and the first one counts those found finished on disk.

    Parameters
    ----------
    volume
        Intensities with a known voxel size. Needs no labels.
    ensemble
        Networks to vote.
    out
        Folder of the result: `run.yaml`, `segmentation.zarr`, `agreement.json`.
    request
        Options; what they leave open is settled at the first start and kept.
    cluster
        Workers that see `out`, the volume and the model under the same paths; none:
        this process.
    overwrite
        Remove a result in `out` first. A request that cannot be resolved leaves it.

    Raises
    ------
    OutputError
        If `out` holds something else, or was begun with other settings.
    BlocksFailedError
        If blocks failed three times each, after all others are finished.
    """
    _check_place(out)
    resolved = None
    if overwrite and out.exists():
        resolved = resolve_run(volume, ensemble, request)
        refuse_claimed(out)
        remove(out)
    with claimed(out):
        run = begin_or_resume(
            out / RUN,
            Run,
            resolve=lambda: resolved or resolve_run(volume, ensemble, request),
            check=lambda run: check_same_run(run, volume, ensemble, request, out),
        )
        if not request.inference.resample:
            warn_of_spacing(volume, ensemble)
        yield from _segmented(run, volume, ensemble, out, cluster)


def _check_place(out: Path) -> None:
    """Refuse a place that holds something else."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; choose another --out")
    if out.exists() and not (out / RUN).exists() and not is_empty(out):
        raise OutputError(
            f"{out}: exists and is no result of densecell (no {RUN} in it); choose "
            "another --out"
        )


def _segmented(
    run: Run, volume: Volume, ensemble: Ensemble, out: Path, cluster: Cluster | None
) -> Iterator[Progress]:
    ready = out / layout.SEGMENT_STAGE / "ready"
    if not ready.exists():
        create_stores(run, out)
        write_text(ready, "")
    _drop_partial(out)
    stage, blocks = segment_stage(run, out), run.blocks
    total = run.extent.voxels
    done = total - sum(blocks[n].voxels for n in stage.waiting())
    yield Progress(SEGMENT, done, total)
    with writing(out):
        for number in _label(stage, run, volume, ensemble, out, cluster):
            done += blocks[number].voxels
            yield Progress(SEGMENT, done, total)
        if not is_segmented(out):
            check_same_voxels(run, volume, out)
            _finish(run, stage, out)


def _label(
    stage: Stage,
    run: Run,
    volume: Volume,
    ensemble: Ensemble,
    out: Path,
    cluster: Cluster | None,
) -> Iterator[int]:
    """Label the waiting blocks, here or on a cluster; yield the number of each."""
    if not stage.waiting():
        return
    volume = unpacked(volume, run, out)  # before workers ask for it
    work: Callable[[int], None] = partial(label_anywhere, out.absolute())
    if cluster is None:
        work = Labeller(run, volume, make_runners(run, ensemble), out)

    def voxels(number: int) -> str:
        block = run.blocks[number]
        return f"voxels {block.start} to {block.stop}"

    yield from stage.run(work, place=out, cluster=cluster, describe=voxels)


def _drop_partial(out: Path) -> None:
    """Remove unfinished files of a killed process or a lost worker."""
    for folder in (out / STORE, out / layout.SEGMENT_STAGE):
        drop_partial(folder)


def _finish(run: Run, stage: Stage, out: Path) -> None:
    """Build the pyramids, and write how far members agree with the ensemble."""
    _drop_partial(out)
    for name, kind in images(run).items():
        build_pyramid(out / STORE / name, kind=kind)
        if name == layout.CONFIDENCE:
            show_as_image(out / STORE, name)  # with all levels
    marks = [stage.mark(number) for number in range(stage.count)]
    counts = np.sum([read_confusion(run, mark) for mark in marks], axis=0)
    voxels = counts[0].sum(1)
    agreement = {
        "format": 1,
        "voxels": {
            name: int(n) for name, n in zip(run.classes.names, voxels, strict=True)
        },
        "members": {
            name: _agreement(run, confusion)
            for name, confusion in zip(run.model.members, counts, strict=True)
        },
    }
    drop_scratch(out)
    write_checksums(out, SEGMENT, [out / RUN, *(out / STORE / n for n in images(run))])
    write_text(out / layout.AGREEMENT, json.dumps(agreement, indent=1) + "\n")


def _agreement(run: Run, confusion: np.ndarray) -> dict[str, object]:
    """Share of voxels where a member agrees with the ensemble, and IoU by class."""
    both = np.diag(confusion)
    either = confusion.sum(0) + confusion.sum(1) - both
    iou = {
        name: float(b / e) if e else None
        for name, b, e in zip(run.classes.names, both, either, strict=True)
    }
    return {"agreement": float(both.sum() / confusion.sum()), "iou": iou}
