"""A volume of any size to class labels, confidence and disagreement.

Each block is computed, written and marked on disk; a run that was killed goes on with
the blocks that have no mark and ends with the same bytes.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.checksums import write_checksums
from densecell.claim import claimed, is_empty
from densecell.compute import Cluster, Outcome, listed, run_blocks
from densecell.config import write_text
from densecell.disk import drop_partial, writing
from densecell.ensemble.freeze import freeze
from densecell.ensemble.load import Ensemble
from densecell.ensemble.resolution import warn_of_spacing
from densecell.ensemble.resume import check_same_run, check_same_voxels
from densecell.ensemble.run import RUN, Run, Wish, read_run, save_run
from densecell.ensemble.scratch import drop_scratch, unpacked
from densecell.ensemble.stores import STORE, create_stores, images
from densecell.ensemble.work import STAGE, Labeller, label_anywhere, make_runners, mark
from densecell.errors import BlocksFailedError, OutputError
from densecell.volume import Volume, build_pyramid

AGREEMENT = "agreement.json"
STEP = "segment"


class Step(NamedTuple):
    """How far a segmentation is."""

    done_voxels: int
    all_voxels: int
    skipped: bool  # found finished on disk


def segment_volume(
    volume: Volume,
    ensemble: Ensemble,
    out: Path,
    wish: Wish,
    *,
    cluster: Cluster | None = None,
) -> Iterator[Step]:
    """Label a volume block by block into `out`; yield after each block.

    The same call again goes on where it stopped; finished results are left alone.

    Parameters
    ----------
    volume
        Intensities with a known voxel size. Needs no labels.
    ensemble
        Networks to vote.
    out
        Folder of the result: `run.yaml`, `segmentation.zarr`, `agreement.json`.
    wish
        What is asked for; the rest is settled at the first start and frozen.
    cluster
        Workers that see `out`, the volume and the model under the same paths; none:
        this process.

    Raises
    ------
    OutputError
        If `out` holds something else, or was begun with other settings.
    BlocksFailedError
        If blocks failed three times each, when all others are finished.
    """
    _check_place(out)
    with claimed(out):
        yield from _segmented(volume, ensemble, out, wish, cluster)


def _segmented(
    volume: Volume,
    ensemble: Ensemble,
    out: Path,
    wish: Wish,
    cluster: Cluster | None,
) -> Iterator[Step]:
    run = _begin_or_resume(volume, ensemble, out, wish)
    if not wish.inference.resample:
        warn_of_spacing(volume, ensemble)
    blocks = run.blocks()
    open_ = [n for n in range(len(blocks)) if not mark(out, n).exists()]
    total = run.extent.voxels
    done = total - sum(blocks[n].voxels for n in open_)
    yield Step(done, total, skipped=True)
    failed = []
    with writing(out):
        for outcome in _outcomes(run, volume, ensemble, out, open_, cluster):
            if outcome.error is not None:
                failed.append(outcome)
                continue
            done += blocks[outcome.number].voxels
            yield Step(done, total, skipped=False)
        if failed:
            raise BlocksFailedError(_named(failed, run, out))
        if not (out / AGREEMENT).exists():
            check_same_voxels(run, volume, out)
            _finish(run, out)


def _outcomes(
    run: Run,
    volume: Volume,
    ensemble: Ensemble,
    out: Path,
    numbers: Sequence[int],
    cluster: Cluster | None,
) -> Iterator[Outcome]:
    """Label blocks here or on a cluster."""
    if not numbers:
        return
    volume = unpacked(volume, run, out)  # before workers ask for it
    if cluster is None:
        runners = make_runners(run, ensemble)
        yield from run_blocks(Labeller(run, volume, runners, out), numbers, place=out)
        return
    yield from run_blocks(
        partial(label_anywhere, out.absolute()),
        numbers,
        place=out,
        executor=cluster.executor,
        at_once=cluster.at_once,
    )


def _named(failed: Sequence[Outcome], run: Run, out: Path) -> str:
    """List the blocks that failed, with what happened to each."""
    blocks = run.blocks()
    lines = [
        f"voxels {blocks[f.number].start} to {blocks[f.number].stop}: {f.error}"
        for f in sorted(failed)
    ]
    first = (
        f"{out}: {len(failed)} of {len(blocks)} blocks failed, the others are "
        "finished; mend the cause and give the same command again:"
    )
    return listed(first, lines)


def is_finished(out: Path) -> bool:
    """Tell whether a result is complete."""
    return (out / AGREEMENT).exists()


def _check_place(out: Path) -> None:
    """Refuse a place that holds something else."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; choose another --out")
    if out.exists() and not (out / RUN).exists() and not is_empty(out):
        raise OutputError(
            f"{out}: exists and is no result of densecell (no {RUN} in it); choose "
            "another --out"
        )


def _begin_or_resume(volume: Volume, ensemble: Ensemble, out: Path, wish: Wish) -> Run:
    if (out / RUN).exists():
        run = read_run(out)
        check_same_run(run, volume, ensemble, wish, out)
    else:
        run = freeze(volume, ensemble, wish)
        save_run(run, out)
    ready = out / STAGE / "ready"
    if not ready.exists():
        create_stores(run, out)
        write_text(ready, "")
    _drop_partial(out)
    return run


def _drop_partial(out: Path) -> None:
    """Remove what a killed process, or a lost worker, was writing."""
    for folder in (out / STORE, out / STAGE):
        drop_partial(folder)


def _confusion(run: Run, mark: Path) -> NDArray[np.int64]:
    """Read from a block's mark how often each member said what the ensemble said."""
    try:
        read = json.loads(mark.read_text(encoding="utf-8"))["confusion"]
        counts = np.array(read, np.int64)
    except (ValueError, TypeError, KeyError, OverflowError):
        counts = np.empty(0, np.int64)
    classes = len(run.classes)
    if counts.shape != (len(run.model.members), classes, classes):
        raise OutputError(
            f"{mark}: the mark of a finished block is damaged; remove it, and the same "
            "command computes the block again"
        )
    return counts


def _finish(run: Run, out: Path) -> None:
    """Build the pyramids and sum up how far members agree with the ensemble."""
    _drop_partial(out)
    for name, kind in images(run).items():
        build_pyramid(out / STORE / name, kind=kind)
    marks = [mark(out, n) for n in range(len(run.blocks()))]
    counts = np.sum([_confusion(run, m) for m in marks], axis=0)
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
    write_checksums(out, STEP, [out / RUN, *(out / STORE / n for n in images(run))])
    write_text(out / AGREEMENT, json.dumps(agreement, indent=1) + "\n")


def _agreement(run: Run, confusion: np.ndarray) -> dict[str, object]:
    """Share of voxels where a member says what the ensemble says; IoU by class."""
    both = np.diag(confusion)
    either = confusion.sum(0) + confusion.sum(1) - both
    iou = {
        name: float(b / e) if e else None
        for name, b, e in zip(run.classes.names, both, either, strict=True)
    }
    return {"agreement": float(both.sum() / confusion.sum()), "iou": iou}
