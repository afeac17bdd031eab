"""What one process needs to label blocks of a run, in any of its threads.

While one block is computed, another is read or written: the engines use all threads,
so that only one block is computed at a time.
"""

import json
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from densecell.config import write_text
from densecell.ensemble.blocks import (
    BlockLabels,
    Flat,
    Runner,
    label_region,
    read_region,
)
from densecell.ensemble.load import Ensemble, load_ensemble
from densecell.ensemble.run import RUN, Run, read_run
from densecell.ensemble.scratch import unpacked
from densecell.ensemble.stores import open_stores
from densecell.errors import CheckpointError
from densecell.geometry import Box, Shape
from densecell.inference import Engine, Reflected, make_engine, plan_tiling
from densecell.networks import Network
from densecell.volume import Volume, open_volume

STAGE = "blocks/segment"


class Labeller:
    """Labels the blocks of a run by their numbers.

    Parameters
    ----------
    run
        What is frozen.
    volume
        What it names.
    runners
        Its members, from `make_runners`.
    out
        Folder of the result, with empty or partly written stores.
    """

    def __init__(
        self, run: Run, volume: Volume, runners: Sequence[Runner], out: Path
    ) -> None:
        self._run, self._seen, self._out = run, run.seen(volume), out
        self._blocks = run.blocks()
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
            torch.set_num_threads(run.inference.threads)  # of the softmax, here
            labels = label_region(region, self._runners, len(run.classes), self._flat)
            del region
        self._stores.write(block, labels, run.classes)
        write_text(mark(self._out, number), json.dumps(_counts(labels)))


def label_anywhere(out: Path, number: int) -> None:
    """Label a block in any process that sees the result, the volume and the model.

    Loads them at the first block of a run and keeps them for the next; a worker may
    outlive the run, and another may be begun in the same place.
    """
    begun_as = (out / RUN).read_text(encoding="utf-8")
    with _LOADING:
        labeller = _loaded(out, begun_as)
    labeller(number)


_LOADING = threading.Lock()


def mark(out: Path, number: int) -> Path:
    """Give the file that says that a block is finished."""
    return out / STAGE / f"{number:06d}.json"


@lru_cache(maxsize=1)
def _loaded(out: Path, begun_as: str) -> Labeller:
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


def make_runners(run: Run, ensemble: Ensemble) -> list[Runner]:
    """Make the engines of all members, with the frozen tiles."""
    return [_runner(run, n, ensemble.affinities) for n in ensemble.networks]


def _runner(run: Run, network: Network, offsets: Sequence[Shape]) -> Runner:
    tiling = plan_tiling(network, run.seen_shape, run.tiles())
    window = Box.whole(tiling.tile).grown(network.margin).shape
    engine: Engine = make_engine(network, run.choice, window=window)
    if run.inference.tta:
        engine = Reflected(engine, offsets)
    return Runner(engine, tiling, network.margin, run.grid)


def _flat(run: Run) -> Flat | None:
    if run.inference.skip_flat is None:
        return None
    background = run.classes.with_role("background")[0]
    return Flat(run.inference.skip_flat, run.classes.ids.index(background))


def _counts(labels: BlockLabels) -> dict[str, object]:
    """Count what each member says where the ensemble says something: (M, K, K)."""
    classes = len(labels.probabilities)
    said = labels.channels.ravel().astype(np.int64) * classes
    confusion = [
        np.bincount(said + member.ravel(), minlength=classes**2)
        .reshape(classes, classes)
        .tolist()
        for member in labels.members
    ]
    return {"confusion": confusion}
