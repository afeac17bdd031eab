"""How fast a network is trained, and how much of the processor that takes.

Steps of the library's own training (its windows, loss and optimiser, on noise) in
bf16, where that is native, beside the same steps in torch's fp32 at batch 1, 2 and 4,
of which the best counts. All take turns; medians over the turns. Operations are counted
by torch, forwards and backwards. On a GPU the same runs there.

    python benchmarks/training.py              # about 8 minutes on 2 cores
    python benchmarks/training.py --quick      # about 2 minutes
    python benchmarks/training.py --width 32

On the last line, of the paper's network: `share_of_peak` is its rate over that of the
best product of two 4096 x 4096 matrices in torch or OpenVINO, in our precision;
`ratio_fp32` is voxels per second over those of fp32; `waiting` is the share of the time
in which the network waits for windows; `peak_gb` (10^9 bytes) is the most memory of a
process that does nothing but train.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from products import GFLOP, products, seconds
from torch.utils.flop_counter import FlopCounterMode

from densecell.classes import ClassScheme
from densecell.compute import processor_name, usable_cores, watched_memory
from densecell.config import InferenceConfig, NetworkConfig, TrainingConfig
from densecell.geometry import Box, Spacing
from densecell.inference import choose_engine
from densecell.networks import Network, best_device, build_network
from densecell.patches import (
    Batch,
    BatchMaker,
    LabelledVolume,
    WindowSampler,
    class_counts,
)
from densecell.training import loop
from densecell.training.resolve import fitted
from densecell.training.schedule import (
    Phase,
    class_weight_schedule,
    window_schedule,
)
from densecell.volume import Statistics

SHAPE, BLOCK = (16, 512, 512), 16
READY = 2  # batches that are made ahead: a turn's first steps find them there
FP32_BATCHES = (1, 2, 4)
SCHEME = ClassScheme.platelet()


class Way(NamedTuple):
    """How to train."""

    name: str
    network: NetworkConfig
    batch: int | None = None  # windows per step; none: the default
    fp32: bool = False


class Step(NamedTuple):
    """What one step took, in seconds."""

    waiting: float  # for the windows
    whole: float


class Training:
    """A training that is stopped after every step."""

    def __init__(self, way: Way, volume: LabelledVolume) -> None:
        precision = "float32" if way.fp32 else "auto"
        config = TrainingConfig(steps=1_000_000, minutes=None, precision=precision)
        network = build_network(way.network, classes=len(SCHEME))
        self.network = network.to(best_device())
        self.network.to(memory_format=torch.channels_last_3d)
        config = fitted(config, self.network, [volume])
        if way.batch is not None:
            config = config.model_copy(update={"batch": way.batch})
        self.way, self.config = way, config
        self._device = next(self.network.parameters()).device
        self._optimiser = loop.make_optimiser(self.network, config)
        self._maker = batch_maker(config, volume, self.network)
        self.batches: Iterator[Batch] = self._maker.ahead(0, 1_000_000)
        self.voxels = Box.whole(config.window).voxels * config.batch

    def step(self) -> Step:
        begun = time.perf_counter()
        batch = next(self.batches)
        waited = time.perf_counter() - begun
        self.optimise(batch)
        return Step(waited, time.perf_counter() - begun)

    def optimise(self, batch: Batch) -> None:
        """Take a step of the library."""
        loop.optimise(self.network, self._optimiser, batch, self.config, self._device)

    def gflop(self) -> float:
        """Count the operations of a step, forwards and backwards."""
        batch = self._maker.batch(0)
        with FlopCounterMode(display=False) as counter:
            self.optimise(batch)
        return counter.get_total_flops() / 1e9


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    where = processor_name()
    if torch.cuda.is_available():
        where = torch.cuda.get_device_name()
    print(f"{where}, {usable_cores()} cores; torch {version('torch')}", flush=True)
    paper = NetworkConfig(name="2d3d", width=args.width)
    default = NetworkConfig()
    ways = [Way("paper", paper)]
    if default != paper:
        ways.append(Way("default", default))
    batches = FP32_BATCHES[1:] if args.quick else FP32_BATCHES  # batch 1 is slowest
    ways += [Way(f"paper, fp32 x {n}", paper, n, fp32=True) for n in batches]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        peak_gb = pool.submit(peak_of_training, ways[0], args.steps).result()
    share, ratio, waiting = take_turns(ways, args)
    print(
        f"share_of_peak={share:.2f} ratio_fp32={ratio:.2f} waiting={waiting:.3f} "
        f"peak_gb={peak_gb:.2f}"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--width", type=int, default=16, help="of the paper's network")
    parser.add_argument("--rounds", type=int, help="turns; default 5, quick 2")
    parser.add_argument("--steps", type=int, help="of a turn; default 8, quick 4")
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    args = parser.parse_args()
    args.rounds = args.rounds or (2 if args.quick else 5)
    args.steps = args.steps or (4 if args.quick else 8)
    return args


def noise() -> LabelledVolume:
    """Noise with labels in blocks: the content does not change the speed."""
    rng = np.random.default_rng(0)
    labels = rng.integers(len(SCHEME), size=[n // BLOCK for n in SHAPE], dtype=np.uint8)
    return LabelledVolume(
        name="noise",
        intensities=rng.standard_normal(SHAPE, np.float32),
        channels=labels.repeat(BLOCK, 0).repeat(BLOCK, 1).repeat(BLOCK, 2),
        weights=None,
        labelled=Box.whole(SHAPE),
        spacing_nm=Spacing(40, 10, 10),
        statistics=Statistics(mean=0, std=1, low=-5, high=5),
    )


def batch_maker(
    config: TrainingConfig, volume: LabelledVolume, network: Network
) -> BatchMaker:
    """Make the windows of a training's first steps."""
    phase = Phase(0, config.steps or 1)
    return BatchMaker(
        [volume],
        WindowSampler([volume], rare_share=config.rare_share, seed=0),
        config.augmentation,
        schedule=window_schedule(config, network, phase, seed=0),
        margin=network.margin,
        seed=0,
        class_weights=class_weight_schedule(
            config.loss, class_counts([volume], len(SCHEME)), phase
        ),
    )


def take_turns(ways: list[Way], args: argparse.Namespace) -> tuple[float, float, float]:
    """Time all in turn; give share of peak, ratio to fp32 and share of waiting."""
    volume = noise()
    trainings = [Training(way, volume) for way in ways]
    gflop = [training.gflop() for training in trainings]  # warms up as well
    choice = choose_engine(InferenceConfig(engine="torch"))
    multiply = products(choice)
    best = dict.fromkeys(multiply, float("inf"))
    steps: list[list[Step]] = [[] for _ in trainings]
    for turn in range(args.rounds + 1):
        for name, work in multiply.items():
            best[name] = min(best[name], seconds(work), seconds(work))
        for training, taken in zip(trainings, steps, strict=True):
            few = [training.step() for _ in range(READY + args.steps * bool(turn))]
            taken += few[READY:]  # the first turn only warms up
    peaks = {name: GFLOP / s for name, s in best.items()}
    each = ", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items())
    print(f"products of matrices, {choice.precision}, GFLOP/s: {each}", flush=True)
    print("| training | window | batch | steps/s | kvoxels/s | GFLOP/s | waiting |")
    print("|---|---|---|---|---|---|---|")
    rates = []
    for training, work, taken in zip(trainings, gflop, steps, strict=True):
        rates.append(show(training, work, taken))
    fp32 = [r for r, way in zip(rates, ways, strict=True) if way.fp32]
    ours = median(step.whole for step in steps[0])
    share = gflop[0] / ours / max(peaks.values())
    return share, rates[0] / max(fp32), waiting_share(steps[0])


def show(training: Training, gflop: float, taken: list[Step]) -> float:
    """Print a line; give voxels per second."""
    step_s = median(step.whole for step in taken)
    print(
        f"| {training.way.name} ({training.way.network.name}, width "
        f"{training.way.network.width}) | {training.config.window} "
        f"| {training.config.batch} | {1 / step_s:.2f} "
        f"| {training.voxels / step_s / 1e3:.0f} | {gflop / step_s:.0f} "
        f"| {waiting_share(taken):.1%} |",
        flush=True,
    )
    return training.voxels / step_s


def waiting_share(taken: list[Step]) -> float:
    return sum(step.waiting for step in taken) / sum(step.whole for step in taken)


def peak_of_training(way: Way, steps: int) -> float:
    """Train and nothing else, in this process; give the most memory, in 10^9 bytes."""
    torch.set_num_threads(usable_cores())
    with watched_memory(every_s=0.02) as peak:
        training = Training(way, noise())
        for _ in range(steps):
            training.step()
    if torch.cuda.is_available():
        allocated = torch.cuda.max_memory_allocated() / 1e9
        print(f"at most {allocated:.2f} GB on the GPU", flush=True)
    return peak.most / 1e9


if __name__ == "__main__":
    main()
