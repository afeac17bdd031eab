"""What one process needs to label blocks of a run, in any of its threads.

While one block is computed, another is read or written. The engines use all threads, so
only one block is computed at a time.
"""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from densecell.compute import Stage, once_per_process
from densecell.config import write_text
from densecell.ensemble.blocks import (
    BlockLabels,
    Flat,
    Runner,
    label_region,
    read_region,
)
from densecell.ensemble.load import Ensemble, load_ensemble
from densecell.ensemble.scratch import unpacked
from densecell.ensemble.stores import open_stores
from densecell.errors import CheckpointError, OutputError
from densecell.geometry import Box, Shape
from densecell.inference import (
    Engine,
    EngineChoice,
    Reflected,
    make_engine,
    plan_tiling,
)
from densecell.networks import Network
from densecell.result import RUN, Run, layout, read_run
from densecell.volume import Volume, open_volume


class BlockMark(BaseModel, frozen=True, extra="ignore"):
    """Content of the mark of a finished block."""

    confusion: list[list[list[int]]]  # (M, K, K): ensemble's class, member's class


class Labeller:
    """Labels the blocks of a run by their numbers.

    Parameters
    ----------
    run
        The resolved run.
    volume
        The volume that it names.
    runners
        Its members, from `make_runners`.
    out
        Folder of the result, with empty or partly written stores.
    """

    def __init__(
        self, run: Run, volume: Volume, runners: Sequence[Runner], out: Path
    ) -> None:
        self._run, self._seen = run, run.seen(volume)
        self._blocks = run.blocks
        self._stage = segment_stage(run, out)
        self._stores = open_stores(run, out)
        self._runners = runners
        self._flat = _flat(run)
        self._computing = threading.Lock()

    def __call__(self, number: int) -> None:
        """Read, label, write and mark one block."""
        run, block = self._run, self._blocks[number]
        box = block.shifted(run.extent.start)
        region = read_region(self._seen, run.statistics, self._runners, box)
        with self._computing:
            torch.set_num_threads(run.inference.threads)  # for the softmax here
            labels = label_region(region, self._runners, len(run.classes), self._flat)
            del region
        self._stores.write(block, labels, run.classes)
        write_text(self._stage.mark(number), json.dumps(_counts(labels)))


def segment_stage(run: Run, out: Path) -> Stage:
    """Blocks of a segmentation, with their marks."""
    return Stage(out / layout.SEGMENT_STAGE, len(run.blocks))


def label_anywhere(out: Path, number: int) -> None:
    """Label a block in any process that sees the result, the volume and the model.

    They are loaded with the first block of a run and kept for the next ones.
    """
    _labeller(out)(number)


def read_confusion(run: Run, mark: Path) -> NDArray[np.int64]:
    """(M, K, K) voxels of a block, by class of the ensemble and class of a member.

    Raises
    ------
    OutputError
        If the mark is damaged.
    """
    classes = len(run.classes)
    try:
        read = BlockMark.model_validate_json(mark.read_bytes())
        counts = np.array(read.confusion, np.int64)
    except (ValidationError, ValueError, OverflowError):
        counts = np.empty(0, np.int64)
    if counts.shape != (len(run.model.members), classes, classes):
        raise OutputError(
            f"{mark}: the mark of a finished block is damaged; remove it and run the "
            "same command again, which computes the block again"
        )
    return counts


def make_runners(run: Run, ensemble: Ensemble) -> list[Runner]:
    """Make the engines of all members, with the tiles of the run."""
    return [_runner(run, n, ensemble.affinities) for n in ensemble.networks]


@once_per_process(RUN)
def _labeller(out: Path) -> Labeller:
    run = read_run(out)
    volume = open_volume(run.volume.path, spacing_nm=run.volume.spacing_nm)
    volume = unpacked(volume, run, out)
    ensemble = load_ensemble(run.model.path, only=tuple(run.model.members))
    found = dict(zip(ensemble.names, ensemble.fingerprints, strict=True))
    if found != run.model.members:
        raise CheckpointError(
            f"{run.model.path}: the members have changed since {out} was begun; put "
            "them back, or segment into another --out"
        )
    return Labeller(run, volume, make_runners(run, ensemble), out)


def _runner(run: Run, network: Network, offsets: Sequence[Shape]) -> Runner:
    tiling = plan_tiling(network, run.seen_shape, run.tiling)
    window = Box.whole(tiling.tile).grown(network.margin).shape
    engine: Engine = make_engine(network, engine_choice(run), window=window)
    if run.inference.tta:
        engine = Reflected(engine, offsets)
    return Runner(engine, tiling, network.margin, run.grid)


def engine_choice(run: Run) -> EngineChoice:
    """Engine of a run, the same in every resume."""
    frozen = run.inference
    return EngineChoice(frozen.engine, frozen.precision, frozen.threads)


def _flat(run: Run) -> Flat | None:
    if run.inference.skip_flat is None:
        return None
    background = run.classes.with_role("background")[0]
    return Flat(run.inference.skip_flat, run.classes.ids.index(background))


def _counts(labels: BlockLabels) -> dict[str, object]:
    """Count voxels by class of the ensemble and of each member, as in `BlockMark`."""
    classes = len(labels.probabilities)
    rows = labels.channels.ravel().astype(np.int64) * classes
    confusion = [
        np.bincount(rows + member.ravel(), minlength=classes**2)
        .reshape(classes, classes)
        .tolist()
        for member in labels.members
    ]
    return {"confusion": confusion}
