"""A volume of any size to class labels, confidence and disagreement.

Each block is computed, written and marked on disk; a run that was killed goes on with
the blocks that have no mark and ends with the same bytes.
"""

import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.config import write_text
from densecell.ensemble.blocks import BlockLabels, Runner, label_block
from densecell.ensemble.load import Ensemble
from densecell.ensemble.run import (
    RUN,
    Run,
    Wish,
    check_same_run,
    freeze,
    read_run,
    save_run,
)
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.inference import make_engine, plan_tiling
from densecell.volume import (
    OmeZarrVolume,
    Volume,
    build_pyramid,
    create_ome_zarr,
    open_ome_zarr,
)

STORE = "segmentation.zarr"
STAGE = "blocks/segment"
AGREEMENT = "agreement.json"
SPACING_TOLERANCE = 0.10


class Step(NamedTuple):
    """How far a segmentation is."""

    done_voxels: int
    all_voxels: int
    skipped: bool  # found finished on disk


class _Stores(NamedTuple):
    classes: OmeZarrVolume
    confidence: OmeZarrVolume
    disagreement: OmeZarrVolume
    members: tuple[OmeZarrVolume, ...]
    probabilities: tuple[OmeZarrVolume, ...]


def segment_volume(
    volume: Volume, ensemble: Ensemble, out: Path, wish: Wish
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

    Raises
    ------
    OutputError
        If `out` holds something else, or was begun with other settings.
    """
    run = _begin_or_resume(volume, ensemble, out, wish)
    warn_of_spacing(volume, ensemble)
    blocks = run.blocks()
    finished = [_mark(out, n).exists() for n in range(len(blocks))]
    done = sum(b.voxels for b, f in zip(blocks, finished, strict=True) if f)
    total = run.extent.voxels
    yield Step(done, total, skipped=True)
    if not all(finished):
        stores = _open_stores(run, out)
        runners = _runners(run, ensemble)
        for number, block in enumerate(blocks):
            if finished[number]:
                continue
            box = block.shifted(run.extent.start)
            labels = label_block(volume, run.statistics, runners, box)
            _write_block(stores, block, labels, run)
            _write_mark(out, number, labels, run)
            done += block.voxels
            yield Step(done, total, skipped=False)
    if not (out / AGREEMENT).exists():
        _finish(run, out)


def is_finished(out: Path) -> bool:
    """Tell whether a result is complete."""
    return (out / AGREEMENT).exists()


def warn_of_spacing(volume: Volume, ensemble: Ensemble) -> None:
    """Warn when a volume's voxels are not of the size that the model learned."""
    assert volume.spacing_nm is not None  # freeze() has seen to it
    pairs = zip(volume.spacing_nm, ensemble.spacing_nm, strict=True)
    if any(abs(a / b - 1) > SPACING_TOLERANCE for a, b in pairs):
        warnings.warn(
            f"{volume.path} has voxels of {_in_nm(volume.spacing_nm)}, the model "
            f"learned from {_in_nm(ensemble.spacing_nm)}: objects look larger or "
            "smaller to it than they are, and labels may be poor",
            stacklevel=2,
        )


def _in_nm(spacing: Sequence[float]) -> str:
    return " x ".join(f"{s:g}" for s in spacing) + " nm (z y x)"


def _begin_or_resume(volume: Volume, ensemble: Ensemble, out: Path, wish: Wish) -> Run:
    if (out / RUN).exists():
        run = read_run(out)
        check_same_run(run, volume, ensemble, wish)
    elif out.exists() and any(out.iterdir()):
        raise OutputError(
            f"{out}: exists and is no result of densecell (no {RUN} in it); choose "
            "another --out"
        )
    else:
        run = freeze(volume, ensemble, wish)
        save_run(run, out)
    ready = out / STAGE / "ready"
    if not ready.exists():
        _create_stores(run, out)
        write_text(ready, "")
    for stale in (out / STORE).rglob("*.partial"):
        stale.unlink()  # of writes that a kill interrupted
    return run


def _images(run: Run) -> dict[str, str]:
    """Every array of the store with its kind."""
    names = {"labels/classes": "label", "confidence": "image", "disagreement": "image"}
    if run.keep_members:
        names |= {f"labels/{member}": "label" for member in run.model.members}
    if run.probabilities:
        names |= {f"probability_{i}": "image" for i in run.classes.ids}
    return names


def _create_stores(run: Run, out: Path) -> None:
    block = run.inference.block
    kept = [
        t - 2 * m for t, m in zip(run.inference.tile, run.inference.margin, strict=True)
    ]
    chunk = (block[0], *(min(k, b) for k, b in zip(kept[1:], block[1:], strict=True)))
    if any(b % c for b, c in zip(block, chunk, strict=True)):
        chunk = block
    for name, kind in _images(run).items():
        create_ome_zarr(
            out / STORE / name,
            shape=run.extent.shape,
            dtype=np.uint8,
            spacing_nm=run.spacing_nm,
            kind="label" if kind == "label" else "image",
            chunk=(chunk[0], chunk[1], chunk[2]),
            shard=block,
            scheme=run.classes if kind == "label" else None,
            overwrite=True,
        )


def _open_stores(run: Run, out: Path) -> _Stores:
    def opened(name: str) -> OmeZarrVolume:
        return open_ome_zarr(out / STORE / name, writable=True)

    members = run.model.members if run.keep_members else ()
    ids = run.classes.ids if run.probabilities else ()
    return _Stores(
        opened("labels/classes"),
        opened("confidence"),
        opened("disagreement"),
        tuple(opened(f"labels/{name}") for name in members),
        tuple(opened(f"probability_{i}") for i in ids),
    )


def _runners(run: Run, ensemble: Ensemble) -> list[Runner]:
    runners = []
    for network in ensemble.networks:
        tiling = plan_tiling(network, run.volume.shape, run.tiles())
        window = Box.whole(tiling.tile).grown(network.margin).shape
        engine = make_engine(network, run.choice, window=window)
        runners.append(Runner(engine, tiling, network.margin))
    return runners


def _write_block(stores: _Stores, block: Box, labels: BlockLabels, run: Run) -> None:
    scheme = run.classes
    stores.classes.write(block, scheme.to_ids(labels.channels))
    stores.confidence.write(block, labels.confidence)
    stores.disagreement.write(block, labels.disagreement)
    for store, member in zip(stores.members, labels.members, strict=False):
        store.write(block, scheme.to_ids(member))
    for store, share in zip(stores.probabilities, labels.probabilities, strict=False):
        store.write(block, np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8))


def _mark(out: Path, number: int) -> Path:
    return out / STAGE / f"{number:06d}.json"


def _write_mark(out: Path, number: int, labels: BlockLabels, run: Run) -> None:
    """Mark a block as finished, with counts that are added up at the end."""
    classes = len(run.classes)
    together = np.zeros((len(labels.members), classes, classes), np.int64)
    for member, counts in zip(labels.members, together, strict=True):
        pairs = labels.channels.ravel().astype(np.int64) * classes + member.ravel()
        counts += np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    write_text(_mark(out, number), json.dumps({"confusion": together.tolist()}))


def _finish(run: Run, out: Path) -> None:
    """Build the pyramids and sum up how far members agree with the ensemble."""
    for name, kind in _images(run).items():
        build_pyramid(out / STORE / name, kind="label" if kind == "label" else "image")
    marks = [_mark(out, n) for n in range(len(run.blocks()))]
    counts = np.sum([json.loads(m.read_text())["confusion"] for m in marks], axis=0)
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
