"""How fast an engine runs a network on this machine, and what memory it takes."""

import math
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from densecell.compute import trim_memory, watched_memory
from densecell.config import InferenceConfig
from densecell.geometry import Box, Shape
from densecell.inference.engines import (
    EngineChoice,
    Precision,
    choose_engine,
    make_engine,
)
from densecell.networks import Network

SIDE = 128  # pixels of a probe in plane, for windows of 16 slices; more for fewer
CALLS = 3


class Measured(NamedTuple):
    """What one engine did."""

    choice: EngineChoice
    voxels_per_s: float
    bytes_per_voxel: float  # of a tile, while it is computed


def fastest_engine(
    network: Network, config: InferenceConfig, *, depth: int
) -> tuple[Measured, ...]:
    """Measure the engines that the settings allow; the fastest comes first.

    On a GPU there is but one; on a CPU torch and OpenVINO are tried.

    Parameters
    ----------
    network
        Of the kind that will be run.
    config
        An engine or precision that it names is not varied.
    depth
        Slices of a tile.
    """
    measured = [measure(network, choice, depth) for choice in _candidates(config)]
    return tuple(sorted(measured, key=lambda m: -m.voxels_per_s))


def measure(network: Network, choice: EngineChoice, depth: int) -> Measured:
    """Time calls of one engine on noise: the median of a few, after a first one."""
    window = probe_window(network, depth)
    engine = make_engine(network, choice, window=window)
    trim_memory()
    noise = np.random.default_rng(0).standard_normal((1, 1, *window), np.float32)
    with watched_memory() as memory:
        engine.probabilities(noise)
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        engine.probabilities(noise)
        times.append(time.perf_counter() - begin)
    engine.rest()
    voxels = Box.whole(window).voxels
    return Measured(choice, voxels / sorted(times)[CALLS // 2], memory.grown / voxels)


def probe_window(network: Network, depth: int) -> Shape:
    """Give the window of a probe: small, yet of a size that the network can take."""
    depth = max(depth, network.least_depth)
    larger = math.isqrt(max(1, 16 // depth))
    side = larger * SIDE + network.residue + 2 * network.margin[1]
    return (depth, side, side)


def _candidates(config: InferenceConfig) -> Iterator[EngineChoice]:
    best = choose_engine(config)
    yield best
    if config.engine == "auto" and not torch.cuda.is_available():
        precision: Precision = best.precision
        yield EngineChoice("torch", precision, best.threads)
