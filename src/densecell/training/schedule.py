"""Schedules by the step's number alone, so that a resume continues exactly.

.. [1] Loshchilov, Hutter 2017, SGDR: stochastic gradient descent with warm restarts,
       arXiv:1608.03983: the cosine.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.config import LossConfig, TrainingConfig
from densecell.networks import Network
from densecell.patches import ClassWeights, Schedule, Windows, power_balance

WARM_UP = 0.05  # share of the steps


class Phase(NamedTuple):
    """Steps that share one learning rate schedule: a training, or an extension."""

    start: int  # steps before it
    end: int  # its last step, counted from the very first


def learning_rate(config: TrainingConfig, phase: Phase, step: int) -> float:
    """Learning rate of a step: constant, or a warm-up and then half a cosine [1]_."""
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - phase.start) / max(1, phase.end - phase.start)
    if done < WARM_UP:
        return config.learning_rate * done / WARM_UP
    falling = (done - WARM_UP) / (1 - WARM_UP)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))


def validation_steps(config: TrainingConfig, phase: Phase) -> list[int]:
    """Steps after which the eval volumes are scored; the last step is one of them."""
    steps = phase.end - phase.start
    count = min(config.validations, steps)
    return sorted({phase.start + round(steps * (n + 1) / count) for n in range(count)})


def flat_steps(config: TrainingConfig, network: Network, first: Phase) -> int:
    """Number of first steps that train the 2D part alone, on single slices.

    A share of the first phase; 0 for networks that have no such part.
    """
    return round(config.flat_share * first.end) if network.staged else 0


def window_schedule(
    config: TrainingConfig, network: Network, first: Phase, seed: int
) -> Schedule:
    """Size and number of the windows of a step; all steps see about as many voxels.

    Parameters
    ----------
    config
        Settings with windows that fit the network (`fitted`).
    network
        Network that will see them.
    first
        First phase of the training.
    seed
        Seed of the depths, where they vary.
    """
    depth, y, x = config.window
    flat = flat_steps(config, network, first)

    def windows(step: int) -> Windows:
        if step < flat:
            return Windows((1, y, x), config.batch * depth)
        if not config.vary_depth or network.flat:
            return Windows(config.window, config.batch)
        rng = np.random.default_rng((seed, 4, step))
        drawn = int(rng.integers(network.least_depth, 2 * depth - 1))
        return Windows((drawn, y, x), max(1, round(config.batch * depth / drawn)))

    return windows


def class_weight_schedule(
    config: LossConfig, counts: NDArray[np.integer], first: Phase
) -> ClassWeights:
    """Cost of an error by class, at a step.

    Balanced costs let rare classes be found. With `relax`, costs become equal towards
    the end of the first phase.

    Parameters
    ----------
    config
        Balance, and whether it relaxes.
    counts
        (K,) voxels per class of all training volumes.
    first
        First phase of the training. In extensions the balance stays as at its end.
    """

    def weights(step: int) -> NDArray[np.float32]:
        done = min(1.0, step / max(1, first.end)) if config.relax else 0.0
        return power_balance(counts, config.balance * (1 - done))

    return weights
