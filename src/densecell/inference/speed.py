"""Measure how fast an engine runs a network here, and how much memory it needs."""

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
    EngineName,
    choose_engine,
    make_engine,
)
from densecell.networks import Network

PROBE_SIDE = 128  # pixels of a probe of 16 slices; wider with fewer slices
CALLS = 3


class EngineSpeed(NamedTuple):
    """Speed and memory of one engine."""

    choice: EngineChoice
    voxels_per_s: float
    bytes_per_voxel: float  # of a tile, while it is computed


def fastest_engine(
    network: Network, config: InferenceConfig, *, depth: int
) -> tuple[EngineSpeed, ...]:
    """Measure the engines that the settings allow; the fastest comes first.

    On an NVIDIA GPU only torch runs. Elsewhere torch and OpenVINO are compared.

    Parameters
    ----------
    network
        Network like those that will run.
    config
        An engine or precision that it names is not varied.
    depth
        Slices of a tile.
    """
    measured = [engine_speed(network, choice, depth) for choice in _candidates(config)]
    return tuple(sorted(measured, key=lambda engine: -engine.voxels_per_s))


def engine_speed(network: Network, choice: EngineChoice, depth: int) -> EngineSpeed:
    """Time one engine on noise: the median of a few calls after a first one."""
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
    median = sorted(times)[CALLS // 2]
    return EngineSpeed(choice, voxels / median, memory.grown / voxels)


def probe_window(network: Network, depth: int) -> Shape:
    """Window of a probe: small, but of a size that the network accepts."""
    depth = max(depth, network.least_depth)
    larger = math.isqrt(max(1, 16 // depth))
    side = larger * PROBE_SIDE + network.residue + 2 * network.margin[1]
    return (depth, side, side)


def _candidates(config: InferenceConfig) -> Iterator[EngineChoice]:
    names: list[EngineName] = ["openvino", "torch"]
    if config.engine != "auto":
        names = [config.engine]
    elif torch.cuda.is_available():
        names = ["torch"]
    for name in names:
        yield choose_engine(config.model_copy(update={"engine": name}))
